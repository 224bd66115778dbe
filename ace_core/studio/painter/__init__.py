"""The drawing toolkit: places, things and weather as SVG on a canvas of 256 x 256 units.

    scene = backdrop("coast", "golden hour", "clear", "summer", seed=3, t=0.0)     # t in seconds; a seed is a place
    boat = put(scene, "sailboat", "water", x=90, y=160, colour="red", phase=0.2)   # lit, hazed, with its reflection
    svg = compose(scene, [boat])                                                   # things go between the layers
    pixels = raster(svg, 256)                                                      # uint8 (256, 256, 3)

- `backdrop(place, time, weather, season, seed, t)` -> `Backdrop(light, season, layers, zones, overlay, indoors)`.
  `layers` go from far to near, the sky first. `zones` says where things can be: each of `land`, `water`, `air`,
  `floor`, `swim`, `seabed`, `rail` that the place has, with its ranges of x and y (ground points; y grows downwards
  and towards the eye), the scale at both ends and the layer to draw after. `overlay` is what falls in front.
  A `Backdrop` is plain data: replace layers freely.
- `put(scene, kind, zone, x, y, size, colour, phase, flip, tilt, height)` -> `Placed`: one thing with its ground point
  at (x, y), its height `KINDS[kind].size * size * zone.scale(y)` unless given. `flip` faces it left. `phase` in
  [0, 1) is one cycle of legs, wings, wheels, sails or flames.
- `compose(scene, things)` -> the SVG file; `raster(svg, size)` -> pixels.
- Below these: `sprite(kind, colour, phase, lit, season)` -> SVG 1 unit high around its ground origin, facing right,
  in daylight colours; `place(svg, x, y, height, flip, tilt)` moves it; `Light.on(svg, depth)` tints it for the hour
  and the distance; `light(time, weather, rng)`, `sky(light, rng, t)`, `weather_overlay(light, t, rng)`.

`PLACES`, `TIMES`, `WEATHERS`, `SEASONS`, `KINDS` and `COLOURS` list what there is.
"""

from ace_core.studio.painter import animals, buildings, fields, plants, shores, things, towns, vehicles, wilds
from ace_core.studio.painter.backdrop import Backdrop, Placed, backdrop, compose, put, raster
from ace_core.studio.painter.ink import COLOURS, document
from ace_core.studio.painter.kinds import KINDS, Kind, Mood, place, sprite
from ace_core.studio.painter.light import SEASONS, TIMES, WEATHERS, Light, light
from ace_core.studio.painter.places import PLACES, Zone
from ace_core.studio.painter.sky import sky, weather_overlay

DRAWINGS = (animals, buildings, plants, things, vehicles)  # importing them registers their kinds,
SCENERIES = (fields, shores, towns, wilds)  # and these their places

__all__ = [
    "COLOURS",
    "DRAWINGS",
    "KINDS",
    "PLACES",
    "SCENERIES",
    "SEASONS",
    "TIMES",
    "WEATHERS",
    "Backdrop",
    "Kind",
    "Light",
    "Mood",
    "Placed",
    "Zone",
    "backdrop",
    "compose",
    "document",
    "light",
    "place",
    "put",
    "raster",
    "sky",
    "sprite",
    "weather_overlay",
]
