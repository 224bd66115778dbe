"""Clips: small films of scenes that move, with meaning that no still frame carries.

`scene` draws what happens by chance from the tables of `clip_cast`; `clip_stage` sets it up, `film` draws and encodes
it, `clip_captions` tells about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ace_core.studio import clip_cast as cast
from ace_core.studio.clip_captions import captions, queries, truths
from ace_core.studio.clip_captions import told_queries as told
from ace_core.studio.clip_stage import stage_film
from ace_core.studio.film import encode, shoot
from ace_core.studio.language import chance, pick
from ace_core.studio.painter import KINDS

__all__ = ["SUFFIX", "Scene", "Thing", "captions", "queries", "render", "scene", "told", "truths"]

SUFFIX = ".mp4"


@dataclass(frozen=True)
class Thing:
    """What is to be seen; `colour` is empty where the kind has only its own."""

    kind: str
    colour: str = ""


@dataclass(frozen=True)
class Scene:
    """All that happens in one clip.

    `motion` is that of the subject (or of the camera: pan, zoom in, zoom out; or still, where nothing but the event
    happens).
    `time` and `weather` are those at the beginning, `event` is what changes meanwhile.
    """

    seed: int
    index: int
    place: str
    season: str
    time: str
    weather: str
    subject: Thing
    motion: str
    speed: str  # slow, steady, fast
    seconds: float
    direction: str | None = None  # left to right, right to left; of a pan: left, right
    companion: Thing | None = None
    count: int = 0  # jumps; bursts of fireworks
    event: str | None = None

    @property
    def gait(self) -> str:
        return cast.GAIT_OF.get(self.subject.kind, "wheels")

    def attributes(self) -> dict[str, Any]:
        told = asdict(self)
        del told["seed"], told["index"]
        return told


def scene(seed: int, index: int) -> Scene:
    """The scene of a clip: the same for the same seed and index, whatever was drawn before."""
    rng = np.random.default_rng((seed, 3, index))
    style = pick(rng, ("moving", "camera", "change"), (0.76, 0.1, 0.14))
    place = pick(rng, list(cast.SETTINGS))
    setting = cast.SETTINGS[place]
    season, time, weather = _conditions(rng, setting)
    if style == "change":
        motion, subject, companion = "still", _coloured(rng, pick(rng, setting.sights)), None
    elif style == "camera":
        motion, subject, companion = pick(rng, cast.CAMERA), _coloured(rng, pick(rng, setting.sights)), None
    else:
        subject = _coloured(rng, pick(rng, setting.movers))
        motions = cast.MOTIONS_OF[cast.GAIT_OF[subject.kind]]
        motion = pick(rng, list(motions), list(motions.values()))
        companion = _companion(rng, setting, subject, motion) if motion in cast.PAIRED else None
    if subject.kind in cast.BY_DAY and time == "night":
        time = "dusk"
    event = None
    if style == "change" or chance(rng, 0.36):
        event, season, time, weather = _event(rng, setting, subject, style, (season, time, weather))
    speed = _speed(rng, motion, subject)
    return Scene(
        seed, index, place, season, time, weather, subject, motion, speed,
        seconds={"slow": 3.0, "fast": 2.0}.get(speed) or float(pick(rng, (2.0, 2.5, 3.0))),
        direction=_direction(rng, motion),
        companion=companion,
        count=int(rng.integers(1, 5)) if motion == "hop" or event == "fireworks" else 0,
        event=event,
    )  # fmt: skip


def render(scene: Scene) -> bytes:
    """The clip as an H.264 mp4, 192 x 192 pixels, 12 frames a second."""
    return encode(shoot(stage_film(scene)))


def _coloured(rng: np.random.Generator, kind: str) -> Thing:
    colours: Sequence[str] = KINDS[kind].colours
    return Thing(kind, pick(rng, colours) if colours else "")


def _companion(rng: np.random.Generator, setting: cast.Setting, subject: Thing, motion: str) -> Thing:
    """The other one: of the subject's own kind, or one that goes the same way about."""
    gait = cast.GAIT_OF[subject.kind]
    if motion == "chase":
        kinds = [kind for kind in cast.CHASES.get(subject.kind, (subject.kind,))]
    else:
        alike = cast.ALIKE[gait]
        kinds = [kind for kind in setting.movers if cast.GAIT_OF[kind] in alike]
    other = _coloured(rng, pick(rng, kinds))
    if other == subject:  # two of a kind are told apart by their colours where there are several
        others = [colour for colour in KINDS[other.kind].colours if colour != subject.colour]
        other = Thing(other.kind, pick(rng, others) if others else other.colour)
    return other


def _conditions(rng: np.random.Generator, setting: cast.Setting) -> tuple[str, str, str]:
    season, time = pick(rng, setting.seasons), pick(rng, setting.times)
    common = {"clear": 5.0, "cloudy": 2.0, "rain": 1.0, "fog": 0.7, "snow": 2.5, "storm": 0.5, "rainbow": 0.0}
    fitting = [
        weather
        for weather in setting.weathers
        if (season == "winter" if weather == "snow" else weather != "rain" or season != "winter")
        and not (weather == "fog" and time in cast.DARK_HOURS)
    ]
    return season, time, pick(rng, fitting, [common[w] for w in fitting])


def _event(
    rng: np.random.Generator, setting: cast.Setting, subject: Thing, style: str, conditions: tuple[str, str, str]
) -> tuple[str | None, str, str, str]:
    """What happens meanwhile, and season, time and weather bent to allow it."""
    season, time, weather = conditions
    fitting = [
        event
        for event in cast.EVENTS.values()
        if (not event.seasons or set(event.seasons) & set(setting.seasons))
        and set(event.before) & set(setting.weathers)
        and set(event.times) & set(setting.times)
        and (event.after is None or event.after in setting.weathers)
        and (event.later is None or event.later in setting.times)
        and (not event.lamps or (subject.kind in cast.LAMPS and style != "moving"))
        and (event.under_water == setting.under_water)
        and (not event.horizon or setting.horizon)
        and not (subject.kind in cast.BY_DAY and event.times == ("night",))
    ]
    if not fitting:
        return None, season, time, weather
    event = pick(rng, fitting, [event.weight for event in fitting])
    keep = lambda now, allowed, possible: now if now in allowed else pick(rng, [v for v in possible if v in allowed])  # noqa: E731
    if event.seasons:
        season = keep(season, event.seasons, setting.seasons)
    time = keep(time, event.times, setting.times)
    weather = keep(weather, event.before, setting.weathers)
    return event.name, season, time, weather


def _speed(rng: np.random.Generator, motion: str, subject: Thing) -> str:
    if motion == "move":
        return "slow"
    if motion in ("chase", "overtake"):
        return "fast"
    if motion in ("rise", "descend", "circle"):
        return pick(rng, ("slow", "steady", "fast"))
    if motion in ("cross", "come", "leave"):
        return pick(rng, ("steady", "fast"))
    return "steady"


def _direction(rng: np.random.Generator, motion: str) -> str | None:
    if motion == "pan":
        return pick(rng, ("left", "right"))
    if motion in ("cross", "move", "come", "leave", "return", "follow", "chase", "overtake"):
        return pick(rng, ("left to right", "right to left"))
    return None
