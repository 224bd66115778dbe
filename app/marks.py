"""Marks of drawings as paths of an SVG. Lines differ by their marks too, so that no two are alike without colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

SIZE: Final = 4.2  # half the width of a mark, in the drawing's own units
Shape = Callable[[float, float], str]


def disc(x: float, y: float, r: float = SIZE) -> str:
    return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"


def square(x: float, y: float, r: float = SIZE) -> str:
    return f"M{x - r:.1f} {y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z"


def diamond(x: float, y: float, r: float = SIZE) -> str:
    return f"M{x:.1f} {y - 1.3 * r:.1f}l{1.3 * r} {1.3 * r}l{-1.3 * r} {1.3 * r}l{-1.3 * r} {-1.3 * r}z"


def triangle(x: float, y: float, r: float = SIZE) -> str:
    return f"M{x:.1f} {y - 1.2 * r:.1f}l{1.2 * r} {2.2 * r}h{-2.4 * r}z"
