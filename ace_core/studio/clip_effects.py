"""Small things in front of a scene: leaves and petals that fall, bubbles that rise, fireworks, a shooting star.

Each function takes chance and gives back a function from the share of the clip (0 to 1) to SVG on the 256 x 256 canvas.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ace_core.studio.film import Patch
from ace_core.studio.painter import Light
from ace_core.studio.painter.ink import COLOURS, disc, glow, halo, n, pale, path, stroke

Effect = Callable[[float], Sequence[Patch]]
LEAVES = ("#d9772b", "#e8a33a", "#c6482f", "#a8642c")
PETALS = ("#f8b9cf", "#fbd5e0", "#f29bbd")
SPARKS = ("red", "yellow", "green", "blue", "purple", "pink", "orange", "teal")


def falling(
    rng: np.random.Generator, light: Light, colours: tuple[str, ...], seconds: float, size: float = 5.2
) -> Effect:
    """Leaves (or petals) that sail down, swaying and turning."""
    count = 34
    xs, ys = rng.uniform(-10, 266, count), rng.uniform(-300, 200, count)
    sways, sizes = rng.random(count), rng.uniform(0.75, 1.3, count) * size
    shapes = []
    for i in range(count):
        s, colour = sizes[i], colours[int(rng.integers(len(colours)))]
        near, far, down = n(s * 0.7), n(s), n(-s * 0.4)
        shape = path(f"M0 -{far}C{far} {down} {near} {near} 0 {far}C-{near} {near} -{far} {down} 0 -{far}z", colour)
        shapes.append(light.on(shape))

    def at(time: float) -> list[Patch]:
        parts = []
        for x, y, sway, shape in zip(xs, ys, sways, shapes, strict=True):
            down = y + 66 * (0.8 + 0.5 * sway) * seconds * time
            if not -8 < down < 262:
                continue
            beat = 2 * math.pi * (sway + 0.5 * seconds * time)
            turned = f"rotate({n(60 * math.sin(beat) + 360 * sway)}) scale({n(0.45 + 0.5 * abs(math.cos(beat)))} 1)"
            parts.append(f'<g transform="translate({n(x + 12 * math.sin(beat))} {n(down)}) {turned}">{shape}</g>')
        return [Patch("".join(parts))]

    return at


def bubbles(rng: np.random.Generator, seconds: float) -> Effect:
    """Streams of air bubbles, wobbling upwards."""
    count = 34
    streams = rng.uniform(40, 216, 3)
    xs = streams[rng.integers(0, 3, count)] + rng.uniform(-12, 12, count)
    ys, sizes, beats = rng.uniform(40, 520, count), rng.uniform(1.6, 5.2, count), rng.random(count)

    def at(time: float) -> list[Patch]:
        parts = []
        for x, y, size, beat in zip(xs, ys, sizes, beats, strict=True):
            up = y - (70 + 8 * size) * seconds * time
            if 10 < up < 236:
                side = x + 4 * math.sin(2 * math.pi * (beat + seconds * time))
                parts.append(disc(side, up, size, "rgb(225,245,255)", opacity="0.5"))
                parts.append(disc(side - size * 0.3, up - size * 0.35, size * 0.3, "rgb(255,255,255)", opacity="0.9"))
        return [Patch("".join(parts))]

    return at


def fireworks(rng: np.random.Generator, count: int) -> Effect:
    """`count` rockets, one after another, each a streak and a burst of sparks of one colour."""
    starts = np.linspace(0.02, 0.62, count) if count > 1 else np.array([0.15])
    xs, ys = rng.permutation(np.linspace(56, 200, count)) + rng.uniform(-10, 10, count), rng.uniform(42, 84, count)
    colours = [SPARKS[int(i)] for i in rng.permutation(len(SPARKS))[:count]]
    reaches = rng.uniform(44, 60, count)

    def at(time: float) -> list[Patch]:
        return [
            Patch(
                _rocket((time - start) / 0.38, float(x), float(y), COLOURS[colour], float(reach)),
                x - 100,
                y - 100,
                x + 100,
                y + 125,
            )
            for start, x, y, colour, reach in zip(starts, xs, ys, colours, reaches, strict=True)
        ]

    return at


def _rocket(age: float, x: float, y: float, colour: str, reach: float) -> str:
    """One rocket at an age of 0 (lit) to 1 (burnt out)."""
    if not 0 <= age <= 1:
        return ""
    if age < 0.3:
        climb = y + (200 - y) * (1 - age / 0.3) ** 1.4
        return stroke(f"M{n(x)} {n(climb)}v16", "rgb(255,225,160)", 2, opacity="0.8")
    share = (age - 0.3) / 0.7
    radius, fade = reach * (1 - (1 - share) ** 2.4), (1 - share) ** 0.7
    bright, sparks = glow(pale(colour, 0.35)), []
    for ring, many in ((1.0, 16), (0.58, 10)):
        for k in range(many):
            angle = 2 * math.pi * (k + ring) / many
            tip = (x + radius * ring * math.cos(angle), y + radius * ring * math.sin(angle) + 14 * share * share)
            tail = (
                x + radius * ring * 0.72 * math.cos(angle),
                y + radius * ring * 0.72 * math.sin(angle) + 10 * share * share,
            )
            sparks.append(
                stroke(f"M{n(tail[0])} {n(tail[1])}L{n(tip[0])} {n(tip[1])}", glow(colour), 2.2, opacity=n(0.9 * fade))
            )
            sparks.append(disc(*tip, 2.4, bright, opacity=n(fade)))
    return halo(x, y, radius * 1.5 + 8, bright, 0.5 * fade) + "".join(sparks)


def shooting_star(rng: np.random.Generator) -> Effect:
    """A streak down the sky, once."""
    sign = float(rng.choice([-1, 1]))
    x, y, start = 128 - sign * float(rng.uniform(60, 100)), float(rng.uniform(14, 34)), float(rng.uniform(0.2, 0.4))

    def at(time: float) -> list[Patch]:
        age = (time - start) / 0.42
        if not 0 < age < 1:
            return []
        head = (x + sign * 170 * age, y + 72 * age)
        length, fade = 60 * min(1.0, age * 3), min(1.0, (1 - age) * 3)
        tail = (head[0] - sign * length * 0.92, head[1] - length * 0.39)
        line = f"M{n(tail[0])} {n(tail[1])}L{n(head[0])} {n(head[1])}"
        streak = stroke(line, "rgb(255,250,225)", 1.4, opacity=n(0.55 * fade)) + stroke(
            line, "rgb(200,220,255)", 4, opacity=n(0.2 * fade)
        )
        glare = halo(*head, 11, "rgb(255,248,215)", 0.9 * fade) + disc(*head, 2.2, "rgb(255,255,245)", opacity=n(fade))
        return [Patch(streak + glare)]

    return at
