"""Places without people: forest, desert, canyon, snow and hills."""

from __future__ import annotations

import math

import numpy as np

from ace_core.studio.painter.ink import box, dark, disc, glow, gradient, mix, n, oval, pale, path, poly, stroke
from ace_core.studio.painter.light import Light
from ace_core.studio.painter.places import Drawing, Zone, high_air, scenery
from ace_core.studio.painter.terrain import (
    GRASS,
    LEAVES,
    at,
    curve,
    far_trees,
    hill,
    hill_line,
    lit,
    meadow,
    peaks,
    ridge,
    shaded,
    tufts,
    water_ribbon,
)


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
        "air": high_air(0, 120),
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
    return [layers[0], front], {"air": high_air(0, 110), "land": Zone(36, 220, 202, 244, 1, 0.66, 1.0, 0.08)}


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
    return [far, mid, floor + river + dots], {
        "air": high_air(1, 100),
        "land": Zone(48, 208, 200, 244, 2, 0.68, 1.0, 0.1),
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
        "air": high_air(0, 100),
        "land": Zone(36, 220, 204, 246, 2, 0.68, 1.0, 0.05),
    }


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
    return [far, mid, near + flowers], {"air": high_air(0, 104), "land": Zone(36, 220, 200, 246, 2, 0.66, 1.0, 0.06)}
