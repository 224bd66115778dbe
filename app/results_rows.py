"""Marks on lines of percent, a line for each way to answer, with their intervals: one small SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.marks import Shape

WIDTH: Final = 340  # of the drawing's own units, about pixels on a phone
LEFT, RIGHT, TOP, BOTTOM = 2, 4, 4, 24
PITCH: Final = 42  # from line to line
LONGEST: Final = 40  # characters of a name


@dataclass(frozen=True)
class Mark:
    """A percentage, what it is in words, and its interval where it has one."""

    value: float
    told: str
    shape: Shape
    hollow: bool = False
    reach: tuple[float, float] | None = None


@dataclass(frozen=True)
class Line:
    name: str
    shown: str  # at its end, beside the name
    side: str  # names its colour
    marks: tuple[Mark, ...]


def drawing(lines: Sequence[Line], label: str) -> str:
    """`label`: what the drawing is, for those who do not see it."""
    height = TOP + PITCH * len(lines) + BOTTOM
    drawn = "".join(_line(line, TOP + PITCH * place) for place, line in enumerate(lines))
    return (
        f'<svg class="rows" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{_grid(height)}{drawn}</svg>"
    )


def _grid(height: int) -> str:
    parts = []
    for value, anchor, told in ((0, "start", "0"), (25, "", ""), (50, "middle", "50"), (75, "", ""), (100, "end", "%")):
        x = _x(value)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{height - BOTTOM + 3}"/>')
        if told:
            text = "100 %" if told == "%" else told
            parts.append(f'<text class="tick" text-anchor="{anchor}" x="{x:.1f}" y="{height - 6}">{text}</text>')
    return "".join(parts)


def _line(line: Line, top: float) -> str:
    name = line.name if len(line.name) <= LONGEST else f"{line.name[: LONGEST - 1]}…"
    y = top + 25
    reaches = "".join(_reach(mark.reach, y) for mark in line.marks if mark.reach)
    marks = "".join(_mark(mark, y) for mark in line.marks)
    return (
        f'<g class="side-{escape(line.side)}"><text x="{LEFT}" y="{top + 14}">{escape(name)}</text>'
        f'<text class="value" text-anchor="end" x="{WIDTH - RIGHT}" y="{top + 14}">{escape(line.shown)}</text>'
        f'<path class="track" d="M{LEFT} {y}H{WIDTH - RIGHT}"/><path class="reach" d="{reaches}"/>{marks}</g>'
    )


def _reach(ends: tuple[float, float], y: float) -> str:
    low, high = (_x(end) for end in ends)
    return f"M{low:.1f} {y - 3.5}v7M{low:.1f} {y}H{high:.1f}M{high:.1f} {y - 3.5}v7"


def _mark(mark: Mark, y: float) -> str:
    style = "mark hollow" if mark.hollow else "mark"
    return f'<path class="{style}" d="{mark.shape(_x(mark.value), y)}"><title>{escape(mark.told)}</title></path>'


def _x(value: float) -> float:
    return LEFT + value / 100 * (WIDTH - LEFT - RIGHT)
