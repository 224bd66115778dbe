"""The paths that things take through a clip, and the camera's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ace_core.studio import motion
from ace_core.studio.clip_cast import GAIT_OF, GROUND_GAITS, WATER_GAITS
from ace_core.studio.film import UNITS, Shot
from ace_core.studio.motion import Path, Pose
from ace_core.studio.painter import KINDS

if TYPE_CHECKING:
    from ace_core.studio.clips import Scene, Thing

HOP_EVERY = 34  # units that a hopping thing goes in a hop


@dataclass(frozen=True)
class Room:
    """Lines of a place, in units of the canvas: the `foot` of what moves, and `far` where it gets small."""

    foot: float
    far: float
    sky: tuple[float, float]  # highest and lowest foot of what flies


def single(scene: Scene, room: Room, height: float, rng: np.random.Generator) -> Path:
    """The path of a thing that moves alone."""
    gait, kind = GAIT_OF[scene.subject.kind], KINDS[scene.subject.kind]
    half = kind.width * height / 2
    sign = -1 if scene.direction == "right to left" else 1
    y = line(scene.subject, room, rng)
    edge, mid = UNITS / 2 + half + 6, float(rng.uniform(-26, 26))
    at = lambda offset: UNITS / 2 + sign * offset  # noqa: E731  # mirrored for the way to the left
    start, end = {"fast": (0.22, 0.62), "steady": (0.0, 1.0)}.get(scene.speed or "steady", (0.0, 1.0))
    air = y < room.foot - 20 or gait in ("fins", "drifts", "screw")
    if scene.motion == "cross":
        path = motion.travel(at(-edge), at(edge), y, start=start, end=end)
    elif scene.motion == "move":
        free = max(10.0, UNITS / 2 - half - 4)
        go = min(2 * free, 62.0)
        begin = float(rng.uniform(-free, free - go))
        path = motion.travel(at(begin), at(begin + go), y)
    elif scene.motion == "come":
        path = motion.come_and_stop(at(-edge), at(mid), y, end=0.4 if scene.speed == "fast" else 0.66)
    elif scene.motion == "leave":
        path = motion.set_off(at(-abs(mid)), at(edge), y, start=0.5 if scene.speed == "fast" else 0.28)
    elif scene.motion == "return":
        path = motion.turn_back(at(-edge), at(mid * 0.6), y)
    elif scene.motion in ("approach", "recede"):
        path = _depth(scene, room, y, air, half, rng)
    elif scene.motion == "hop":
        going = 0.0 if scene.direction is None else min(60.0, UNITS / 2 - half)
        path = motion.travel(at(-going), at(going), y) if going else motion.still(at(mid), y, facing=sign)
        height *= float(rng.uniform(0.5, 0.75))
        return motion.hopping(path, scene.count, height, 0.1, 0.1 + min(0.85, 0.62 * scene.count / scene.seconds))
    elif scene.motion == "circle":
        turns = {"slow": 1.0, "fast": 2.25}.get(scene.speed or "", 1.5) * (1 if rng.random() < 0.5 else -1)
        ry = min(34.0, (room.sky[1] - room.sky[0]) / 2)
        return motion.circle(UNITS / 2 + mid, (room.sky[0] + room.sky[1]) / 2, 66, ry, turns, float(rng.random()))
    elif scene.motion in ("rise", "descend"):
        path = _climb(scene, room, height, sign, rng)
    elif scene.motion == "bob":
        return motion.bobbing(motion.still(at(mid), y, facing=sign), 5.0, 3.0 if scene.speed == "fast" else 2.0, 5.0)
    else:
        raise KeyError(scene.motion)
    if gait in ("hops", "ball") and scene.motion != "descend":
        run = abs(path(1.0).x - path(0.0).x) or 2 * abs(path(0.5).x - path(0.0).x)
        return motion.hopping(path, max(2, round(run / HOP_EVERY)), height * 0.5, start, end)
    if gait in ("wings", "wind") and scene.motion in ("cross", "move", "return"):
        return motion.bobbing(path, 5.0, 1.6)
    return motion.bobbing(path, 1.6, 2.0, 1.6) if gait in WATER_GAITS else path


def pair(scene: Scene, room: Room, first: float, second: float, rng: np.random.Generator) -> tuple[Path, Path]:
    """The paths of subject and companion where two things move together."""
    assert scene.companion is not None
    sign = -1 if scene.direction == "right to left" else 1
    half = KINDS[scene.subject.kind].width * first / 2
    other = KINDS[scene.companion.kind].width * second / 2
    edge = UNITS / 2 + max(half, other) + 6
    y = line(scene.subject, room, rng)
    lane = y if scene.companion.kind == scene.subject.kind else line(scene.companion, room, rng)
    at = lambda offset: UNITS / 2 + sign * offset  # noqa: E731
    if scene.motion == "pass":
        back = (
            lane - 14
            if room.foot - y < 20
            else max(room.sky[0] - 8, lane - 34) + (40 if lane - 34 < room.sky[0] - 8 else 0)
        )
        return motion.travel(at(-edge), at(edge), y), motion.travel(at(edge), at(-edge), back, 0.86)
    if scene.motion == "overtake":
        free = UNITS / 2 - other - 4
        slow = motion.travel(at(-free * 0.7), at(min(free, -free * 0.7 + 56)), lane - 12, 0.88)
        return motion.travel(at(-edge), at(edge), y, start=0.1, end=0.8), slow
    gap = half + other + (8 if scene.motion == "chase" else 18)
    start, end = (0.1, 0.75) if scene.motion == "chase" else (0.0, 1.0)
    ahead = motion.travel(at(-edge), at(edge + gap), lane, start=start, end=end)
    behind = motion.travel(at(-edge - gap), at(edge), y, start=start, end=end)
    hop = [GAIT_OF[thing.kind] in ("hops", "ball") for thing in (scene.subject, scene.companion)]
    jumps = round((2 * edge + gap) / HOP_EVERY)
    return (
        motion.hopping(behind, jumps, first * 0.4, start, end) if hop[0] else behind,
        motion.hopping(ahead, jumps, second * 0.4, start, end) if hop[1] else ahead,
    )


def line(thing: Thing, room: Room, rng: np.random.Generator) -> float:
    """Where a thing's foot is: on the ground or the water, or somewhere in the air or below the surface."""
    jitter = float(rng.uniform(0, 1))
    if GAIT_OF[thing.kind] in (*GROUND_GAITS, *WATER_GAITS) or thing.kind == "whale":
        return room.foot + 6 * jitter
    low = min(room.sky[1], room.foot)
    return low - (low - room.sky[0]) * jitter


