"""Places of work in the country: farm, vineyard and railway."""

from __future__ import annotations

import numpy as np

from ace_core.studio.painter.ink import box, dark, pale, poly
from ace_core.studio.painter.kinds import place, sprite
from ace_core.studio.painter.light import Light
from ace_core.studio.painter.places import Drawing, Zone, high_air, scenery
from ace_core.studio.painter.terrain import (
    GRASS,
    LEAVES,
    at,
    far_houses,
    far_trees,
    hill,
    hill_line,
    lit,
    meadow,
    ridge,
    shaded,
    tufts,
)


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
    return [far, mid, ground], {"air": high_air(0, 96), "land": Zone(36, 220, 208, 246, 2, 0.76, 1.0, 0.0)}


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
    return [far, mid, near], {"air": high_air(0, 96), "land": Zone(36, 220, 212, 246, 2, 0.8, 1.0, 0.0)}


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
        "air": high_air(0, 100),
        "rail": Zone(84, 172, 205, 205.5, 1, 1.0, 1.0, 0.0),
        "land": Zone(36, 220, 220, 247, 2, 0.8, 1.0, 0.0),
    }
