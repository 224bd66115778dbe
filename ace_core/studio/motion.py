"""How things move: a `Path` tells where something is at any moment of a clip.

Places are in units of the 256 x 256 canvas, y downwards; time is the share of the clip that has passed, 0 to 1.
Every function here makes a path, or changes one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Pose:
    """Where a thing stands: (x, y) is the middle of its foot, `lift` how far it is above that."""

    x: float
    y: float
    scale: float = 1.0
    facing: int = 1  # 1: to the right, -1: to the left
    angle: float = 0.0  # degrees, clockwise
    lift: float = 0.0


Path = Callable[[float], Pose]


def smooth(share: float) -> float:
    """0 to 1 with a soft start and a soft end; what lies outside is cut off."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def between(time: float, start: float, end: float) -> float:
    """How much of the stretch from `start` to `end` has passed, 0 to 1."""
    return min(1.0, max(0.0, (time - start) / (end - start)))


def still(x: float, y: float, scale: float = 1.0, facing: int = 1) -> Path:
    return lambda time: Pose(x, y, scale, facing)


def travel(x0: float, x1: float, y: float, scale: float = 1.0, start: float = 0.0, end: float = 1.0) -> Path:
    """At an even speed from x0 to x1, within the stretch from `start` to `end`."""
    facing = 1 if x1 > x0 else -1
    return lambda time: Pose(x0 + (x1 - x0) * between(time, start, end), y, scale, facing)


def come_and_stop(x0: float, x1: float, y: float, scale: float = 1.0, end: float = 0.62) -> Path:
    """From x0 to x1 at an even speed, slower and slower at the end, and then stand."""
    facing = 1 if x1 > x0 else -1

    def at(time: float) -> Pose:
        share = between(time, 0.0, end)
        return Pose(x0 + (x1 - x0) * (1 - (1 - share) ** 1.8), y, scale, facing)

    return at


def set_off(x0: float, x1: float, y: float, scale: float = 1.0, start: float = 0.3) -> Path:
    """Stand at x0, then go to x1 faster and faster."""
    facing = 1 if x1 > x0 else -1
    return lambda time: Pose(x0 + (x1 - x0) * between(time, start, 1.0) ** 1.8, y, scale, facing)


def turn_back(x0: float, x1: float, y: float, scale: float = 1.0) -> Path:
    """From x0 to x1, turn round, and back again."""
    there = 1 if x1 > x0 else -1

    def at(time: float) -> Pose:
        share = 1 - abs(1 - 2 * time)
        return Pose(x0 + (x1 - x0) * (1 - (1 - share) ** 1.6), y, scale, there if time < 0.5 else -there)

    return at


def depth(start: Pose, end: Pose) -> Path:
    """From one pose to another at an even speed in depth: the scale changes by the same factor every moment."""

    def at(time: float) -> Pose:
        scale = start.scale * (end.scale / start.scale) ** time
        share = (scale - start.scale) / (end.scale - start.scale)
        return replace(start, x=start.x + (end.x - start.x) * share, y=start.y + (end.y - start.y) * share, scale=scale)

    return at


def glide(start: Pose, end: Pose, begin: float = 0.0, finish: float = 1.0) -> Path:
    """From one pose to another with a soft start and a soft end."""

    def at(time: float) -> Pose:
        share = smooth(between(time, begin, finish))
        return replace(
            start,
            x=start.x + (end.x - start.x) * share,
            y=start.y + (end.y - start.y) * share,
            scale=start.scale + (end.scale - start.scale) * share,
            angle=start.angle + (end.angle - start.angle) * share,
            lift=start.lift + (end.lift - start.lift) * share,
        )

    return at


def circle(x: float, y: float, rx: float, ry: float, turns: float, begin: float, scale: float = 1.0) -> Path:
    """Round and round (x, y); `turns` above 0 go clockwise; `begin` is the share of a turn to start from."""

    def at(time: float) -> Pose:
        angle = 2 * math.pi * (begin + turns * time)
        facing = 1 if -math.sin(angle) * turns > 0 else -1
        return Pose(x + rx * math.cos(angle), y + ry * math.sin(angle), scale * (1 + 0.22 * math.sin(angle)), facing)

    return at


def hopping(path: Path, hops: int, height: float, start: float = 0.08, end: float = 0.92) -> Path:
    """`hops` jumps of `height` on top of `path`."""

    def at(time: float) -> Pose:
        pose, share = path(time), between(time, start, end)
        return replace(pose, lift=pose.lift + height * abs(math.sin(math.pi * hops * share)))

    return at


def bobbing(path: Path, height: float, cycles: float, tilt: float = 0.0) -> Path:
    """Up and down by `height` and to and fro by `tilt` degrees on top of `path`."""

    def at(time: float) -> Pose:
        pose, beat = path(time), 2 * math.pi * cycles * time
        return replace(pose, y=pose.y + height * math.sin(beat), angle=pose.angle + tilt * math.cos(beat))

    return at


def delayed(path: Path, lag: float, shift: float = 0.0) -> Path:
    """The same path `lag` of the clip later and `shift` to the right."""

    def at(time: float) -> Pose:
        pose = path(time - lag)
        return replace(pose, x=pose.x + shift)

    return at
