"""The places: each function draws its planes from far to near and says where in them things can stand.

A place is drawn by `draw(light, season, rng, t) -> (layers, zones)`; the sky is put behind it by `backdrop`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ace_core.studio.painter.light import Light


@dataclass(frozen=True)
class Zone:
    """Where things of one habitat may be: x and y ranges on the 256 canvas (`far` is the upper y, `near` the lower),
    how large things are at both ends, how hazy at the far end, and the layer they are drawn right after."""

    x0: float
    x1: float
    far: float
    near: float
    layer: int
    far_scale: float = 0.6
    near_scale: float = 1.0
    haze: float = 0.15

    def scale(self, y: float) -> float:
        return self.far_scale + (self.near_scale - self.far_scale) * self._share(y)

    def depth(self, y: float) -> float:
        return self.haze * (1 - self._share(y))

    def _share(self, y: float) -> float:
        return min(1.0, max(0.0, (y - self.far) / max(1e-6, self.near - self.far)))


Drawing = tuple[list[str], dict[str, Zone]]
Place = Callable[[Light, str, np.random.Generator, float], Drawing]
PLACES: dict[str, Place] = {}

AIR = Zone(30, 226, 40, 110, 0, 0.8, 1.0, 0.0)


def scenery(draw: Place) -> Place:
    PLACES[draw.__name__.replace("_", " ")] = draw
    return draw


def high_air(layer: int, near: float = 100) -> Zone:
    """Where things fly, down to `near`."""
    return Zone(30, 226, 34, near, layer, 0.85, 1.0, 0.0)
