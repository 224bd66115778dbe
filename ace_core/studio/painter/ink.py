"""Colours and SVG primitives.

Colours written as `#rrggbb` are daylight colours, which `Light.on` tints for the hour and the distance. Colours
written as `rgb(r,g,b)` shine by themselves (lamps, windows at night, fire) and stay as they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

Rgb = tuple[float, float, float]

COLOURS = {
    "red": "#d93a32",
    "orange": "#f0822b",
    "yellow": "#f6c92f",
    "green": "#3f9d4f",
    "teal": "#1f9d97",
    "blue": "#2f6fd0",
    "purple": "#8347b5",
    "pink": "#f08bb0",
    "white": "#f7f4ec",
    "black": "#33323c",
    "grey": "#8f959e",
    "brown": "#8a5632",
}
DEEP = "#1c1440"  # what shaded sides lean to: richer than black
BRIGHT = "#fff3cf"  # what lit sides lean to


@lru_cache(maxsize=65536)
def parse(colour: str) -> Rgb:
    """'#rrggbb' -> (r, g, b) in 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def to_hex(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{min(255, max(0, round(v))):02x}" for v in rgb)


@lru_cache(maxsize=65536)
def mix(a: str, b: str, share: float) -> str:
    """`a` with `share` of `b` in it."""
    return to_hex([x + (y - x) * share for x, y in zip(parse(a), parse(b), strict=True)])


def dark(colour: str, share: float = 0.25) -> str:
    return mix(colour, DEEP, share)


def pale(colour: str, share: float = 0.3) -> str:
    return mix(colour, BRIGHT, share)


def glow(colour: str) -> str:
    """The same colour as one that shines by itself."""
    r, g, b = parse(colour)
    return f"rgb({r},{g},{b})"


def n(value: float) -> str:
    """A number as short as can be, at a hundredth."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _more(style: dict[str, float | str]) -> str:
    return "".join(f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in style.items())


def path(d: str, fill: str, **style: float | str) -> str:
    return f'<path d="{d}" fill="{fill}"{_more(style)}/>'


def stroke(d: str, colour: str, width: float, **style: float | str) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{n(width)}" stroke-linecap="round"'
        f' stroke-linejoin="round"{_more(style)}/>'
    )


def oval(x: float, y: float, rx: float, ry: float, fill: str, **style: float | str) -> str:
    return f'<ellipse cx="{n(x)}" cy="{n(y)}" rx="{n(rx)}" ry="{n(ry)}" fill="{fill}"{_more(style)}/>'


def disc(x: float, y: float, r: float, fill: str, **style: float | str) -> str:
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(r)}" fill="{fill}"{_more(style)}/>'


def box(x: float, y: float, w: float, h: float, fill: str, r: float = 0, **style: float | str) -> str:
    corner = f' rx="{n(r)}"' if r else ""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(w)}" height="{n(h)}"{corner} fill="{fill}"{_more(style)}/>'


def poly(points: Sequence[tuple[float, float]], fill: str, **style: float | str) -> str:
    told = " ".join(f"{n(x)},{n(y)}" for x, y in points)
    return f'<polygon points="{told}" fill="{fill}"{_more(style)}/>'


def group(content: str, transform: str = "", **style: float | str) -> str:
    moved = f' transform="{transform}"' if transform else ""
    return f"<g{moved}{_more(style)}>{content}</g>"


def turn(content: str, degrees: float, x: float, y: float) -> str:
    """`content` turned about (x, y)."""
    return group(content, f"rotate({n(degrees)} {n(x)} {n(y)})")


def _stops(stops: Sequence[tuple[float, str, float]]) -> str:
    return "".join(f'<stop offset="{n(at)}" stop-color="{c}" stop-opacity="{n(a)}"/>' for at, c, a in stops)


def gradient(
    stops: Sequence[tuple[float, str, float]], *, radial: bool = False, across: bool = False
) -> tuple[str, str]:
    """(definition, `url(#...)`) of a gradient over a shape's own box; `stops` are (0..1, colour, opacity), top to
    bottom.

    The name is made from the content, so the same gradient drawn twice stays one.
    """
    name = f"g{zlib.crc32(repr((tuple(stops), radial, across)).encode()):08x}"
    if radial:
        return f'<radialGradient id="{name}">{_stops(stops)}</radialGradient>', f"url(#{name})"
    end = 'x2="1" y2="0"' if across else 'x2="0" y2="1"'
    return f'<linearGradient id="{name}" x1="0" y1="0" {end}>{_stops(stops)}</linearGradient>', f"url(#{name})"


def halo(x: float, y: float, r: float, colour: str, strength: float = 0.6) -> str:
    """A soft light around a point; `colour` is used as it is."""
    define, url = gradient([(0, colour, strength), (0.35, colour, strength * 0.42), (1, colour, 0)], radial=True)
    return define + disc(x, y, r, url)


def document(layers: Sequence[str], size: int = 256) -> str:
    """A whole SVG file of 256 x 256 units."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 256 256">'
        f"{''.join(layers)}</svg>"
    )
