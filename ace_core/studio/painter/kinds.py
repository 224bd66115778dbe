"""The register of things that can be drawn. A thing is drawn in a box 100 high, its ground at y = 100, x = 0 in its
middle, facing right; `sprite` turns that into units of its own height with the origin on the ground."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ace_core.studio.painter.ink import COLOURS, group, n

ANY = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white")


@dataclass(frozen=True)
class Mood:
    """What a thing is drawn for: are its lamps lit, and which season is it?"""

    lit: bool = False
    season: str = "summer"


Draw = Callable[[str, float, Mood], str]


@dataclass(frozen=True)
class Kind:
    """`width` in heights; `size` the usual height in the foreground, in 256ths of the picture; `on`: land, water,
    air, floor, wall, swim or seabed; `colours` it comes in (empty: only its own)."""

    name: str
    draw: Draw
    width: float
    size: float
    on: str
    colours: tuple[str, ...]
    turns: bool


KINDS: dict[str, Kind] = {}


def kind(
    name: str, width: float, size: float, on: str = "land", colours: tuple[str, ...] = ANY, turns: bool = True
) -> Callable[[Draw], Draw]:
    """Register a drawing; `turns`: may it be shown mirrored?"""

    def register(draw: Draw) -> Draw:
        KINDS[name] = Kind(name, draw, width, size, on, colours, turns)
        return draw

    return register


def sprite(kind: str, colour: str = "", phase: float = 0.0, lit: bool = False, season: str = "summer") -> str:
    """SVG of a thing in daylight colours, 1 unit high, facing right, its ground origin at (0, 0), y downwards.

    `colour`: a word of `COLOURS`, '#rrggbb', or '' for the first the kind comes in. `phase`: 0..1 of one cycle of
    legs, wings, wheels, sails or flames.
    """
    known = KINDS[kind]
    colour = colour or (known.colours[0] if known.colours else "grey")
    drawn = known.draw(COLOURS.get(colour, colour), phase % 1.0, Mood(lit, season))
    return group(drawn, "scale(.01) translate(0 -100)")


def swing(phase: float, degrees: float, offset: float = 0.0) -> float:
    """Degrees at a phase of a to-and-fro; zero at phase 0 with offset 0."""
    return degrees * math.sin(2 * math.pi * (phase + offset))


def place(svg: str, x: float, y: float, height: float, flip: bool = False, tilt: float = 0.0) -> str:
    """A sprite with its ground origin at (x, y) of the canvas, `height` units high."""
    turned = f" rotate({n(tilt)})" if tilt else ""
    return group(svg, f"translate({n(x)} {n(y)}){turned} scale({n(-height if flip else height)} {n(height)})")
