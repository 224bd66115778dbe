"""What the ground is made of: hills, peaks, water, grass, rows of trees and houses. Colours come out already lit."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from ace_core.studio.painter.ink import box, dark, disc, glow, gradient, mix, n, oval, pale, path, poly, stroke
from ace_core.studio.painter.light import Light

# Far and near grass of each season.
GRASS = {
    "spring": ("#b5d678", "#79b852"),
    "summer": ("#97c262", "#4f9546"),
    "autumn": ("#d8c878", "#a89a48"),
    "winter": ("#f3f7fc", "#dbe6f2"),
}
LEAVES = {
    "spring": ("#9ccb62", "#7fbb55", "#f0b5cc"),
    "summer": ("#5aa04c", "#3f8848", "#6fae52"),
    "autumn": ("#d9792f", "#c24f33", "#e3ad3a"),
    "winter": ("#c9d4e2", "#b4c2d4", "#dbe4ee"),
}
_CLEAR_WATER = ("#7cc4d8", "#1f7aa5")


def lit(light: Light, colour: str, depth: float = 0.0) -> str:
    """One daylight colour as it looks at this hour, final."""
    return glow(light.on(colour, depth))


def shaded(light: Light, far: str, near: str, far_depth: float = 0.3, near_depth: float = 0.0) -> tuple[str, str]:
    """Definition and url of a gradient from `far` (top) to `near` (bottom)."""
    return gradient([(0, lit(light, far, far_depth), 1), (1, lit(light, near, near_depth), 1)])


def curve(points: list[tuple[float, float]]) -> str:
    """A smooth line through the middles of `points`, as the inside of a path that began at the first."""
    d = []
    for (x0, y0), (x1, y1) in pairwise(points[1:]):
        d.append(f"Q{n(x0)} {n(y0)} {n((x0 + x1) / 2)} {n((y0 + y1) / 2)}")
    return "".join(d) + f"L{n(points[-1][0])} {n(points[-1][1])}"


def hill_line(rng: np.random.Generator, y: float, height: float, waves: float = 2.0) -> list[tuple[float, float]]:
    """A rolling line across the canvas, its mean at `y`, as 19 points."""
    a, b = rng.uniform(0, 2 * math.pi, 2)
    tilt = float(rng.uniform(-0.4, 0.4)) * height
    return [
        (
            x,
            y
            - height
            * (0.62 * math.sin(waves * x / 256 * 2 * math.pi / 1.7 + a) + 0.38 * math.sin(waves * x / 40 + b) * 0.6)
            + tilt * (x - 128) / 128,
        )
        for x in range(-16, 273, 16)
    ]


def at(line: list[tuple[float, float]], x: float) -> float:
    """Height (y) of a line at x."""
    return float(np.interp(x, [p[0] for p in line], [p[1] for p in line]))


def hill(line: list[tuple[float, float]], fill: str, bottom: float = 262) -> str:
    return path(f"M-16 {n(bottom)}L{n(line[0][0])} {n(line[0][1])}{curve(line)}L272 {n(bottom)}z", fill)


def ridge(
    light: Light, rng: np.random.Generator, y: float, height: float, colour: str, depth: float, waves: float = 2.0
) -> str:
    """A range of hills melting into the haze at its foot."""
    define, url = gradient(
        [
            (0, lit(light, colour, depth), 1),
            (0.7, lit(light, colour, min(1.0, depth + 0.25)), 1),
            (1, lit(light, colour, min(1.0, depth + 0.25)), 1),
        ]
    )
    return define + hill(hill_line(rng, y, height, waves), url)


def peaks(
    light: Light,
    rng: np.random.Generator,
    y: float,
    height: float,
    colour: str,
    depth: float,
    snow: float = 0.35,
    count: int = 4,
) -> str:
    """Mountains with a lit and a shaded side; `snow`: share of their height that is white."""
    parts = []
    xs = np.linspace(10, 246, count) + rng.uniform(-24, 24, count)
    heights = height * rng.uniform(0.6, 1.0, count)
    for x, h in sorted(zip(xs, heights, strict=True), key=lambda pair: pair[1]):
        wide = h * float(rng.uniform(0.85, 1.15))
        top, lean = y - h, float(rng.uniform(-0.12, 0.12)) * h
        face, shade = lit(light, pale(colour, 0.12), depth), lit(light, dark(colour, 0.2), depth)
        left = light.x < x
        parts.append(poly([(x, top), (x + wide, y), (x - wide, y)], face if left else shade))
        crease = [
            (x, top),
            (x + wide, y),
            (x + lean, y),
            (x + wide * 0.12, y - h * 0.35),
            (x - wide * 0.05, y - h * 0.62),
        ]
        parts.append(poly(crease, shade if left else face))
        if snow:
            s = snow * float(rng.uniform(0.8, 1.2))
            cap = (
                [(x, top), (x + wide * s, top + h * s), (x + wide * s * 0.55, top + h * s * 0.82),
                (x + wide * s * 0.2, top + h * s * 1.12), (x - wide * s * 0.12, top + h * s * 0.8),
                (x - wide * s * 0.5, top + h * s * 1.1), (x - wide * s, top + h * s)]
            )  # fmt: skip
            parts.append(poly(cap, lit(light, "#f6f9fd", depth * 0.6)))
            parts.append(poly([cap[0], *(cap[1:5] if left else cap[4:])], lit(light, "#c4d3e8", depth * 0.6)))
    define, url = gradient([(0, glow(light.haze), 0), (1, glow(light.haze), 0.75)])
    return "".join(parts) + define + box(0, y - height * 0.5, 256, height * 0.5 + 2, url)


def water(
    light: Light,
    rng: np.random.Generator,
    top: float,
    bottom: float,
    t: float = 0.0,
    colours: tuple[str, str] = _CLEAR_WATER,
) -> str:
    """Still or sparkling water between two heights; the sky and the sun lie in it."""
    near = mix(light.on(colours[1]), light.sky[0], 0.3)
    far = mix(light.on(colours[0]), light.sky[2], 0.6)
    define, url = gradient([(0, glow(far), 1), (0.25, glow(mix(far, near, 0.45)), 1), (1, glow(near), 1)])
    parts = [define, box(0, top, 256, bottom - top, url)]
    if light.sun_shows:
        for i in range(13):
            y = top + 2 + (bottom - top - 4) * (i / 13) ** 1.3
            wide = (3 + 13 * i / 13) * (1 + 0.35 * math.sin(i * 2.1 + t * 3))
            parts.append(
                box(
                    light.x - wide + 3 * math.sin(i * 1.7 + t * 2),
                    y,
                    2 * wide,
                    1 + 0.1 * i,
                    glow(light.sun),
                    1,
                    opacity=n(0.75 - 0.035 * i),
                )
            )
    shine: list[str] = []
    deep: list[str] = []
    for i in range(26):
        share = float(rng.random()) ** 0.8
        y, x = top + 3 + (bottom - top - 6) * share, float(rng.uniform(-10, 260)) + 4 * math.sin(t * 1.6 + i)
        (shine if i % 2 else deep).append(f"M{n(x)} {n(y)}h{n(5 + 17 * share)}")
    parts.append(stroke("".join(shine), glow(mix(far, "#ffffff", 0.35)), 1, opacity="0.55"))
    parts.append(stroke("".join(deep), glow(dark(near, 0.3)), 1, opacity="0.4"))
    return "".join(parts)


def tufts(
    light: Light,
    rng: np.random.Generator,
    top: float,
    bottom: float,
    colour: str,
    count: int = 22,
    season: str = "summer",
) -> str:
    """Blades of grass, larger when nearer; flowers between them in spring, fallen leaves in autumn."""
    d, dots = [], []
    bloom = {
        "spring": ("#f7f0f4", "#f2a9c4", "#f7dd6b"),
        "summer": ("#f7dd6b", "#f7f4ec"),
        "autumn": ("#d9632f", "#e3a53a"),
    }.get(season, ())
    for i in range(count):
        share = float(rng.random())
        x, y, s = float(rng.uniform(0, 256)), top + (bottom - top) * share, 1.5 + 4 * share
        if bloom and i % 3 == 0:
            dots.append(disc(x, y, 0.7 + 1.1 * share, lit(light, bloom[i // 3 % len(bloom)])))
        else:
            (
                d.append(f"M{n(x)} {n(y)}l{n(-s * 0.4)} {n(-s)}m{n(s * 0.4)} {n(s)}l{n(s * 0.1)} {n(-s * 1.3)}m"
                f"{n(-s * 0.1)} {n(s * 1.3)}l{n(s * 0.6)} {n(-s * 0.8)}")
            )  # fmt: skip
    return stroke("".join(d), lit(light, colour), 0.9, opacity="0.8") + "".join(dots)


def meadow(
    light: Light, rng: np.random.Generator, y: float, season: str, height: float = 8, depth: float = 0.25
) -> tuple[str, list[tuple[float, float]]]:
    """Near ground of grass (snow in winter) from a rolling line at `y` down; and that line."""
    far, near = GRASS[season]
    line = hill_line(rng, y, height, 1.2)
    define, url = shaded(light, far, near, depth)
    blades = mix(near, "#9fb4cc" if season == "winter" else "#1f5a34", 0.35)
    return define + hill(line, url) + tufts(light, rng, y + height + 8, 254, blades, 26, season), line


def far_trees(
    light: Light,
    rng: np.random.Generator,
    line: list[tuple[float, float]],
    season: str,
    depth: float,
    size: float = 12,
    count: int = 16,
    pines: float = 0.4,
    spread: tuple[float, float] = (0, 256),
) -> str:
    """Small trees standing along a line."""
    parts = []
    for x in np.sort(rng.uniform(*spread, count)):
        y, s = at(line, float(x)) + 1.5, size * float(rng.uniform(0.7, 1.25))
        if rng.random() < pines:
            green = mix("#2f6a55", "#f2f6fb", 0.35 if season == "winter" else 0.0)
            parts.append(poly([(x, y - s * 1.5), (x + s * 0.42, y), (x - s * 0.42, y)], lit(light, green, depth)))
            parts.append(
                poly([(x, y - s * 1.5), (x + s * 0.42, y), (x + s * 0.05, y)], lit(light, dark(green, 0.2), depth))
            )
        else:
            leaf = LEAVES[season][int(rng.integers(2 if rng.random() < 0.8 else 3))]
            parts.append(box(x - s * 0.06, y - s * 0.5, s * 0.12, s * 0.5, lit(light, "#6b4a3a", depth)))
            parts.append(
                oval(x, y - s * 0.75, s * 0.46, s * 0.52, lit(light, leaf, depth))
                + oval(x - s * 0.12, y - s * 0.86, s * 0.24, s * 0.28, lit(light, pale(leaf, 0.25), depth))
            )
    return "".join(parts)


def far_houses(
    light: Light,
    rng: np.random.Generator,
    line: list[tuple[float, float]],
    depth: float,
    size: float = 16,
    count: int = 8,
    spread: tuple[float, float] = (10, 246),
    season: str = "summer",
) -> str:
    """Small houses standing along a line, windows lit when lamps are."""
    parts = []
    walls = ("#f3e6cf", "#e9c9a4", "#d99a7c", "#c9d6d9", "#f0d58c", "#d7a9a4", "#a9c4c9")
    for x in np.linspace(*spread, count) + rng.uniform(-5, 5, count):
        w, h = size * float(rng.uniform(0.75, 1.1)), size * float(rng.uniform(0.7, 1.3))
        y = max(at(line, float(x) - w / 2), at(line, float(x) + w / 2)) + 2
        wall, roof = walls[int(rng.integers(len(walls)))], ("#a3503f", "#7a4a4a", "#5f6478")[int(rng.integers(3))]
        roof = mix(roof, "#f4f7fc", 0.8) if season == "winter" else roof
        parts.append(
            box(x - w / 2, y - h, w, h, lit(light, wall, depth))
            + box(x, y - h, w / 2, h, lit(light, dark(wall, 0.12), depth))
        )
        parts.append(poly([(x - w * 0.6, y - h), (x, y - h - w * 0.5), (x + w * 0.6, y - h)], lit(light, roof, depth)))
        pane = "rgb(255,214,120)" if light.lamps else lit(light, "#6d8aa3", depth)
        parts += [box(x + dx * w - w * 0.07, y - h * 0.72, w * 0.15, h * 0.24, pane) for dx in (-0.24, 0.24)]
    return "".join(parts)


def skyline(light: Light, rng: np.random.Generator, y: float, height: float, colour: str, depth: float) -> str:
    """A row of towers, windows lit when lamps are."""
    parts, panes, x = [], [], -6.0
    while x < 258:
        w, h = float(rng.uniform(14, 30)), height * float(rng.uniform(0.4, 1.0))
        tone = mix(colour, ("#d9a58c", "#8fa9c9", "#b9b0c4")[int(rng.integers(3))], 0.3)
        parts.append(
            box(x, y - h, w, h + 2, lit(light, tone, depth))
            + box(x + w * 0.62, y - h, w * 0.38, h + 2, lit(light, dark(tone, 0.2), depth))
        )
        crown = int(rng.integers(4))
        if crown == 0:
            parts.append(stroke(f"M{n(x + w / 2)} {n(y - h)}v-9", lit(light, tone, depth), 1.4))
        elif crown == 1:
            parts.append(
                poly(
                    [(x, y - h + 0.5), (x + w / 2, y - h - w * 0.5), (x + w, y - h + 0.5)],
                    lit(light, dark(tone, 0.1), depth),
                )
            )
        elif crown == 2:
            parts.append(box(x + w * 0.2, y - h - 5, w * 0.6, 6, lit(light, tone, depth)))
        for j in range(int(h // 9)):
            for i in range(int(w // 6)):
                if rng.random() < 0.55:
                    panes.append(f"M{n(x + 3 + 6 * i)} {n(y - h + 5 + 9 * j)}v3.4")
        x += w + float(rng.uniform(-1, 4))
    shine, strength = ("rgb(255,214,120)", "0.85") if light.lamps else (lit(light, "#dcebf2", depth), "0.5")
    return "".join(parts) + f'<path d="{"".join(panes)}" stroke="{shine}" stroke-width="2.2" opacity="{strength}"/>'


def corner(light: Light, rng: np.random.Generator, season: str, t: float = 0.0) -> str:
    """Something near and dark in a corner, that gives the view depth: a branch above or tall grass below."""
    side = 1 if rng.random() < 0.5 else -1
    tone = mix(LEAVES[season][int(rng.integers(2))], "#16283a", 0.42)
    parts = []
    if rng.random() < 0.55:
        sway = 1.2 * math.sin(t * 1.3)
        parts.append(stroke("M-8 10Q30 14 74 34M20 14Q34 24 40 44", lit(light, "#3a2a2c"), 3))
        for x, y, r in zip(rng.uniform(-6, 78, 20), rng.uniform(-8, 26, 20), rng.uniform(5, 10, 20), strict=True):
            y += x * 0.22
            if season == "winter":
                parts.append(oval(x, y * 0.5 + 7, r * 0.7, 1.4, lit(light, "#e6edf6")))
            else:
                (
                    parts.append(oval(x + sway, y, r, r * 0.52,
                    lit(light, mix(tone, "#ffffff", 0.06 * float(rng.random()))),
                    transform=f"rotate({n(float(rng.uniform(-50, 50)))} {n(x)} {n(y)})"))
                )  # fmt: skip
    else:
        for _ in range(17):
            x, h, bend = (
                float(rng.uniform(-6, 62)), float(rng.uniform(18, 46)), float(rng.uniform(-9, 12))
                + 1.5 * math.sin(t * 1.7)
            )  # fmt: skip
            h *= 1.1 - x / 90
            (
                parts.append(path(f"M{n(x - 2)} 260Q{n(x)} {n(258 - h * 0.6)} {n(x + bend)} {n(256 - h)}Q{n(x + 3)} "
                f"{n(258 - h * 0.6)} {n(x + 2.4)} 260z", lit(light, mix(tone, "#0f1c2c", 0.2 * float(rng.random())))))
            )  # fmt: skip
    mirrored = "" if side > 0 else "translate(256 0) scale(-1 1)"
    return f'<g transform="{mirrored}">{"".join(parts)}</g>' if mirrored else "".join(parts)


def water_ribbon(light: Light, d: str) -> str:
    """A stream along a path: sky above, deep below."""
    far, near = glow(mix(light.on("#7cc4d8"), light.sky[2], 0.5)), glow(mix(light.on("#2b86ad"), light.sky[0], 0.3))
    define, url = gradient([(0, far, 1), (1, near, 1)])
    return define + path(d, url)
