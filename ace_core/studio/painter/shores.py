"""Places by the water: sea, lake, river, fall and reef."""

from __future__ import annotations

import math

import numpy as np

from ace_core.studio.painter.ink import box, dark, disc, glow, gradient, group, mix, n, oval, pale, path, poly, stroke
from ace_core.studio.painter.kinds import place, sprite
from ace_core.studio.painter.light import Light
from ace_core.studio.painter.places import Drawing, Zone, high_air, scenery
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
    tufts,
    water,
    water_ribbon,
)


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
        [head + cliff, sea + waves, beach], {"air": high_air(0), "water": Zone(40, 216, 140, 176, 1, 0.6, 1.0, 0.15),
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
        [far, shore, lake + mirror, ground, reeds], {"air": high_air(1, 84),
        "water": Zone(40, 216, 160, 204, 2, 0.6, 1.0, 0.12), "land": Zone(36, 220, 226, 248, 3, 0.85, 1.0, 0.0)}
    )  # fmt: skip


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
        "air": high_air(0, 90),
        "water": Zone(44, 212, 166, 212, 1, 0.7, 1.0, 0.08),
        "land": Zone(40, 216, 230, 249, 2, 0.85, 1.0, 0.0),
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
        [isle, sea, sand + green + palms], {"air": high_air(0, 88),
        "land": Zone(x - 44, x + 48, 166, 182, 2, 0.62, 0.7, 0.0), "water": Zone(40, 216, 204, 240, 2, 0.8, 1.0, 0.0)}
    )  # fmt: skip


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
        "air": high_air(0, 92),
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
        {"air": high_air(0, 76), "water": Zone(44, 212, 198, 222, 2, 0.75, 0.95, 0.0),
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
