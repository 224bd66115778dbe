"""Search time against the size of the collection, as one small SVG with two logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.marks import diamond, disc, square, triangle
from app.measured import INDEXES, WAYS, Row, Scale, by_method, count, milliseconds

WIDTH, HEIGHT = 360, 250  # of the drawing's own units, about pixels on a phone
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 10, 40

# Lines differ by hue, by dash and by the shape of their marks, so that no two are alike without colour.
LINES: Final = tuple(WAYS) + tuple(INDEXES)
NAMES: Final = WAYS | INDEXES
MARKS: Final = dict(zip(LINES, (disc, square, diamond, triangle, square, diamond), strict=True))
Place = Callable[[float], float]


@dataclass(frozen=True)
class Axes:
    """Where a size and a time are in the drawing."""

    sizes: tuple[int, int]
    times: tuple[int, int]  # decades: powers of ten of milliseconds

    @classmethod
    def around(cls, rows: Sequence[Row]) -> Axes:
        sizes = sorted(row.items for row in rows)
        low = math.floor(math.log10(min(row.low_ms for row in rows)))
        high = math.ceil(math.log10(max(row.high_ms for row in rows)))
        return cls((sizes[0], sizes[-1]), (low, max(high, low + 1)))

    def x(self, items: float) -> float:
        low, high = (math.log10(size) for size in self.sizes)
        share = (math.log10(items) - low) / (high - low) if high > low else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, ms: float) -> float:
        low, high = self.times
        return HEIGHT - BOTTOM - (math.log10(ms) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def drawing(scale: Scale) -> str:
    """The curves and, below them, what they are called; where there is one size alone, nothing."""
    lines = {name: rows for name in LINES if (rows := by_method(scale.rows, name))}
    drawn = [row for rows in lines.values() for row in rows]
    if len({row.items for row in drawn}) < 2:
        return ""
    axes = Axes.around(drawn)
    curves = "".join(_line(axes, name, rows) for name, rows in lines.items())
    keys = "".join(f"<li>{_key(name)}{escape(NAMES[name])}</li>" for name in lines)
    return (
        '<figure class="curve"><figcaption>Search alone, milliseconds a query</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Search time against the size of the collection; '
        f'the table below has every figure.">{_grid(axes, sorted({row.items for row in drawn}))}{curves}</svg>'
        f'<ul class="keys">{keys}</ul></figure>'
    )


def _grid(axes: Axes, sizes: Sequence[int]) -> str:
    parts = []
    for decade in range(axes.times[0], axes.times[1] + 1):
        y = axes.y(10**decade)
        label = f"{10**decade:,}" if decade >= 0 else f"{10**decade:g}"
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick-time" x="{LEFT - 7}" y="{y + 3.5:.1f}">{label}</text>')
    for size in sizes:
        x = axes.x(size)
        end = ' class="tick-last"' if size == axes.sizes[1] else ""
        where = WIDTH - 2 if end else x
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM + 4}"/>')
        label = "1 million" if size == 1_000_000 else count(size)
        parts.append(f'<text{end} x="{where:.1f}" y="{HEIGHT - BOTTOM + 18}">{label}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 5}">items</text>')
    return f'<g class="ticks">{"".join(parts)}</g>'


def _line(axes: Axes, name: str, rows: Sequence[Row]) -> str:
    points = [(axes.x(row.items), axes.y(row.search_ms)) for row in rows]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    reaches = "".join(
        f"M{x:.1f} {axes.y(row.low_ms):.1f}V{axes.y(row.high_ms):.1f}" for row, (x, _) in zip(rows, points, strict=True)
    )
    marks = "".join(_mark(name, x, y, row) for row, (x, y) in zip(rows, points, strict=True))
    return f'<g class="line-{name}"><path class="way" d="{path}"/><path class="reach" d="{reaches}"/>{marks}</g>'


def _mark(name: str, x: float, y: float, row: Row) -> str:
    told = (
        f"{NAMES[name]}, {row.items:,} items: {milliseconds(row.search_ms)} "
        f"(quarters {milliseconds(row.low_ms)} and {milliseconds(row.high_ms)})"
    )
    return f'<path class="mark" d="{MARKS[name](x, y)}"><title>{escape(told)}</title></path>'


def _key(name: str) -> str:
    return (
        f'<svg class="key line-{name}" viewBox="0 0 34 12" aria-hidden="true"><path class="way" d="M1 6H33"/>'
        f'<path class="mark" d="{MARKS[name](17, 6)}"/></svg>'
    )
