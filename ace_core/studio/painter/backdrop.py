"""A place at an hour, in a weather and a season, as layers to put things between."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import resvg_py
from PIL import Image

from ace_core.studio.painter.ink import document, oval
from ace_core.studio.painter.kinds import KINDS, place, sprite
from ace_core.studio.painter.light import Light, light
from ace_core.studio.painter.places import PLACES, Zone
from ace_core.studio.painter.sky import sky, weather_overlay
from ace_core.studio.painter.terrain import corner

_FRAMED = (
    ("mountain lake", "farm", "park", "meadow hills", "river valley", "waterfall", "vineyard", "railway",
    "village street")
)  # fmt: skip


@dataclass(frozen=True)
class Backdrop:
    """`layers`: SVG from far to near, the sky first; `zones`: where things can be; `overlay`: rain, snow or fog in
    front."""

    light: Light
    season: str
    layers: tuple[str, ...]
    zones: dict[str, Zone]
    overlay: str
    indoors: bool


@dataclass(frozen=True)
class Placed:
    """A thing put into a backdrop: ground point (x, y) and height in 256ths, between which layers, how hazy."""

    svg: str
    y: float
    layer: int


def backdrop(place: str, time: str, weather: str, season: str, seed: int, t: float = 0.0) -> Backdrop:
    """The same `seed` is the same place at any `t` (seconds): clouds drift, water glitters and rain falls with it."""
    scenery, air = np.random.default_rng((seed, 1)), np.random.default_rng((seed, 2))
    shining = light(time, weather, air)
    drawn, zones = PLACES[place](shining, season, scenery, t)
    behind = sky(shining, air, t)
    overlay = weather_overlay(shining, t, np.random.default_rng((seed, 3)))
    indoors, under_water = place == "room", place == "coral reef"
    if indoors:  # the weather stays outside the window
        drawn = [drawn[0] + overlay, *drawn[1:]]
    framing = np.random.default_rng((seed, 4))
    if place in _FRAMED and framing.random() < 0.5:
        drawn = [*drawn, corner(shining, framing, season, t)]
    layers = (behind, *drawn)
    zones = {name: replace(zone, layer=zone.layer + 1) for name, zone in zones.items()}
    return Backdrop(shining, season, layers, zones, "" if indoors or under_water else overlay, indoors)


def put(
    scene: Backdrop,
    kind: str,
    zone: str,
    x: float,
    y: float,
    size: float = 1.0,
    colour: str = "",
    phase: float = 0.0,
    flip: bool = False,
    tilt: float = 0.0,
    height: float | None = None,
) -> Placed:
    """A thing in a zone of a backdrop, its size by perspective (times `size`), lit, with its shadow or reflection.

    `height`: in 256ths, instead of the usual height of its kind.
    """
    where, known = scene.zones[zone], KINDS[kind]
    tall = height if height is not None else known.size * size * where.scale(y)
    drawn = place(sprite(kind, colour, phase, scene.light.lamps, scene.season), x, y, tall, flip, tilt)
    if scene.indoors:
        dim = {"night": (0.74, 0.7, 0.78), "dusk": (0.88, 0.84, 0.88)}.get(scene.light.time, (1.0, 1.0, 1.0))
        lit = replace(scene.light, ambient=dim).on(drawn, 0)
    elif zone in ("swim", "seabed"):
        deep = (0.6, 0.72, 0.95) if scene.light.time == "night" else (0.9, 0.98, 1.05)
        lit = replace(scene.light, ambient=deep).on(drawn, 0)
    else:
        lit = _spotlit(scene.light).on(drawn, where.depth(y))
    return Placed(_grounding(scene, zone, kind, x, y, tall, drawn) + lit, y, where.layer)


def _spotlit(light: Light) -> Light:
    """A little more light on things than on the land, so that colours are told apart at night."""
    r, g, b = (a + 0.24 * max(0.0, 1 - a) for a in light.ambient)
    return replace(light, ambient=(r, g, b))


def _grounding(scene: Backdrop, zone: str, kind: str, x: float, y: float, tall: float, drawn: str) -> str:
    """Shadow on the ground, or reflection and bow wave on the water."""
    wide = KINDS[kind].width * tall
    if zone in ("air", "swim"):
        return ""
    if zone == "water":
        mirror = f'<g transform="translate(0 {2 * y:.2f}) scale(1 -1)" opacity="0.26">{scene.light.on(drawn, 0.1)}</g>'
        return mirror + oval(x, y, wide * 0.52, max(1.2, tall * 0.03), "rgb(240,250,252)", opacity="0.4")
    reach, strength = (0.15, 0.28) if scene.indoors or zone == "seabed" else scene.light.shadow
    lean = min(tall, 40) * reach
    return oval(
        x + lean * 0.5,
        y,
        wide * 0.46 + abs(lean) * 0.5,
        max(1.6, min(tall * 0.055, 4.5)),
        "rgb(24,18,52)",
        opacity=f"{strength:.2f}",
    )


def compose(scene: Backdrop, things: Sequence[Placed] = ()) -> str:
    """The whole picture as an SVG file: things between their layers, the farther first, the weather in front."""
    parts = []
    for number, layer in enumerate(scene.layers):
        parts.append(layer)
        parts += [thing.svg for thing in sorted(things, key=lambda thing: thing.y) if thing.layer == number]
    return document([*parts, scene.overlay])


def raster(svg: str, size: int = 256) -> np.ndarray:
    """An SVG file -> uint8 (size, size, 3)."""
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True))
    return np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB"))
