"""From a scene to a film: where each thing is at any moment, what lies behind it, what changes meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ace_core.studio import clip_effects as effects
from ace_core.studio import motion
from ace_core.studio.clip_cast import CAMERA, EVENTS, GAIT_OF, GROUND_GAITS, WATER_GAITS
from ace_core.studio.clip_paths import Room, camera, pair, single
from ace_core.studio.film import RATE, Air, Film, Patch, Plane, Still
from ace_core.studio.motion import Path, Pose
from ace_core.studio.painter import KINDS, Light, light, place, sky, sprite
from ace_core.studio.painter.backdrop import Backdrop, backdrop, put
from ace_core.studio.painter.ink import box, disc, glow, group, halo, mix, n, oval

if TYPE_CHECKING:
    from ace_core.studio.clips import Scene, Thing

BEATS = {
    "wings": 2.6,
    "engine": 4.0,
    "screw": 3.0,
    "fins": 1.6,
    "surface": 1.0,
    "drifts": 0.9,
    "paddle": 0.8,
    "hull": 0.5,
    "wind": 0.4,
}  # cycles a second
STRIDE = {
    "legs": 1.0,
    "feet": 0.8,
    "hops": 0.8,
    "wheels": 0.75,
    "rails": 0.6,
    "slide": 1.0,
    "ball": 3.0,
}  # heights a cycle
QUIET = 0.6  # seconds: the moment at which skies are drawn, between two flashes of lightning
FALLS = {"rain": Air(rain=1.0), "storm": Air(rain=1.0), "snow": Air(snow=1.0), "fog": Air(fog=1.0)}
SETTLED = {
    "lights go on": (0.45, 0.52),
    "lights go out": (0.45, 0.52),
    "night falls": (0.06, 0.94),
    "day breaks": (0.06, 0.94),
}


def stage_film(scene: Scene) -> Film:
    """Set a scene up as a film: planes from behind to the front, what changes, and the camera."""
    rng = np.random.default_rng((scene.seed, 34, scene.index))
    before, after = _skies(scene)
    zone = _zone(scene.subject, before)
    room = _room(before, zone)
    depths = [where.layer for name, where in before.zones.items() if name == zone or (zone == "air" and name != "rail")]
    cut = max(depths) + 1  # what flies may come down, so it is in front of the ground
    focus = _focus(scene, before, zone, rng)
    lights = scene.event in ("lights go on", "lights go out")
    sides = [before] if after is before and not lights else [before, after]
    behind, front = [], []
    for number, side in enumerate(sides):
        lit = side.light.lamps if not lights else (number == 1) == (scene.event == "lights go on")
        standing = _sight(scene, side, zone, focus, lit) if focus else ""
        behind.append(["".join(side.layers[1:cut]) + standing, side.layers[0]])
        front.append("".join(side.layers[cut:]))
    blend = _blend(scene)
    planes: list[Plane] = []
    if scene.event in ("sun rises", "sun sets"):
        planes += [
            Still(tuple(sky for _, sky in behind)),
            _sun(scene, rng),
            Still(tuple(land for land, _ in behind)),
        ]
    else:
        planes.append(Still(tuple(sky + land for land, sky in behind)))
    cast = actors(scene, room, before)
    if cast:
        planes.append(lambda time: _drawn(cast, time, scene, _between(before, after, blend(time))))
    if any(front):
        planes.append(Still(tuple(front)))
    planes += _extras(scene, before.light, rng)
    falls = (
        _falls(scene.weather, before),
        _falls(EVENTS[scene.event].after or scene.weather if scene.event else scene.weather, before),
    )
    return Film(
        frames=round(scene.seconds * RATE),
        planes=planes,
        blend=blend,
        air=lambda time: _mixed(*falls, blend(time)),
        haze=(before.light.haze, after.light.haze),
        wind=0.34 if "storm" in (scene.weather, scene.event and EVENTS[scene.event].after) else 0.16,
        camera=camera(scene, focus) if scene.motion in CAMERA and focus else None,
    )


@dataclass(frozen=True)
class Actor:
    """A thing on its path; `height` in units of the canvas at scale 1."""

    thing: Thing
    path: Path
    height: float

    @property
    def gait(self) -> str:
        return GAIT_OF[self.thing.kind]

    def draw(self, time: float, seconds: float, light: Light, season: str) -> Patch:
        """What is to be drawn at a share of the clip, lit by `light`."""
        pose, first = self.path(time), self.path(0.0)
        if self.gait in BEATS:
            phase = BEATS[self.gait] * seconds * time
        else:
            inward = 2.5 * self.height * abs(math.log(pose.scale / first.scale))
            phase = (abs(pose.x - first.x) + inward) / (STRIDE[self.gait] * self.height)
        svg = sprite(self.thing.kind, self.thing.colour, phase, light.lamps, season)
        height = self.height * pose.scale
        flip = pose.facing < 0 and KINDS[self.thing.kind].turns
        drawn = light.on(place(svg, pose.x, pose.y - pose.lift, height, flip, pose.angle))
        side = height * (0.65 * KINDS[self.thing.kind].width + 0.35)  # smoke, oars and headlights reach out of the box
        top, bottom = pose.y - pose.lift - 1.45 * height, pose.y + (1.2 if self.gait in WATER_GAITS else 0.3) * height
        return Patch(self._ground(pose, height, drawn) + drawn, pose.x - side, top, pose.x + side, bottom)

    def _ground(self, pose: Pose, height: float, drawn: str) -> str:
        """A shadow on the ground, or a reflection and the bright line where water meets a hull."""
        width = KINDS[self.thing.kind].width * height * 0.46
        if self.gait in GROUND_GAITS:
            spread = 1 / (1 + pose.lift / 40)
            return oval(
                pose.x,
                pose.y,
                width * spread,
                max(1.4, height * 0.05 * spread),
                "rgb(24,18,52)",
                opacity=n(0.28 * spread),
            )
        if self.gait in WATER_GAITS:
            mirror = group(drawn, f"translate(0 {n(2 * pose.y)}) scale(1 -1)", opacity="0.2")
            return mirror + oval(
                pose.x, pose.y, width * 1.15, max(1.2, height * 0.03), "rgb(240,250,252)", opacity="0.42"
            )
        return ""


def _drawn(cast: list[Actor], time: float, scene: Scene, light: Light) -> list[Patch]:
    return [actor.draw(time, scene.seconds, light, scene.season) for actor in cast]


def actors(scene: Scene, room: Room, stage: Backdrop) -> list[Actor]:
    """Everything that moves, the farthest first."""
    if scene.motion == "still" or scene.motion in CAMERA:
        return []
    rng = np.random.default_rng((scene.seed, 33, scene.index))
    first = _height(scene.subject, room, stage)
    if scene.companion is None:
        return [Actor(scene.subject, single(scene, room, first, rng), first)]
    second = _height(scene.companion, room, stage)
    paths = pair(scene, room, first, second, rng)
    cast = [Actor(scene.subject, paths[0], first), Actor(scene.companion, paths[1], second)]
    return sorted(cast, key=lambda actor: actor.path(0.5).y)


def _height(thing: Thing, room: Room, stage: Backdrop) -> float:
    """Units; small things are drawn larger than in a picture, for a clip is small."""
    size = KINDS[thing.kind].size
    zone = _zone(thing, stage)
    scale = stage.zones[zone].scale(room.foot) if zone not in ("air", "swim") else 1.0
    return scale * size * (1.35 if size < 40 else 1.1)


def _zone(thing: Thing, stage: Backdrop) -> str:
    """Where in the place a thing belongs."""
    on = KINDS[thing.kind].on
    if thing.kind == "train" and "rail" in stage.zones:
        return "rail"
    for zone in (on, {"land": "floor", "swim": "seabed", "seabed": "swim"}.get(on, "land"), "seabed"):
        if zone in stage.zones:
            return zone
    return "air"


def _room(stage: Backdrop, zone: str) -> Room:
    """The lines of a zone: most things move a little before its near end."""
    air = stage.zones.get("air") or stage.zones["swim"]
    sky = (air.far + 26, max(air.near, 96.0) + 14)
    if zone == "swim":
        return Room(foot=214.0, far=150.0, sky=(70.0, 178.0))
    if zone == "air":
        land = next(stage.zones[name] for name in ("land", "water", "floor", "seabed") if name in stage.zones)
        return Room(land.near - 14, land.far - 20, sky)
    where = stage.zones[zone]
    deep = where.near - where.far
    return Room(where.far + 0.62 * deep, where.far - (14 if zone != "water" else 2), sky)


def _skies(scene: Scene) -> tuple[Backdrop, Backdrop]:
    """The place before and after what changes; the same one twice where nothing does."""
    event = EVENTS[scene.event] if scene.event else None
    seed = int(np.random.default_rng((scene.seed, 35, scene.index)).integers(2**31))

    def at(time: str, weather: str) -> Backdrop:
        return backdrop(scene.place, time, weather, scene.season, seed, QUIET)

    if scene.event in ("sun rises", "sun sets"):
        hours = ("dusk", "dawn") if scene.event == "sun rises" else ("golden hour", "dusk")
        first, last = (_sunless(at(hour, scene.weather), seed) for hour in hours)
        return first, last
    before = at(scene.time, scene.weather)
    if event is None or (event.later is None and event.after is None):
        return before, before
    return before, at(event.later or scene.time, event.after or scene.weather)


def _sunless(stage: Backdrop, seed: int) -> Backdrop:
    """The same place with the sun out of sight, for one that moves."""
    air = np.random.default_rng((seed, 2))
    hidden = replace(light(stage.light.time, stage.light.weather, air), y=460.0)
    return replace(stage, layers=(sky(hidden, air, QUIET), *stage.layers[1:]))


def _between(before: Backdrop, after: Backdrop, share: float) -> Light:
    """The light on things while one sky melts into the other."""
    light = after.light if share > 0.5 else before.light
    first, last = _ambient(before), _ambient(after)
    red, green, blue = (a + (b - a) * share for a, b in zip(first, last, strict=True))
    return replace(light, ambient=(round(red, 2), round(green, 2), round(blue, 2)))


def _ambient(stage: Backdrop) -> tuple[float, float, float]:
    if stage.indoors:
        return {"dusk": (0.88, 0.84, 0.88), "night": (0.74, 0.7, 0.78)}.get(stage.light.time, (1.0, 1.0, 1.0))
    if "swim" in stage.zones:
        return (0.6, 0.72, 0.95) if stage.light.time == "night" else (0.9, 0.98, 1.05)
    return stage.light.ambient


def _blend(scene: Scene) -> Callable[[float], float]:
    begin, finish = SETTLED.get(scene.event or "", (0.15, 0.8))
    return lambda time: motion.smooth(motion.between(time, begin, finish))


def _focus(scene: Scene, stage: Backdrop, zone: str, rng: np.random.Generator) -> Pose | None:
    """Where the thing stands that the camera looks at, or that nothing happens to."""
    if scene.motion != "still" and scene.motion not in CAMERA:
        return None
    where = stage.zones[zone]
    y = where.far + 0.55 * (where.near - where.far)
    x = (
        float(rng.uniform(max(where.x0, 80), min(where.x1, 176)))
        if where.x1 - where.x0 > 60
        else (where.x0 + where.x1) / 2
    )
    return Pose(x, y, facing=1 if rng.random() < 0.5 else -1)


def _sight(scene: Scene, stage: Backdrop, zone: str, focus: Pose, lit: bool) -> str:
    known, where = KINDS[scene.subject.kind], stage.zones[zone]
    flip = focus.facing < 0 and known.turns
    if lit == stage.light.lamps:
        return put(stage, known.name, zone, focus.x, focus.y, 1.12, scene.subject.colour, flip=flip).svg
    svg = sprite(known.name, scene.subject.colour, 0.0, lit, scene.season)
    height = known.size * 1.12 * where.scale(focus.y)
    return replace(stage.light, ambient=_ambient(stage)).on(place(svg, focus.x, focus.y, height, flip))


def _sun(scene: Scene, rng: np.random.Generator) -> Plane:
    """The sun on its way up or down, behind the land."""
    x = float(rng.uniform(70, 186))
    low, high = 176.0, 66.0
    warm, bright = "#ff9a5a", "#ffe9b0"

    def at(time: float) -> list[Patch]:
        share = motion.between(time, 0.05, 0.95) if scene.event == "sun rises" else 1 - motion.between(time, 0.05, 0.95)
        y = low + (high - low) * share
        colour = glow(mix(warm, bright, share))
        svg = halo(x, y, 80, colour, 0.8) + disc(x, y, 17, colour, opacity="0.97")
        return [Patch(svg, x - 80, y - 80, x + 80, y + 80)]

    return at


def _extras(scene: Scene, light: Light, rng: np.random.Generator) -> list[Plane]:
    """What falls, rises or flashes in front."""
    extras: dict[str, Callable[[], Plane]] = {
        "leaves fall": lambda: effects.falling(rng, light, effects.LEAVES, scene.seconds),
        "petals fall": lambda: effects.falling(rng, light, effects.PETALS, scene.seconds, 3.8),
        "bubbles rise": lambda: effects.bubbles(rng, scene.seconds),
        "fireworks": lambda: effects.fireworks(rng, scene.count),
        "shooting star": lambda: effects.shooting_star(rng),
    }
    planes: list[Plane] = [extras[scene.event]()] if scene.event in extras else []
    if scene.weather == "storm" or scene.event == "storm breaks":
        first = 0.1 if scene.weather == "storm" else 0.6
        flashes = (first, first + 0.3)
        planes.append(
            lambda time: [Patch(_flash(min(time - at for at in flashes if time >= at)))] if time >= first else []
        )
    return planes


def _flash(age: float) -> str:
    """The sheet of light a share `age` of the clip after a stroke of lightning."""
    return box(0, 0, 256, 256, "rgb(235,232,255)", opacity=n(0.55 * (1 - age / 0.1))) if age < 0.1 else ""


def _falls(weather: str, stage: Backdrop) -> Air:
    return Air() if stage.indoors or "swim" in stage.zones else FALLS.get(weather, Air())


def _mixed(first: Air, last: Air, share: float) -> Air:
    rain, snow, fog = (
        a + (b - a) * share for a, b in ((first.rain, last.rain), (first.snow, last.snow), (first.fog, last.fog))
    )
    return Air(rain, snow, fog)
