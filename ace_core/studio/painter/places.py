"""The places: each function draws its planes from far to near and says where in them things can stand.

A place is drawn by `draw(light, season, rng, t) -> (layers, zones)`; the sky is put behind it by `backdrop`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ace_core.studio.painter.ink import (
    box,
    dark,
    disc,
    glow,
    gradient,
    group,
    halo,
    mix,
    n,
    oval,
    pale,
    path,
    poly,
    stroke,
)
from ace_core.studio.painter.kinds import place, sprite
from ace_core.studio.painter.light import Light
from ace_core.studio.painter.terrain import (
    GRASS,
    LEAVES,
    at,
    curve,
    far_houses,
    far_trees,
    hill,
    hill_line,
    lit,
    meadow,
    peaks,
    ridge,
    shaded,
    skyline,
    tufts,
    water,
)  # fmt: skip


@dataclass(frozen=True)
class Zone:
    """Where things of one habitat may be: x and y ranges on the 256 canvas (`far` is the upper y, `near` the lower),
    how large
    things are at both ends, how hazy at the far end, and the layer they are drawn right after."""

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


def _air(layer: int, near: float = 100) -> Zone:
    return Zone(30, 226, 34, near, layer, 0.85, 1.0, 0.0)


@scenery
def coast(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    side = 1 if rng.random() < 0.5 else -1
    head = (
        path(f"M{128 + side * 150} 128V96C{128 + side * 96} 84 {128 + side * 92} 112 {128 + side * 40} 124L"
        f"{128 + side * 20} 128z", lit(light, "#6f8f6a", 0.45))
    )  # fmt: skip
    cliff = (
        path(f"M{128 + side * 150} 132V76C{128 + side * 118} 72 {128 + side * 120} 96 {128 + side * 96} 108L"
        f"{128 + side * 86} 132z", lit(light, "#8a8f6e", 0.25)) if rng.random() < 0.6 else ""
    )  # fmt: skip
    sea = water(light, rng, 126, 226, t)
    low, high = 206.0, 186.0
    edge = [
        (
            float(x),
            (low + high) / 2
            - side * (low - high) * 0.5 * math.tanh((x - 128) / 60)
            + 3.5 * math.sin(x / 24 + side)
            + 1.5 * math.sin(t * 1.4),
        )
        for x in range(-16, 273, 16)
    ]
    sand_far, sand_near = ("#f1dcae", "#e2bd83") if season != "winter" else ("#eef1f2", "#d9d6cc")
    define, url = shaded(light, sand_far, sand_near, 0.1)
    wet = hill([(x, y - 7) for x, y in edge], lit(light, "#cfe6e4", 0.05)) + hill(
        [(x, y - 4) for x, y in edge], lit(light, dark(sand_near, 0.25))
    )
    foam = stroke(
        f"M{n(edge[0][0])} {n(edge[0][1] - 7)}{curve([(x, y - 7) for x, y in edge])}",
        lit(light, "#ffffff"),
        2.4,
        opacity="0.9",
    )
    waves = "".join(
        stroke(f"M{n(x)} {n(y)}q6-3.4 12 0t12 0", lit(light, "#f4fbfb"), 1.5, opacity="0.7")
        for x, y in ((float(rng.uniform(-5, 240)) + 3 * math.sin(t * 2 + i), 150 + 11 * i) for i in range(4))
    )
    shells = "".join(
        oval(float(rng.uniform(5, 250)), float(rng.uniform(216, 252)), 1.7, 1.1, lit(light, c))
        for c in ("#f7efe2", "#e9a99a", "#c9b48c", "#b9926a", "#f7efe2", "#c9a67a")
    )
    beach = define + wet + foam + hill(edge, url) + shells
    return (
        [head + cliff, sea + waves, beach], {"air": _air(0), "water": Zone(40, 216, 140, 176, 1, 0.6, 1.0, 0.15),
        "land": Zone(34, 222, 214, 246, 2, 0.8, 1.0, 0.0)}
    )  # fmt: skip


@scenery
def mountain_lake(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = peaks(
        light, rng, 140, float(rng.uniform(84, 108)), "#7d8bb0", 0.35, 0.5 if season == "winter" else 0.34
    ) + peaks(light, rng, 142, 52, "#64809a", 0.2, 0.2 if season == "winter" else 0.0, 5)
    bank = hill_line(rng, 137, 2.5)
    shore = hill(bank, lit(light, GRASS[season][1], 0.3), 150) + far_trees(light, rng, bank, season, 0.25, 13, 26, 0.75)
    lake = water(light, rng, 142, 232, t)
    mirror = group(
        "".join(
            poly([(x, 142), (x + 5, 142), (x + 2.5, 142 + h)], lit(light, "#2f6a55", 0.3))
            for x, h in zip(rng.uniform(0, 250, 18), rng.uniform(8, 20, 18), strict=True)
        ),
        opacity="0.35",
    )
    ground, _ = meadow(light, rng, 218, season, 7, 0.05)
    reeds = stroke(
        "".join(
            f"M{n(x)} 256q{n(s)} -14 {n(s * 1.6)} {n(-h)}"
            for x, s, h in zip(
                rng.choice([8, 14, 20, 27, 236, 242, 250], 7),
                rng.uniform(-4, 4, 7),
                rng.uniform(20, 36, 7),
                strict=True,
            )
        ),
        lit(light, dark(GRASS[season][1], 0.4)),
        1.8,
    )
    return (
        [far, shore, lake + mirror, ground, reeds], {"air": _air(1, 84),
        "water": Zone(40, 216, 160, 204, 2, 0.6, 1.0, 0.12), "land": Zone(36, 220, 226, 248, 3, 0.85, 1.0, 0.0)}
    )  # fmt: skip


@scenery
def forest(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    parts = [box(0, 60, 256, 196, glow(light.haze), opacity="0.5")]
    floor_far, floor_near = GRASS[season] if season in ("winter", "autumn") else ("#8fb368", "#3f7d48")
    for depth, base, size, count in ((0.6, 150, 92, 13), (0.4, 166, 124, 9)):
        line = hill_line(rng, base, 4)
        for x in np.sort(rng.uniform(-10, 266, count)):
            parts.append(_tall(light, rng, float(x), at(line, float(x)) + 3, size, season, depth))
        parts.append(hill(line, lit(light, mix(floor_far, floor_near, 1 - depth), depth * 0.7)))
    near = hill_line(rng, 188, 5)
    define, url = shaded(light, floor_far, floor_near, 0.2)
    path_x = float(rng.uniform(96, 160))
    trail = (
        path(f"M{n(path_x - 5)} 186C{n(path_x + 30)} 206 {n(path_x - 60)} 226 {n(path_x - 46)} 262L{n(path_x + 50)}"
        f" 262C{n(path_x + 26)} 226 {n(path_x + 50)} 204 {n(path_x + 7)} 186z",
        lit(light, "#e6edf5" if season == "winter" else "#c9a878", 0.1), opacity="0.75")
    )  # fmt: skip
    front = (
        define
        + hill(near, url)
        + trail
        + tufts(light, rng, 200, 254, mix(floor_near, "#1f4a34", 0.4) if season != "winter" else "#a9bccf", 26, season)
    )
    rays = ""
    if light.sun_shows and light.time in ("dawn", "golden hour", "noon"):
        shine, url = gradient([(0, glow(light.sun), 0.5), (1, glow(light.sun), 0)])
        rays = shine + "".join(
            poly(
                [
                    (light.x - 6 + k * 22, 0),
                    (light.x + 8 + k * 22, 0),
                    (light.x + 60 + k * 44, 210),
                    (light.x + 20 + k * 44, 210),
                ],
                url,
                opacity="0.6",
            )
            for k in (-3, -1, 1)
        )
    frame = "".join(_tall(light, rng, x, 262, 300, season, -0.0) for x in (-8.0, 264.0))
    return ["".join(parts), rays + front, frame], {
        "air": _air(0, 120),
        "land": Zone(44, 212, 198, 244, 1, 0.62, 1.0, 0.1),
    }


def _tall(light: Light, rng: np.random.Generator, x: float, y: float, size: float, season: str, depth: float) -> str:
    """A tall woodland tree: a pine, or a trunk with its crown out of sight above."""
    h = size * float(rng.uniform(0.85, 1.2))
    if rng.random() < 0.5:
        green = mix("#2a6652", "#eef3fa", 0.4 if season == "winter" else 0.0)
        tiers = "".join(
            poly(
                [
                    (x, y - h + h * 0.2 * i),
                    (x + h * (0.1 + 0.045 * i), y - h * 0.55 + h * 0.17 * i),
                    (x - h * (0.1 + 0.045 * i), y - h * 0.55 + h * 0.17 * i),
                ],
                lit(light, mix(green, "#12383a", 0.12 * (2 - i)), depth),
            )
            for i in (2, 1, 0)
        )
        return box(x - h * 0.014, y - h * 0.25, h * 0.028, h * 0.25, lit(light, "#6b4a3a", depth)) + tiers
    leaf = LEAVES[season][int(rng.integers(2))]
    trunk = path(
        f"M{n(x - h * 0.03)} {n(y)}L{n(x - h * 0.014)} {n(y - h * 0.8)}h{n(h * 0.028)}L{n(x + h * 0.034)} {n(y)}z",
        lit(light, "#6e5042", depth),
    )
    if season == "winter":
        return (
            trunk + stroke(f"M{n(x)} {n(y - h * 0.45)}l{n(h * 0.1)} {n(-h * 0.2)}M{n(x)} {n(y - h * 0.55)}l"
            f"{n(-h * 0.1)} {n(-h * 0.2)}M{n(x)} {n(y - h * 0.7)}l{n(h * 0.06)} {n(-h * 0.18)}",
            lit(light, "#6e5042", depth), h * 0.014)
        )  # fmt: skip
    return trunk + "".join(
        disc(x + dx * h, y - h * (0.72 + dy), h * r, lit(light, mix(leaf, "#1f4a34", k), depth))
        for dx, dy, r, k in ((-0.08, 0.0, 0.12, 0.2), (0.09, 0.02, 0.12, 0.15), (0.0, 0.14, 0.14, 0.0))
    )


@scenery
def desert(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    mesas = []
    for x in rng.uniform(10, 246, 3):
        w, h = float(rng.uniform(22, 50)), float(rng.uniform(20, 48))
        mesas.append(
            path(
                f"M{n(x - w * 0.75)} 142L{n(x - w * 0.5)} {n(142 - h)}H{n(x + w * 0.45)}L{n(x + w * 0.8)} 142z",
                lit(light, "#c47a55", 0.5),
            )
            + path(
                f"M{n(x + w * 0.1)} {n(142 - h)}H{n(x + w * 0.45)}L{n(x + w * 0.8)} 142H{n(x + w * 0.2)}z",
                lit(light, "#a45f4c", 0.5),
            )
        )
    layers = ["".join(mesas) + _dune(light, rng, 146, 9, "#e9b878", 0.35) + _dune(light, rng, 164, 12, "#e8b06a", 0.18)]
    front = _dune(light, rng, 192, 12, "#e6a95f", 0.0) + stroke(
        "".join(
            f"M{n(x)} {n(y)}q9-3.4 18 0t18 0"
            for x, y in zip(rng.uniform(-10, 230, 9), rng.uniform(212, 252, 9), strict=True)
        ),
        lit(light, "#c98a4a"),
        1.1,
        opacity="0.6",
    )
    return [layers[0], front], {"air": _air(0, 110), "land": Zone(36, 220, 202, 244, 1, 0.66, 1.0, 0.08)}


def _dune(light: Light, rng: np.random.Generator, y: float, height: float, colour: str, depth: float) -> str:
    line, base = hill_line(rng, y, height, 1.1), float(rng.uniform(0, 6))
    define, url = shaded(light, pale(colour, 0.12), dark(colour, 0.14), depth, depth * 0.6)
    lee = [(x, y + (3 + 0.10 * height * (1 + math.sin(x / 26 + base)))) for x, y in line]
    shade = path(
        f"M-16 {n(line[0][1])}{curve(line)}{_back(lee)}z", lit(light, pale(colour, 0.45), depth), opacity="0.55"
    )
    return define + hill(line, url) + shade


def _back(line: list[tuple[float, float]]) -> str:
    """A line drawn from right to left, to close a band."""
    return "".join(f"L{n(x)} {n(y)}" for x, y in reversed(line))


@scenery
def canyon(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    hues = ("#b9604a", "#cf7a52", "#a5503f", "#dd9462", "#c26b4c")

    def wall(side: int, depth: float, reach: float, top: float) -> str:
        parts, x0, y = [], 128 + side * 140, top
        widths = [reach * float(rng.uniform(0.55, 0.8))]
        while y < 232:
            step, inner = float(rng.uniform(11, 24)), widths[-1]
            outer = inner + float(rng.uniform(-2, 9))
            colour = hues[int(rng.integers(5))]
            parts.append(
                poly(
                    [
                        (x0, y),
                        (128 + side * (128 - inner), y),
                        (128 + side * (128 - outer), y + step + 0.5),
                        (x0, y + step + 0.5),
                    ],
                    lit(light, colour, depth),
                )
            )
            parts.append(
                poly(
                    [
                        (128 + side * (128 - inner), y),
                        (128 + side * (128 - outer), y + step + 0.5),
                        (128 + side * (134 - outer * 0.8), y + step + 0.5),
                        (128 + side * (132 - inner * 0.8), y),
                    ],
                    lit(light, (pale if (light.x - 128) * side < 0 else dark)(colour, 0.22), depth),
                )
            )
            widths.append(outer)
            y += step
        return "".join(parts)

    far = wall(-1, 0.45, 124, 104) + wall(1, 0.45, 120, 98) + ridge(light, rng, 160, 6, "#c98a5c", 0.4)
    mid = wall(-1, 0.12, 92, float(rng.uniform(58, 84))) + wall(1, 0.12, 88, float(rng.uniform(58, 84)))
    define, url = shaded(light, "#e3a873", "#bd7648", 0.15)
    floor = define + hill(hill_line(rng, 186, 4), url)
    river = (
        water_ribbon(light, "M120 183C150 196 84 206 116 222C140 234 128 246 110 262L168 262C176 240 172 232 148 220"
        "C112 204 170 196 130 183z")
    )  # fmt: skip
    dots = "".join(
        oval(float(rng.uniform(0, 256)), float(rng.uniform(200, 252)), 2.4, 1.2, lit(light, "#9a5a3c"))
        for _ in range(10)
    )
    return [far, mid, floor + river + dots], {"air": _air(1, 100), "land": Zone(48, 208, 200, 244, 2, 0.68, 1.0, 0.1)}


def water_ribbon(light: Light, d: str) -> str:
    """A stream along a path: sky above, deep below."""
    far, near = glow(mix(light.on("#7cc4d8"), light.sky[2], 0.5)), glow(mix(light.on("#2b86ad"), light.sky[0], 0.3))
    define, url = gradient([(0, far, 1), (1, near, 1)])
    return define + path(d, url)


@scenery
def village_street(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = ridge(light, rng, 132, 14, LEAVES[season][1], 0.5) + far_trees(
        light, rng, hill_line(rng, 146, 3), season, 0.35, 16, 14, 0.3
    )
    row, x = [], -14.0
    walls = ("#f4e3c3", "#e9b98c", "#d98a70", "#b9cfd3", "#f0cf7c", "#dba9a0", "#9fbfb4", "#f3efe6")
    while x < 262:
        w, h = float(rng.uniform(32, 48)), float(rng.uniform(46, 74))
        wall, roof = (
            walls[int(rng.integers(len(walls)))],
            ("#a3503f", "#83474a", "#5f6478", "#b0653f")[int(rng.integers(4))],
        )
        roof = mix(roof, "#f4f7fc", 0.85) if season == "winter" else roof
        y = 196.0
        gable = rng.random() < 0.5
        top = (
            poly([(x - 2, y - h), (x + w / 2, y - h - w * 0.48), (x + w + 2, y - h)], lit(light, roof, 0.12))
            if gable
            else poly(
                [(x - 2, y - h), (x + 4, y - h - 15), (x + w - 4, y - h - 15), (x + w + 2, y - h)],
                lit(light, roof, 0.12),
            )
        )
        row.append(
            top
            + box(x, y - h, w, h, lit(light, wall, 0.1))
            + box(x + w * 0.72, y - h, w * 0.28, h, lit(light, dark(wall, 0.1), 0.1))
        )
        pane = "rgb(255,214,120)" if light.lamps else lit(light, "#5f7d97", 0.1)
        shutter = lit(light, ("#3f7d6e", "#8a4a4a", "#3f5f8f", "#6b4a33")[int(rng.integers(4))], 0.1)
        for j in range(2 if h > 58 else 1):
            for dx in (0.28, 0.72):
                wx, wy = x + w * dx, y - h + 9 + 21 * j
                row.append(box(wx - 6.4, wy, 12.8, 12, shutter) + box(wx - 3.6, wy, 7.2, 12, pane))
        row.append(
            box(x + w * 0.42, y - 19, w * 0.2, 19, shutter, 1)
            + (box(x + w * 0.1, y - 20, w * 0.24, 12, pane) if w > 38 else "")
        )
        x += w - 0.6
    define, url = shaded(
        light, "#eef3fa" if season == "winter" else "#cbb9a2", "#d4deea" if season == "winter" else "#94806e", 0.1
    )
    cobbles = stroke(
        "".join(
            f"M{n(x)} {n(y)}q{n(3 + (y - 196) / 12)} -2 {n(6 + (y - 196) / 6)} 0"
            for x, y in zip(rng.uniform(-5, 250, 44), 199 + 56 * rng.random(44), strict=True)
        ),
        lit(light, "#b9c8da" if season == "winter" else "#77665a"),
        1,
        opacity="0.6",
    )
    street = (
        define
        + box(0, 195, 256, 64, url)
        + box(0, 194, 256, 4, lit(light, "#e6dccb" if season != "winter" else "#ffffff", 0.1))
        + cobbles
    )
    return [far, "".join(row) + street], {"air": _air(0, 84), "land": Zone(34, 222, 206, 246, 1, 0.78, 1.0, 0.0)}


@scenery
def city(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = skyline(light, rng, 170, 128, "#8fa3c4", 0.6) + skyline(light, rng, 178, 96, "#7a8db4", 0.38)
    near = skyline(light, rng, 192, 66, "#6a789c", 0.14)
    trees = far_trees(light, rng, [(-20, 197), (280, 197)], season, 0.05, 17, 11, 0.0)
    walk = box(0, 194, 256, 16, lit(light, "#d9d3c8" if season != "winter" else "#eef2f7")) + box(
        0, 208, 256, 3, lit(light, "#a59f98")
    )
    define, url = shaded(light, "#6d6f7c", "#4a4b58", 0.08)
    marks = "".join(box(x, 230, 22, 2.6, lit(light, "#f2ead2"), opacity="0.85") for x in range(-8, 260, 46))
    wet = (
        "".join(box(x, 214, 6, 34, "rgb(255,214,120)", 3, opacity="0.1") for x in rng.uniform(0, 250, 7))
        if light.lamps
        else ""
    )
    return [far, near + trees + walk + define + box(0, 211, 256, 48, url) + marks + wet], {
        "air": _air(0, 84), "land": Zone(36, 220, 206, 248, 1, 0.8, 1.0, 0.0),
    }  # fmt: skip


@scenery
def farm(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = ridge(light, rng, 130, 12, LEAVES[season][1], 0.55) + ridge(light, rng, 144, 9, GRASS[season][1], 0.38)
    line = hill_line(rng, 150, 5)
    crops = {
        "spring": ("#9acb5e", "#c9e08a"),
        "summer": ("#e6c04f", "#f3d97a"),
        "autumn": ("#b9863f", "#d6a95a"),
        "winter": ("#e9eff7", "#cfdbe8"),
    }[season]
    vanish = (float(rng.uniform(90, 166)), 140.0)
    define, url = shaded(light, crops[1], crops[0], 0.3, 0.05)
    rows = "".join(
        poly(
            [
                (vanish[0] + (k - 0.22) * 6, 152),
                (vanish[0] + (k + 0.22) * 6, 152),
                (vanish[0] + (k + 0.3) * 34, 214),
                (vanish[0] + (k - 0.3) * 34, 214),
            ],
            lit(light, dark(crops[0], 0.16), 0.15),
            opacity="0.55",
        )
        for k in range(-9, 10)
    )
    mid = (
        define
        + hill(line, url)
        + rows
        + far_trees(light, rng, [(x, y + 1) for x, y in line], season, 0.3, 13, 10, 0.1)
        + far_houses(light, rng, line, 0.3, 14, 2, (40, 216), season)
    )
    ground, _ = meadow(light, rng, 206, season, 6, 0.1)
    return [far, mid, ground], {"air": _air(0, 96), "land": Zone(36, 220, 208, 246, 2, 0.76, 1.0, 0.0)}


@scenery
def harbour(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    line = [(-20.0, 140.0), (280.0, 140.0)]
    town = (
        ridge(light, rng, 116, 13, "#6f9478", 0.5)
        + far_houses(
            light, rng, [(x, 118 + 3 * math.sin(x / 30)) for x in range(-20, 281, 20)], 0.42, 15, 11, (0, 256), season
        )
        + box(0, 124, 256, 20, lit(light, "#8fa08a", 0.4))
        + far_houses(light, rng, line, 0.25, 20, 11, (0, 256), season)
    )
    sea = box(0, 140, 256, 5, lit(light, "#8a8078", 0.2)) + water(light, rng, 144, 232, t)
    echo = "".join(
        box(
            x,
            145,
            9,
            float(rng.uniform(10, 26)),
            "rgb(255,214,120)" if light.lamps else lit(light, c, 0.2),
            2,
            opacity="0.22",
        )
        for x, c in zip(
            rng.uniform(0, 248, 10), ("#f3e6cf", "#d99a7c", "#f0d58c", "#c9d6d9", "#d7a9a4") * 2, strict=True
        )
    )
    define, url = shaded(
        light, "#b9aa98" if season != "winter" else "#eef2f7", "#8d7d70" if season != "winter" else "#cdd8e4", 0.05
    )
    seams = stroke(
        "M0 236H256M30 222V236M84 222V236M150 222V236M214 222V236M56 236V256M120 236V256M184 236V256M240 236V256",
        lit(light, "#6f6158"),
        1,
        opacity="0.5",
    )
    bollards = "".join(
        box(x, 212, 7, 12, lit(light, "#3f4350"), 2) + box(x - 1.5, 210, 10, 4, lit(light, "#3f4350"), 2)
        for x in (22.0, 228.0)
    )
    quay = define + box(0, 220, 256, 40, url) + box(0, 219, 256, 3.4, lit(light, "#d9cbb8")) + seams + bollards
    return [town, sea + echo, quay], {
        "air": _air(0, 90),
        "water": Zone(44, 212, 166, 212, 1, 0.7, 1.0, 0.08),
        "land": Zone(40, 216, 230, 249, 2, 0.85, 1.0, 0.0),
    }


@scenery
def snowfield(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = peaks(light, rng, 150, 84, "#8796b8", 0.45, 0.6)
    mid = []
    for y, depth in ((148, 0.4), (168, 0.2)):
        line = hill_line(rng, y, 9)
        define, url = shaded(light, "#f6f9fd", "#d3e0ef", depth, depth * 0.7)
        mid.append(
            define + hill(line, url) + far_trees(light, rng, line, "winter", depth, 15 + 30 * (0.4 - depth), 9, 1.0)
        )
    define, url = shaded(light, "#fbfcfe", "#cddcee", 0.08)
    drift = stroke(
        "".join(
            f"M{n(x)} {n(y)}q14-5 30 0" for x, y in zip(rng.uniform(-10, 230, 8), rng.uniform(208, 250, 8), strict=True)
        ),
        lit(light, "#b4c8e0"),
        1.4,
        opacity="0.6",
    )
    return [far, "".join(mid), define + hill(hill_line(rng, 194, 8, 1.1), url) + drift], {
        "air": _air(0, 100),
        "land": Zone(36, 220, 204, 246, 2, 0.68, 1.0, 0.05),
    }


@scenery
def island(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    isle = ridge(light, rng, 122, 5, "#7fa3a8", 0.7)
    sea = water(light, rng, 124, 262, t, ("#8fd8d8", "#138aa8"))
    x = float(rng.uniform(104, 152))
    define, url = shaded(light, "#f6e2b0", "#e0bd80", 0.08)
    sand = (
        oval(x, 180, 92, 19, lit(light, "#bfeae2", 0.05), opacity="0.8") + define + path(f"M{n(x - 82)} 180C"
        f"{n(x - 60)} 160 {n(x - 26)} 154 {n(x)} 153C{n(x + 30)} 153 {n(x + 62)} 162 {n(x + 82)} 180C{n(x + 50)} 190 "
        f"{n(x - 50)} 190 {n(x - 82)} 180z", url)
    )  # fmt: skip
    green = (
        path(f"M{n(x - 58)} 168C{n(x - 30)} 146 {n(x + 34)} 146 {n(x + 58)} 168C{n(x + 20)} 160 {n(x - 20)} 160 "
        f"{n(x - 58)} 168z", lit(light, "#6bab58", 0.1))
    )  # fmt: skip
    palms = "".join(
        light.on(place(sprite("palm tree", "green", 0.1 + t * 0.3 + i / 5), x + dx, 163 + dy, s, dx < 0), 0.06)
        for i, (dx, dy, s) in enumerate(((-38, 2, 48), (42, 3, 42), (-22, -2, 36)))
    )
    return (
        [isle, sea, sand + green + palms], {"air": _air(0, 88),
        "land": Zone(x - 44, x + 48, 166, 182, 2, 0.62, 0.7, 0.0), "water": Zone(40, 216, 204, 240, 2, 0.8, 1.0, 0.0)}
    )  # fmt: skip


@scenery
def park(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = skyline(light, rng, 152, 62, "#93a4c0", 0.62)
    line = hill_line(rng, 156, 4)
    mid = hill(line, lit(light, GRASS[season][0], 0.3)) + far_trees(light, rng, line, season, 0.28, 30, 13, 0.15)
    near, _ = meadow(light, rng, 178, season, 5, 0.18)
    side = 1 if rng.random() < 0.5 else -1
    walk = (
        path(f"M{128 + side * 30} 176C{128 - side * 70} 196 {128 + side * 70} 214 {128 - side * 30} 262L"
        f"{128 + side * 64} 262C{128 + side * 110} 220 {128 - side * 20} 198 {128 + side * 40} 176z",
        lit(light, "#e9dcc0" if season != "winter" else "#e3eaf3", 0.05))
    )  # fmt: skip
    return [far, mid, near + walk], {"air": _air(0, 84), "land": Zone(36, 220, 194, 246, 2, 0.66, 1.0, 0.08)}


@scenery
def night_market(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = skyline(light, rng, 176, 88, "#5f5a86", 0.4)
    hues = ("red", "yellow", "teal", "purple", "orange", "blue", "pink", "green")
    stalls = []
    for base, size, xs in ((182, 40, (20, 66, 112, 158, 204, 248)), (196, 62, (-6, 262))):
        stalls += [
            light.on(
                place(
                    sprite("market stall", hues[int(rng.integers(8))], 0, light.lamps),
                    x + float(rng.uniform(-4, 4)),
                    base,
                    size,
                ),
                0.1,
            )
            for x in xs
        ]
    strings = []
    for y0, y1, sag in ((52, 40, 40), (88, 74, 36)):
        d = f"M-6 {y0}Q128 {y0 + y1 + sag - 40} 262 {y0 - 6}"
        strings.append(stroke(d, lit(light, "#4a4058"), 1.1))
        for k in range(9):
            u = (k + 0.5) / 9
            bx, by = (
                -6 * (1 - u) ** 2 + 256 * u * (1 - u) + 262 * u * u,
                y0 * (1 - u) ** 2 + 2 * u * (1 - u) * (y0 + y1 + sag - 40) + (y0 - 6) * u * u,
            )
            hue = ("rgb(255,120,80)", "rgb(255,205,90)", "rgb(255,160,120)")[k % 3]
            strings.append(halo(bx, by + 5, 13, hue, 0.6) + oval(bx, by + 6, 4.4, 5.2, hue))
    define, url = shaded(light, "#a58a80", "#6a5660", 0.1)
    warm, pool = gradient([(0, "rgb(255,190,100)", 0.42), (1, "rgb(255,190,100)", 0)], radial=True)
    street = define + box(0, 180, 256, 80, url) + warm + oval(128, 206, 150, 40, pool)
    return [far, street + "".join(stalls), "".join(strings)], {
        "air": _air(2, 130),
        "land": Zone(40, 216, 208, 247, 1, 0.8, 1.0, 0.0),
    }


@scenery
def room(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    tones = (
        ("#d9a98a", "#b9785c"),
        ("#a9c4b4", "#6f9484"),
        ("#e3cba0", "#b9975f"),
        ("#b9b4d4", "#837bab"),
        ("#e0b4b0", "#b07a7a"),
        ("#9fbccd", "#5f86a0"),
    )
    wall, trim = tones[int(rng.integers(len(tones)))]
    dim = {"night": 0.34, "dusk": 0.2}.get(light.time, 0.04)

    def inside(c: str) -> str:
        return glow(mix(c, "#2a1c3c", dim))

    x, y, w, h = float(rng.uniform(58, 104)), 34.0, 94.0, 96.0
    view = (
        ridge(light, rng, 104, 9, LEAVES[season][1], 0.5)
        + far_trees(light, rng, hill_line(rng, 118, 3), season, 0.3, 16, 14, 0.3)
        + hill(hill_line(rng, 120, 3), lit(light, GRASS[season][1], 0.2))
    )
    hole = f"M-2 -2H258V258H-2zM{n(x)} {n(y)}v{h}h{w}v{-h}z"
    bars = (
        stroke(f"M{n(x + w / 2)} {y}v{h}M{n(x)} {n(y + h * 0.42)}h{w}", inside("#f7f0e0"), 3)
        + stroke(f"M{n(x)} {y}h{w}v{h}h{-w}z", inside("#f7f0e0"), 5)
        + box(x - 6, y + h, w + 12, 5, inside("#f7f0e0"), 1)
    )
    curtain = inside(("#c8574a", "#4f7fae", "#e0a83a", "#5a9a72", "#9a6aa8")[int(rng.integers(5))])
    drapes = stroke(f"M{n(x - 24)} {y - 8}h{w + 48}", inside("#6b4a33"), 3) + "".join(
        path(
            f"M{n(cx)} {y - 7}h{20 * s}C{n(cx + 18 * s)} 70 {n(cx + 10 * s)} 90 {n(cx + 13 * s)} 146h{-16 * s}z",
            curtain,
        )
        for cx, s in ((x - 20, 1), (x + w + 20, -1))
    )
    boards = inside("#a8743f")
    floor = (
        box(0, 184, 256, 74, boards) + stroke("M0 200H256M0 220H256M0 242H256M40 184V200M150 184V200M90 200V220M210"
        " 200V220M30 220V242M130 220V242M230 220V242", inside("#7f5430"), 1.2, opacity="0.6")
        + box(0, 178, 256, 7, inside(trim))
    )  # fmt: skip
    rug = oval(128, 228, 96, 20, inside(("#c8574a", "#3f7fa0", "#d9a441", "#7a5aa0")[int(rng.integers(4))])) + oval(
        128, 228, 82, 16, "none", stroke=inside("#f3e3c3"), stroke_width=2.4
    )
    frame = (
        (
            stroke(f"M{n(x - 44)} 60h22v28h-22z", inside("#6b4a33"), 3)
            + box(x - 43, 61, 20, 26, inside("#f3e6cf"))
            + poly([(x - 42, 86), (x - 34, 70), (x - 26, 86)], inside("#6f9484"))
        )
        if x > 76
        else (
            stroke(f"M{n(x + w + 30)} 58h26v32h-26z", inside("#6b4a33"), 3)
            + box(x + w + 31, 59, 24, 30, inside("#f3e6cf"))
            + disc(x + w + 43, 72, 7, inside("#d9774a"))
        )
    )
    beam = ""
    if light.sun_shows and light.time != "night":
        beam = poly([(x, 200), (x + w, 200), (x + w + 34, 250), (x + 14, 250)], glow(light.sun), opacity="0.2")
    glowing = halo(128, 120, 170, "rgb(255,190,110)", 0.2) if light.lamps else ""
    return [
        view,
        path(hole, inside(wall), fill_rule="evenodd") + bars + drapes + frame + floor + rug + beam + glowing,
    ], {"floor": Zone(32, 224, 200, 246, 1, 0.85, 1.0, 0.0), "air": Zone(60, 196, 40, 90, 0, 0.5, 0.6, 0.3)}


@scenery
def meadow_hills(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = ridge(light, rng, 118, 14, "#7a94b0", 0.6) + ridge(light, rng, 136, 12, LEAVES[season][1], 0.45)
    line = hill_line(rng, 156, 10, 1.4)
    define, url = shaded(light, *GRASS[season], 0.3, 0.12)
    mid = define + hill(line, url) + far_trees(light, rng, line, season, 0.28, 15, 9, 0.25)
    near, _ = meadow(light, rng, 188, season, 9, 0.12)
    bloom = {
        "spring": ("#f2a9c4", "#f7f0f4", "#f7dd6b"),
        "summer": ("#e0564c", "#f7dd6b", "#8f7fd0"),
        "autumn": ("#c9632f", "#e3a53a"),
        "winter": ("#ffffff",),
    }[season]
    flowers = "".join(
        disc(float(rng.uniform(0, 256)), y, 0.8 + (y - 196) / 42, lit(light, bloom[i % len(bloom)]))
        for i, y in enumerate(np.sort(rng.uniform(198, 254, 46)))
    )
    return [far, mid, near + flowers], {"air": _air(0, 104), "land": Zone(36, 220, 200, 246, 2, 0.66, 1.0, 0.06)}


@scenery
def river_valley(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = peaks(light, rng, 134, 60, "#8094b4", 0.5, 0.3 if season != "winter" else 0.5, 4) + ridge(
        light, rng, 136, 12, LEAVES[season][1], 0.4
    )
    line = hill_line(rng, 146, 3)
    define, url = shaded(light, *GRASS[season], 0.35)
    bank = define + hill(line, url) + far_trees(light, rng, line, season, 0.25, 17, 16, 0.5)
    d = (
        "M150 146C190 152 96 160 104 172C112 186 150 190 74 262L262 262V206C214 194 190 186 184 176C176 164 214 154"
        " 160 146z"
    )  # fmt: skip
    rim = stroke(d, lit(light, "#e6d6a8" if season != "winter" else "#ffffff", 0.1), 3, opacity="0.7")
    ripples = stroke(
        "".join(
            f"M{n(x)} {n(y)}h{n(8 + (y - 190) / 5)}"
            for x, y in zip(rng.uniform(150, 240, 12), rng.uniform(196, 252, 12), strict=True)
        ),
        lit(light, "#e6f6fa"),
        1.1,
        opacity="0.55",
    )
    tuft = tufts(
        light, rng, 190, 254, mix(GRASS[season][1], "#1f5a34" if season != "winter" else "#9fb4cc", 0.35), 12, season
    )
    return [far, bank + tuft + rim + water_ribbon(light, d) + ripples], {
        "air": _air(0, 92),
        "water": Zone(150, 234, 206, 242, 1, 0.66, 0.9, 0.0),
        "land": Zone(22, 96, 190, 230, 1, 0.72, 0.95, 0.0),
    }


@scenery
def waterfall(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = peaks(light, rng, 130, 70, "#8296b0", 0.55, 0.25, 3)
    x, w = float(rng.uniform(84, 172)), float(rng.uniform(26, 40))
    rock = "#7a7f88"
    top = hill_line(rng, 84, 7)
    define, url = shaded(light, pale(rock, 0.1), dark(rock, 0.25), 0.2, 0.08)
    cracks = stroke(
        "".join(
            f"M{n(cx)} {n(cy)}l{n(float(rng.uniform(-5, 5)))} {n(float(rng.uniform(12, 26)))}"
            for cx, cy in zip(rng.uniform(0, 256, 16), rng.uniform(98, 160, 16), strict=True)
        ),
        lit(light, dark(rock, 0.4), 0.1),
        1.4,
        opacity="0.6",
    )
    moss = hill([(px, py - 4) for px, py in top], lit(light, GRASS[season][1], 0.2), 262)
    cliff = (
        moss
        + define
        + hill([(px, py + 5) for px, py in top], url)
        + cracks
        + far_trees(light, rng, [(px, py - 3) for px, py in top], season, 0.2, 20, 13, 0.6)
    )
    y = at(top, x) + 2
    flow, stream = gradient([(0, lit(light, "#cfeaf4"), 1), (1, lit(light, "#f4fbfd"), 1)])
    fall = (
        flow + path(f"M{n(x - w / 2)} {n(y)}h{n(w)}C{n(x + w * 0.55)} 130 {n(x + w * 0.62)} 160 {n(x + w * 0.7)} 186H"
        f"{n(x - w * 0.7)}C{n(x - w * 0.62)} 160 {n(x - w * 0.55)} 130 {n(x - w / 2)} {n(y)}z", stream)
    )  # fmt: skip
    lines = stroke(
        "".join(
            f"M{n(x + w * u)} {n(y + 4 + (37 * abs(u) + t * 90 + k * 41) % 96)}v{n(16)}"
            for k, u in enumerate((-0.4, -0.22, -0.05, 0.12, 0.3, 0.42))
        ),
        lit(light, "#8fc4da"),
        1.8,
        opacity="0.7",
    )
    pool = water(light, rng, 180, 262, t, ("#9fd8d8", "#1f8a9a"))
    spray, mist = gradient([(0, lit(light, "#ffffff"), 0.9), (1, lit(light, "#ffffff"), 0)], radial=True)
    ground = hill(
        [(float(px), 236 - 0.0011 * (px - 128) ** 2 + 4 * math.sin(px / 22)) for px in range(-16, 273, 16)],
        lit(light, GRASS[season][1]),
    )
    return (
        [far, cliff + fall + lines, pool + spray + oval(x, 184, w * 1.5, 13, mist), ground
        + tufts(light, rng, 238, 254, dark(GRASS[season][1], 0.3), 16, season)],
        {"air": _air(0, 76), "water": Zone(44, 212, 198, 222, 2, 0.75, 0.95, 0.0),
        "land": Zone(32, 224, 238, 249, 3, 0.85, 0.95, 0.0)}
    )  # fmt: skip


@scenery
def coral_reef(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    tones = {
        "night": ("#1f4a80", "#0a1c44"),
        "dusk": ("#5f6aa8", "#1f2a66"),
        "golden hour": ("#7fd0c0", "#1a7a96"),
        "dawn": ("#8fc8dc", "#2a6ea0"),
    }.get(light.time, ("#6fdcea", "#0f6aa8"))
    define, url = gradient([(0, glow(tones[0]), 1), (0.7, glow(mix(*tones, 0.75)), 1), (1, glow(tones[1]), 1)])
    shine, ray = gradient([(0, "rgb(255,255,255)", 0.5), (1, "rgb(255,255,255)", 0)])
    rays = "".join(
        poly(
            [(a, -4), (a + 16, -4), (a + 50 + 5 * math.sin(t + a), 200), (a - 4 + 5 * math.sin(t + a), 200)],
            ray,
            opacity="0.4",
        )
        for a in rng.uniform(-20, 210, 5)
    )
    blue = mix(*tones, 0.6)

    def tone(c: str, d: float) -> str:
        return glow(mix(c, blue, d))

    reefs = "".join(
        hill(hill_line(rng, yy, hh), tone(c, d))
        for yy, hh, c, d in ((164, 16, "#3f7a9a", 0.6), (186, 13, "#4a7f96", 0.42))
    )
    sand, floor = gradient([(0, tone("#e9d6a8", 0.45), 1), (1, tone("#d9b880", 0.25), 1)])
    bed = sand + hill(hill_line(rng, 208, 6), floor)
    corals = "".join(
        group(place(sprite("coral", c, 0.0), x, 216 + dy, s), opacity="0.85")
        for x, c, dy, s in zip(
            rng.uniform(0, 256, 4),
            ("pink", "orange", "purple", "red"),
            rng.uniform(-6, 4, 4),
            rng.uniform(18, 30, 4),
            strict=True,
        )
    )
    weeds = "".join(
        place(sprite("seaweed", c, t * 0.5 + i / 3), x, 262, s)
        for i, (x, c, s) in enumerate(((8, "teal", 70), (30, "green", 46), (248, "green", 64)))
    )
    bubbles = "".join(
        disc(
            float(bx),
            (float(by) - t * 22) % 210,
            float(br),
            "none",
            stroke="rgb(225,245,255)",
            stroke_width=0.9,
            opacity="0.8",
        )
        for bx, by, br in zip(
            rng.uniform(10, 246, 14), rng.uniform(20, 210, 14), rng.uniform(1.2, 3.2, 14), strict=True
        )
    )
    return [define + box(0, 0, 256, 256, url) + shine + rays + reefs, bed + corals + bubbles, weeds], {
        "swim": Zone(44, 212, 60, 160, 1, 0.8, 1.0, 0.0), "seabed": Zone(40, 216, 218, 246, 1, 0.8, 1.0, 0.0),
    }  # fmt: skip


@scenery
def vineyard(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = ridge(light, rng, 122, 15, "#8a9ab4", 0.6) + ridge(light, rng, 140, 12, LEAVES[season][0], 0.42)
    line = hill_line(rng, 150, 6)
    earth = "#c9a06a" if season != "winter" else "#eef2f7"
    define, url = shaded(light, pale(earth, 0.2), earth, 0.3, 0.05)
    leaf = {"spring": "#9ccb62", "summer": "#5f9f4a", "autumn": "#cf6f35", "winter": "#9a8468"}[season]
    vx = float(rng.uniform(80, 176))
    rows = "".join(
        poly(
            [
                (vx + (k - 0.3) * 7, 154),
                (vx + (k + 0.3) * 7, 154),
                (vx + (k + 0.34) * 42, 212),
                (vx + (k - 0.34) * 42, 212),
            ],
            lit(light, leaf, 0.15),
        )
        + poly(
            [
                (vx + (k + 0.05) * 7, 154),
                (vx + (k + 0.3) * 7, 154),
                (vx + (k + 0.34) * 42, 212),
                (vx + (k + 0.1) * 42, 212),
            ],
            lit(light, dark(leaf, 0.22), 0.12),
        )
        for k in range(-7, 8)
    )
    mid = (
        define
        + hill(line, url)
        + far_houses(light, rng, line, 0.3, 16, 2, (30, 226), season)
        + "".join(
            light.on(place(sprite("poplar", "green", t * 0.2), x, at(line, x) + 2, 30), 0.3)
            for x in (float(rng.uniform(20, 90)), float(rng.uniform(160, 236)))
        )
        + rows
    )
    near, _ = meadow(light, rng, 208, season, 5, 0.08)
    return [far, mid, near], {"air": _air(0, 96), "land": Zone(36, 220, 212, 246, 2, 0.8, 1.0, 0.0)}


@scenery
def railway(light: Light, season: str, rng: np.random.Generator, t: float) -> Drawing:
    far = ridge(light, rng, 122, 16, "#7f93ae", 0.6) + ridge(light, rng, 142, 12, LEAVES[season][1], 0.45)
    line = hill_line(rng, 160, 7)
    define, url = shaded(light, *GRASS[season], 0.3, 0.1)
    mid = define + hill(line, url) + far_trees(light, rng, line, season, 0.28, 17, 12, 0.4)
    bed = box(0, 196, 256, 14, lit(light, "#9a8d80" if season != "winter" else "#dfe6ee"))
    ties = "".join(box(x, 200, 7, 7, lit(light, "#6b4a38")) for x in range(-4, 260, 15))
    track = bed + ties + box(0, 199.4, 256, 1.8, lit(light, "#d5dae0")) + box(0, 204.6, 256, 2.2, lit(light, "#c3c9d1"))
    near = hill(hill_line(rng, 214, 2), lit(light, GRASS[season][1])) + tufts(
        light, rng, 218, 254, dark(GRASS[season][1], 0.25), 26, season
    )
    return [far, mid + track, near], {
        "air": _air(0, 100),
        "rail": Zone(84, 172, 205, 205.5, 1, 1.0, 1.0, 0.0),
        "land": Zone(36, 220, 220, 247, 2, 0.8, 1.0, 0.0),
    }
