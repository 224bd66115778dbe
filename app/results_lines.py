"""Percentages over a few places in order, as lines of one small SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.marks import Shape

WIDTH, HEIGHT = 360, 230  # of the drawing's own units, about pixels on a phone
LEFT, RIGHT, TOP, BOTTOM = 34, 14, 12, 42
GRID: Final = (0, 25, 50, 75, 100)  # percent


@dataclass(frozen=True)
class Series:
    """One line: percentages, one for each place."""

    name: str
    style: str  # names its colour and dash
    shape: Shape
    values: tuple[float, ...]


@dataclass(frozen=True)
class Key:
    """What a colour with its mark, or without one a dash, stands for."""

    name: str
    style: str
    shape: Shape | None = None


def drawing(places: Sequence[str], series: Sequence[Series], keys: Sequence[Key], axis: str, label: str) -> str:
    """The lines and, below them, their keys. `axis` says what the places are, `label` what is drawn."""
    lines = "".join(_line(one, places, axis) for one in series)
    named = "".join(f"<li>{_key(key)}{escape(key.name)}</li>" for key in keys)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{_grid(places, axis)}{lines}</svg>"
        f'<ul class="keys">{named}</ul>'
    )


def _grid(places: Sequence[str], axis: str) -> str:
    parts = []
    for value in GRID:
        y = _y(value)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick-value" x="{LEFT - 6}" y="{y + 3.5:.1f}">{value}</text>')
    for place, name in enumerate(places):
        x = _x(place, len(places))
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}">{escape(name)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}">{escape(axis)}</text>')
    return f'<g class="ticks">{"".join(parts)}</g>'


def _line(one: Series, places: Sequence[str], axis: str) -> str:
    points = [(_x(place, len(places)), _y(value)) for place, value in enumerate(one.values)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    marks = "".join(
        f'<path class="mark" d="{one.shape(x, y)}">'
        f"<title>{escape(f'{one.name}; {axis}: {name}; {value:.1f} %')}</title></path>"
        for (x, y), name, value in zip(points, places, one.values, strict=True)
    )
    return f'<g class="{escape(one.style)}"><path class="way" d="{path}"/>{marks}</g>'


def _key(key: Key) -> str:
    mark = f'<path class="mark" d="{key.shape(17, 6)}"/>' if key.shape else ""
    return (
        f'<svg class="key {escape(key.style)}" viewBox="0 0 34 12" aria-hidden="true">'
        f'<path class="way" d="M1 6H33"/>{mark}</svg>'
    )


def _x(place: int, places: int) -> float:
    """Half a step of room on either side, so that the first and last name fit."""
    return LEFT + (place + 0.5) / places * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    return HEIGHT - BOTTOM - value / 100 * (HEIGHT - TOP - BOTTOM)
