"""Sky, clouds, stars, sun and moon; and what falls from the sky in front of everything (`weather_overlay`)."""

from __future__ import annotations

import math

import numpy as np

from ace_core.studio.painter.ink import box, disc, glow, gradient, group, halo, mix, n, oval, path, stroke
from ace_core.studio.painter.light import Light

_RAINBOW = ("#e8504f", "#f2954a", "#f7dc5b", "#6cc36a", "#4d9be0", "#7d62c4")


def sky(light: Light, rng: np.random.Generator, t: float = 0.0, bottom: float = 256) -> str:
    """The whole sky; clouds drift and stars twinkle with `t` seconds."""
    zenith, middle, low = (glow(c) for c in light.sky)
    define, url = gradient([(0, zenith, 1), (0.5, middle, 1), (0.86, low, 1), (1, low, 1)])
    parts = [define, box(0, 0, 256, bottom * 0.72, url), box(0, bottom * 0.71, 256, 256, low)]
    if light.time in ("night", "dusk") and light.weather not in ("fog", "storm", "rain"):
        parts.append(_stars(light, rng, t))
    if light.sun_shows:
        parts.append(_moon(light) if light.time == "night" else _sun(light))
    if light.weather == "rainbow":
        parts.append(_rainbow(light))
    parts.append(_clouds(light, rng, t))
    if light.weather == "storm":
        parts.append(_lightning(rng, t))
    return "".join(parts)


def _stars(light: Light, rng: np.random.Generator, t: float) -> str:
    count, reach = (46, 130) if light.time == "night" else (14, 60)
    parts = []
    for x, y, size, beat in zip(
        rng.uniform(0, 256, count),
        rng.uniform(2, reach, count),
        rng.uniform(0.4, 1.15, count),
        rng.random(count),
        strict=True,
    ):
        shine = 0.65 + 0.3 * math.sin(6.28 * (t * 0.7 + beat))
        parts.append(disc(x, y, size, "rgb(255,250,225)", opacity=n(shine * (1 - y / (reach * 1.4)))))
    return "".join(parts)


def _sun(light: Light) -> str:
    r = {"noon": 11, "dawn": 14, "golden hour": 16, "dusk": 17}[light.time]
    colour = glow(light.sun)
    return halo(light.x, light.y, r * 5.2, colour, 0.75) + disc(light.x, light.y, r, colour, opacity=0.96)


def _moon(light: Light) -> str:
    x, y, r = light.x, light.y, 13
    colour = glow(light.sun)
    parts = [halo(x, y, r * 4.5, "rgb(190,205,245)", 0.5)]
    if light.moon == 1.0:
        parts.append(disc(x, y, r, colour))
        parts += [
            disc(x + dx, y + dy, s, "rgb(222,216,196)") for dx, dy, s in ((-4, -3, 2.6), (3, 4, 3.2), (5, -5, 1.6))
        ]
    else:
        bulge = r * (0.55 if light.moon < 0.4 else 0.02)
        parts.append(
            path(
                f"M{n(x)} {n(y - r)}a{r} {r} 0 0 1 0 {2 * r}a{n(bulge)} {r} 0 0 0 0 {-2 * r}z",
                colour,
                transform=f"rotate(-24 {n(x)} {n(y)})",
            )
        )
    return "".join(parts)


def _rainbow(light: Light) -> str:
    x = 256 - light.x * 0.8
    arcs = [disc(x, 190, 128 - 4.2 * i, "none", stroke=glow(c), stroke_width=4.4) for i, c in enumerate(_RAINBOW)]
    return group("".join(arcs), opacity=0.62)


def cloud(x: float, y: float, width: float, top: str, base: str, rng: np.random.Generator, opacity: float = 1.0) -> str:
    """A flat-bottomed cloud: round puffs on one base line, highest near its middle, lit from above."""
    puffs = int(rng.integers(4, 7))
    peak = float(rng.uniform(0.3, 0.7))
    d = [f"M{n(x - width / 2)} {n(y)}"]
    shares = rng.uniform(0.7, 1.3, puffs)
    shares *= width / shares.sum()
    at = 0.0
    heights = [width * 0.26 * max(0.0, 1 - abs((shares[: i + 1].sum() / width) - peak) * 1.35) for i in range(puffs)]
    for i, step in enumerate(shares):
        end = 0.0 if i == puffs - 1 else -heights[i]
        radius = max(math.hypot(step, end - at) * 0.56, step * 0.5)
        d.append(f"a{n(radius)} {n(radius)} 0 0 1 {n(step)} {n(end - at)}")
        at = end
    define, url = gradient([(0, top, 1), (1, base, 1)])
    return (
        define + path("".join(d) + f"q{n(-width * 0.02)} {n(width * 0.05)} {n(-width * 0.1)} {n(width * 0.05)}H"
        f"{n(x - width * 0.42)}q{n(-width * 0.08)} 0 {n(-width * 0.08)} {n(-width * 0.05)}z", url, opacity=n(opacity))
    )  # fmt: skip