def camera(scene: Scene, focus: Pose) -> Callable[[float], Shot]:
    """A pan over the canvas, or a move towards or away from what stands in the focus."""
    if scene.motion == "pan":
        side = 150.0
        top = min(UNITS - side, max(0.0, focus.y - side * 0.8))
        left, right = 0.0, UNITS - side
        first, last = (left, right) if scene.direction == "right" else (right, left)
        return lambda time: Shot(first + (last - first) * motion.smooth(time), top, side)
    close = 108.0
    x = min(UNITS - close, max(0.0, focus.x - close / 2))
    y = min(UNITS - close, max(0.0, focus.y - close * 0.86))

    def at(time: float) -> Shot:
        share = motion.smooth(time if scene.motion == "zoom in" else 1 - time)
        return Shot(x * share, y * share, UNITS + (close - UNITS) * share)

    return at


def _depth(scene: Scene, room: Room, y: float, air: bool, half: float, rng: np.random.Generator) -> Path:
    """Towards the viewer or away: between a small pose by the horizon and a large one in front."""
    side = float(rng.choice([-1, 1]))
    small, large = 0.22, min(1.35, 116 / half)
    far_y = (room.sky[0] + 26) if air else room.far
    near_y = y + 24 if air else min(room.foot + 26, UNITS - 8.0)
    facing = int(side)
    far = Pose(UNITS / 2 - side * 58, far_y, small, facing)
    near = Pose(UNITS / 2 + side * 14, near_y, large, facing)
    if scene.motion == "approach":
        return motion.depth(far, near)
    return motion.depth(
        Pose(near.x - 2 * side * 14, near.y, near.scale, facing), Pose(UNITS / 2 + side * 62, far_y, small, facing)
    )


def _climb(scene: Scene, room: Room, height: float, sign: int, rng: np.random.Generator) -> Path:
    """Up from the ground (or the bottom) and out of sight, or down from above."""
    x = UNITS / 2 + float(rng.uniform(-56, 56))
    sideways = sign * float(rng.uniform(10, 30))
    low, high = Pose(x, room.foot, 1.0, sign), Pose(x + sideways, min(room.sky[0], height * 0.9), 0.92, sign)
    begin, finish = {"fast": (0.2, 0.7), "slow": (0.0, 1.35)}.get(scene.speed or "", (0.05, 1.0))
    path = motion.glide(low, high, begin, finish) if scene.motion == "rise" else motion.glide(high, low, begin, finish)
    return motion.bobbing(path, 0.0, 2.0, 3.0)
