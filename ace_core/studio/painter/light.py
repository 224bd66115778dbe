"""The light of a scene: sky colours, haze, what the hour does to daylight colours, and where sun or moon stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ace_core.studio.painter.ink import Rgb, mix, parse, to_hex

TIMES = ("dawn", "noon", "golden hour", "dusk", "night")
WEATHERS = ("clear", "cloudy", "rain", "fog", "snow", "storm", "rainbow")
SEASONS = ("spring", "summer", "autumn", "winter")

# Sky from zenith to horizon, several moods an hour.
_SKIES: dict[str, list[tuple[str, str, str]]] = {
    "dawn": [
        ("#8aa5dc", "#efb9c6", "#fde3c0"),
        ("#8fbfe0", "#f6cbb8", "#fff0cf"),
        ("#9a93d4", "#f3a9b6", "#fdd9a8"),
        ("#7fb3c9", "#f2b8a8", "#ffdcc0"),
    ],
    "noon": [
        ("#2f8fdf", "#74c0f1", "#d3edf7"),
        ("#2780c9", "#5fb6e8", "#e6f5ee"),
        ("#35a2c0", "#86d2d8", "#eaf6e2"),
        ("#4a90d9", "#9acbf0", "#f2f6ee"),
    ],
    "golden hour": [
        ("#5f9fc4", "#f5be6c", "#ffe08a"),
        ("#e0875c", "#f8b45c", "#ffe29a"),
        ("#6d93b8", "#f0a972", "#ffd890"),
        ("#d99a52", "#f8c766", "#fff0b0"),
    ],
    "dusk": [
        ("#2c2a66", "#8f4084", "#f47e5a"),
        ("#263260", "#6d4b8b", "#f39d6c"),
        ("#3c2459", "#bb466e", "#fcab5b"),
        ("#1f3a68", "#7a5a96", "#f5a3a0"),
    ],
    "night": [
        ("#0a1438", "#1b2f63", "#3b5a8f"),
        ("#130f38", "#2c2867", "#545091"),
        ("#06202f", "#0f4054", "#327480"),
        ("#0c1230", "#24305e", "#4a5078"),
    ],
}
_AMBIENT: dict[str, Rgb] = {
    "dawn": (1.0, 0.92, 0.94),
    "noon": (1.0, 1.0, 1.0),
    "golden hour": (1.04, 0.95, 0.82),
    "dusk": (0.8, 0.68, 0.8),
    "night": (0.5, 0.58, 0.8),
}
_SUN = {"dawn": "#ffe9c4", "noon": "#fffbe0", "golden hour": "#fff0a8", "dusk": "#ffc27a", "night": "#f4f1dc"}
# How far the sky gives way to grey, how much brightness is lost, how thick the air is.
_GREYING = {
    "clear": (0.0, 0.0, 0.0),
    "rainbow": (0.08, 0.0, 0.05),
    "cloudy": (0.28, 0.05, 0.08),
    "rain": (0.55, 0.2, 0.2),
    "fog": (0.55, 0.03, 0.55),
    "snow": (0.42, 0.0, 0.2),
    "storm": (0.72, 0.42, 0.12),
}
_DAYLIGHT = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Light:
    """`sky`: zenith, middle, horizon. `x`, `y`: sun or moon, in units of the 256 canvas. `phase`: of the moon, 0..1
    (full)."""

    time: str
    weather: str
    sky: tuple[str, str, str]
    haze: str
    ambient: Rgb
    sun: str
    x: float
    y: float
    thickness: float  # of the air
    moon: float

    @property
    def lamps(self) -> bool:
        """Are windows and lanterns lit?"""
        return self.time in ("dusk", "night") or (self.weather == "storm")

    @property
    def sun_shows(self) -> bool:
        return self.weather in ("clear", "cloudy", "rainbow") or (self.weather == "snow" and self.time == "night")

    @property
    def shadow(self) -> tuple[float, float]:
        """(how far to the right a shadow falls in heights of its thing, opacity)."""
        reach = {"noon": 0.12, "dawn": 0.7, "golden hour": 0.8, "dusk": 0.5, "night": 0.35}[self.time]
        strength = {"noon": 0.3, "night": 0.3}.get(self.time, 0.28) if self.sun_shows else 0.14
        return reach * (1 if self.x < 128 else -1), strength

    def on(self, svg: str, depth: float = 0.0) -> str:
        """Daylight colours in `svg` as they look at this hour, `depth` 0 (near) to 1 (melting into the haze)."""
        depth = min(1.0, round(depth * (1 + self.thickness) + self.thickness * 0.25 * (depth > 0), 2))
        return _DAYLIGHT.sub(lambda found: _lit(found.group(), self.ambient, self.haze, depth), svg)


@lru_cache(maxsize=65536)
def _lit(colour: str, ambient: Rgb, haze: str, depth: float) -> str:
    return mix(to_hex([v * a for v, a in zip(parse(colour), ambient, strict=True)]), haze, depth)


def light(time: str, weather: str, rng: np.random.Generator) -> Light:
    """The light of an hour in a weather; `rng` chooses the mood and where the sun stands."""
    greying, loss, thickness = _GREYING[weather]
    zenith, middle, low = _SKIES[time][int(rng.integers(len(_SKIES[time])))]
    grey = {"night": "#2a3044", "dusk": "#6b5f78", "dawn": "#c3bdc8", "golden hour": "#c8bcae"}.get(time, "#b4bfc8")
    if weather == "storm":
        grey = mix(grey, "#2f3646", 0.5)
    sky = tuple(mix(mix(c, grey, greying), "#10131f", loss * 0.5) for c in (zenith, middle, low))
    even = sum(_AMBIENT[time]) / 3  # a covered sky takes the hour's tint out of the light
    ambient = tuple((a + (even - a) * greying * 0.75) * (1 - loss * 0.55) for a in _AMBIENT[time])
    low_sun = time in ("dawn", "golden hour", "dusk")
    x = float(rng.uniform(40, 216))
    y = float(rng.uniform(78, 104) if low_sun else rng.uniform(26, 56))
    haze = mix(sky[1], sky[2], 0.55)
    moon = float((0.28, 0.5, 1.0, 1.0)[int(rng.integers(4))])
    return Light(
        time,
        weather,
        (sky[0], sky[1], sky[2]),
        haze,
        (ambient[0], ambient[1], ambient[2]),
        _SUN[time],
        x,
        y,
        thickness,
        moon,
    )