def _clouds(light: Light, rng: np.random.Generator, t: float) -> str:
    count, low, high = (
        {"clear": (int(rng.integers(0, 3)), 40, 70), "rainbow": (3, 50, 85), "cloudy": (7, 60, 120),
        "rain": (9, 90, 150), "storm": (11, 100, 170), "snow": (6, 80, 140), "fog": (2, 80, 140)}[light.weather]
    )  # fmt: skip
    white = {"night": "#7486b4", "dusk": "#f2b3a6", "golden hour": "#fff2d2", "dawn": "#fff1ea"}.get(
        light.time, "#ffffff"
    )
    if light.weather in ("rain", "storm"):
        white = mix(light.sky[1], "#20242f" if light.weather == "storm" else "#7d8792", 0.45)
    elif light.weather in ("snow", "fog"):
        white = mix(white, light.sky[1], 0.4)
    parts = []
    heavy = light.weather in ("rain", "storm", "snow")
    for i in range(count):
        y = float(rng.uniform(8, 48 if heavy else 92))
        drift = (t * (9 if light.weather == "storm" else 4) * (1 + i % 3 * 0.4)) if t else 0.0
        x = (float(rng.uniform(-30, 286)) + drift + 60) % 376 - 60
        width = float(rng.uniform(low, high)) * (1.25 - y / 130)
        base = mix(white, light.sky[1], 0.55)
        parts.append(cloud(x, y, width, glow(white), glow(base), rng, 0.92 if heavy else 0.85))
    return "".join(parts)


def _lightning(rng: np.random.Generator, t: float) -> str:
    x, y = float(rng.uniform(60, 196)), 30.0
    points = [f"M{n(x)} {n(y)}"]
    while y < 118:
        x += float(rng.uniform(-13, 13))
        y += float(rng.uniform(10, 18))
        points.append(f"L{n(x)} {n(y)}")
    flash = 1.0 if t == 0 else max(0.0, 1 - (t % 1.6) * 3)
    bolt = stroke("".join(points), "rgb(210,200,255)", 5, opacity=0.35) + stroke("".join(points), "rgb(255,252,232)", 2)
    return group(bolt, opacity=n(flash)) if flash else ""


def weather_overlay(light: Light, t: float, rng: np.random.Generator) -> str:
    """Rain, snowflakes, fog banks in front of everything at `t` seconds; call with a generator of the same seed each
    frame."""
    if light.weather in ("rain", "storm"):
        return _rain(rng, t, light)
    if light.weather == "snow":
        return _snow(rng, t)
    if light.weather == "fog":
        return _fog(rng, t, light)
    return ""


def _rain(rng: np.random.Generator, t: float, light: Light) -> str:
    storm = light.weather == "storm"
    count, slant = (80, 0.38) if storm else (58, 0.16)
    d = []
    for x, y, length in zip(
        rng.uniform(-40, 290, count), rng.uniform(0, 256, count), rng.uniform(9, 20, count), strict=True
    ):
        y = (y + t * (420 if storm else 300)) % 286 - 20
        x = (x - slant * y * 0.4 + 40) % 336 - 40
        d.append(f"M{n(x)} {n(y)}l{n(-slant * length)} {n(length)}")
    wash = box(0, 0, 256, 256, glow(light.haze), opacity=0.12)
    return wash + stroke("".join(d), "rgb(236,244,252)", 1.05, opacity=0.62)


def _snow(rng: np.random.Generator, t: float) -> str:
    parts = []
    for x, y, size, sway in zip(
        rng.uniform(0, 256, 70), rng.uniform(0, 256, 70), rng.uniform(0.7, 2.4, 70), rng.random(70), strict=True
    ):
        y = (y + t * (26 + 12 * size)) % 262 - 3
        x = (x + 5 * math.sin(6.28 * (sway + t * 0.4)) * (t > 0)) % 256
        parts.append(disc(x, y, size, "rgb(255,255,255)", opacity=n(0.55 + 0.16 * size)))
    return "".join(parts)


def _fog(rng: np.random.Generator, t: float, light: Light) -> str:
    parts = []
    for i in range(5):
        y, x = float(rng.uniform(96, 236)), float(rng.uniform(-20, 276)) + t * 7 * (1 if i % 2 else -1)
        define, url = gradient(
            [(0, glow(light.haze), 0.75), (0.6, glow(light.haze), 0.4), (1, glow(light.haze), 0)], radial=True
        )
        parts.append(define + oval(x, y, float(rng.uniform(90, 170)), float(rng.uniform(12, 26)), url))
    return box(0, 0, 256, 256, glow(light.haze), opacity=0.16) + "".join(parts)
