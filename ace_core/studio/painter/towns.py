"""Places of people: streets, squares and a room."""

from __future__ import annotations

import numpy as np

from ace_core.studio.painter.ink import box, dark, disc, glow, gradient, halo, mix, n, oval, path, poly, stroke
from ace_core.studio.painter.kinds import place, sprite
from ace_core.studio.painter.light import Light
from ace_core.studio.painter.places import Drawing, Zone, high_air, scenery
from ace_core.studio.painter.terrain import (
    GRASS,
    LEAVES,
    far_trees,
    hill,
    hill_line,
    lit,
    meadow,
    ridge,
    shaded,
    skyline,
)


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
    return [far, "".join(row) + street], {"air": high_air(0, 84), "land": Zone(34, 222, 206, 246, 1, 0.78, 1.0, 0.0)}


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
        "air": high_air(0, 84), "land": Zone(36, 220, 206, 248, 1, 0.8, 1.0, 0.0),
    }  # fmt: skip


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
    return [far, mid, near + walk], {"air": high_air(0, 84), "land": Zone(36, 220, 194, 246, 2, 0.66, 1.0, 0.08)}


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
        "air": high_air(2, 130),
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
