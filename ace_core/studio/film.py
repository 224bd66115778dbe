"""From moving layers to an mp4: backdrops that melt into each other, things drawn on them, weather in front, a camera.

What stands still is drawn once; only what moves is drawn for every frame, so that a clip takes a fraction of a second.
"""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import resvg_py
from PIL import Image

from ace_core.studio.painter.ink import disc, document, n, stroke

SIZE = 192  # pixels, both ways
RATE = 12  # frames a second
UNITS = 256  # of the canvas that scenes are drawn on
CAMERA_SIZE = 384  # pixels of the canvas where the camera moves over it, so that what it shows stays sharp


@dataclass(frozen=True)
class Air:
    """How much falls or lies in the air, each 0 to 1."""

    rain: float = 0.0
    snow: float = 0.0
    fog: float = 0.0


@dataclass(frozen=True)
class Shot:
    """What the camera sees: a square with the upper left corner (x, y), in units of the canvas."""

    x: float = 0.0
    y: float = 0.0
    side: float = float(UNITS)


@dataclass(frozen=True)
class Still:
    """A plane that is drawn once: one SVG, or two that the first melts into."""

    svgs: tuple[str, ...]


@dataclass(frozen=True)
class Patch:
    """SVG on the canvas and the box that holds it, in units: a small box is drawn much faster than the canvas."""

    svg: str
    left: float = 0.0
    top: float = 0.0
    right: float = float(UNITS)
    bottom: float = float(UNITS)


Plane = Still | Callable[[float], Sequence[Patch]]


@dataclass(frozen=True)
class Film:
    """Everything of a clip; the functions take the share of the clip that has passed, 0 to 1."""

    frames: int
    planes: Sequence[Plane]  # from behind to the front; the first is a `Still` that covers the canvas
    blend: Callable[[float], float]  # share of the second SVG of the stills
    air: Callable[[float], Air]
    haze: tuple[str, str]  # colour of fog before and after the blend, #rrggbb
    wind: float = 0.16  # how far rain leans
    camera: Callable[[float], Shot] | None = None


def shoot(film: Film) -> np.ndarray:
    """Draw every frame -> uint8 (frames, SIZE, SIZE, 3)."""
    size = CAMERA_SIZE if film.camera else SIZE
    drawn = [[draw(svg, size) for svg in plane.svgs] if isinstance(plane, Still) else plane for plane in film.planes]
    shots = []
    for number in range(film.frames):
        time = number / (film.frames - 1)
        share = film.blend(time)
        canvas = np.zeros((size, size, 3), np.float32)
        for plane in drawn:
            canvas = _laid(canvas, plane, time, share, size)
        if film.camera:
            canvas = _crop(canvas, film.camera(time))
        canvas = _weather(canvas, film.air(time), number / RATE, film, share)
        shots.append(np.clip(canvas + 0.5, 0, 255).astype(np.uint8))
    return np.stack(shots)


def encode(frames: np.ndarray, quality: int = 28) -> bytes:
    """uint8 (T, H, W, 3) -> the bytes of an H.264 mp4 that starts to play before it is wholly there.

    The same frames always give the same bytes: one thread, and no macroblock tree, which in x264 reads memory that was
    never written.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clip.mp4"
        with av.open(str(file), "w", options={"movflags": "faststart"}) as container:
            options = {"crf": str(quality), "preset": "medium", "threads": "1", "x264-params": "mbtree=0"}
            stream = container.add_stream("libx264", rate=RATE, options=options)
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv420p"
            for pixels in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode(None))
        return file.read_bytes()


def draw(svg: str, size: int) -> np.ndarray:
    """Content of an SVG canvas -> float32 (size, size, 4), colours 0..255 not multiplied by their alpha."""
    return _rendered(document([svg]), size)


def _rendered(svg: str, width: int) -> np.ndarray:
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=np.float32)


def over(canvas: np.ndarray, layer: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """float32 RGBA `layer` laid over a float32 RGB `canvas`."""
    alpha = layer[..., 3:] * np.float32(strength / 255)
    return canvas + (layer[..., :3] - canvas) * alpha


def _laid(
    canvas: np.ndarray,
    plane: list[np.ndarray] | Callable[[float], Sequence[Patch]],
    time: float,
    share: float,
    size: int,
) -> np.ndarray:
    """One plane more on the canvas."""
    if isinstance(plane, list):
        layer = plane[0]
        if len(plane) == 2 and share > 0:
            layer = plane[1] if share >= 1 else plane[0] + (plane[1] - plane[0]) * np.float32(share)
        return over(canvas, layer)
    canvas = canvas.copy()
    for patch in plane(time):
        _stick(canvas, patch, size)
    return canvas


def _stick(canvas: np.ndarray, patch: Patch, size: int) -> None:
    """Draw a patch on the canvas, in place."""
    scale = size / UNITS
    left, top = max(0, math.floor(patch.left * scale)), max(0, math.floor(patch.top * scale))
    right, bottom = min(size, math.ceil(patch.right * scale)), min(size, math.ceil(patch.bottom * scale))
    if not patch.svg or right <= left or bottom <= top:
        return
    width, height = right - left, bottom - top
    view = f"{n(left / scale)} {n(top / scale)} {n(width / scale)} {n(height / scale)}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{view}">{patch.svg}</svg>'
    )
    canvas[top:bottom, left:right] = over(canvas[top:bottom, left:right], _rendered(svg, width))


def _crop(canvas: np.ndarray, shot: Shot) -> np.ndarray:
    scale = canvas.shape[0] / UNITS
    box = (shot.x * scale, shot.y * scale, (shot.x + shot.side) * scale, (shot.y + shot.side) * scale)
    picture = Image.fromarray(np.clip(canvas + 0.5, 0, 255).astype(np.uint8))
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR, box=box), dtype=np.float32)


def _weather(canvas: np.ndarray, air: Air, seconds: float, film: Film, share: float) -> np.ndarray:
    if air.fog > 0:
        first, second = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)], np.float32) for c in film.haze)
        haze = first + (second - first) * np.float32(share)
        alpha = _fog_sheet() if air.fog >= 1 else _fog_sheet() * _front(air.fog)
        alpha = np.roll(alpha, round(seconds * 14), axis=1) if air.fog >= 1 else alpha
        canvas = canvas + (haze - canvas) * alpha
    if air.rain > 0:
        for sheet, (speed, start) in zip(_rain_sheets(film.wind), ((330, 0.0), (250, 0.35)), strict=True):
            fallen = speed * seconds
            moved = np.roll(sheet, (round(fallen), round(-fallen * film.wind)), axis=(0, 1))
            canvas = over(canvas, moved, min(1.0, max(0.0, (air.rain - start) / (1 - start))))
    if air.snow > 0:
        for i, (sheet, (speed, start)) in enumerate(
            zip(_snow_sheets(), ((34, 0.0), (48, 0.3), (64, 0.6)), strict=True)
        ):
            sway = 5 * math.sin(1.9 * seconds + 2 * i) - 5 * math.sin(2 * i)
            moved = np.roll(sheet, (round(speed * seconds), round(sway)), axis=(0, 1))
            canvas = over(canvas, moved, min(1.0, max(0.0, (air.snow - start) / (1 - start))))
    return canvas


def _front(amount: float) -> np.ndarray:
    """Share of fog at every column (1, SIZE, 1) while it rolls in from the left."""
    columns = np.linspace(0, 1, SIZE, dtype=np.float32)
    return np.clip((amount * 1.5 - columns) / 0.5, 0, 1)[None, :, None]


def _wrapped(piece: Callable[[float, float], str], x: float, y: float, reach: float) -> str:
    """The same piece at every place where it must be for the sheet to be seamless."""
    xs = [x + d for d in (-UNITS, 0, UNITS) if -reach < x + d < UNITS + reach]
    ys = [y + d for d in (-UNITS, 0, UNITS) if -reach < y + d < UNITS + reach]
    return "".join(piece(a, b) for a in xs for b in ys)


@lru_cache(maxsize=4)
def _rain_sheets(wind: float) -> tuple[np.ndarray, ...]:
    """Two seamless sheets of rain, near and far: float32 (SIZE, SIZE, 4)."""
    rng, sheets = np.random.default_rng(11), []
    for count, low, high, width, alpha in ((34, 16, 28, 1.5, 0.62), (46, 9, 16, 1.0, 0.5)):
        drops = ""
        for x, y, length in zip(*rng.uniform(0, UNITS, (2, count)), rng.uniform(low, high, count), strict=True):
            slant = -wind * length
            drops += _wrapped(lambda a, b, s=slant, h=length: f"M{n(a)} {n(b)}l{n(s)} {n(h)}", x, y, 30)  # type: ignore[misc]
        sheets.append(draw(stroke(drops, "rgb(232,240,250)", width, opacity=alpha), SIZE))
    return tuple(sheets)


@lru_cache(maxsize=1)
def _snow_sheets() -> tuple[np.ndarray, ...]:
    """Three seamless sheets of flakes, far, middle and near."""
    rng, sheets = np.random.default_rng(12), []
    for count, low, high, alpha in ((46, 0.8, 1.5, 0.75), (30, 1.5, 2.3, 0.88), (16, 2.3, 3.4, 0.95)):
        flakes = ""
        for x, y, size in zip(*rng.uniform(0, UNITS, (2, count)), rng.uniform(low, high, count), strict=True):
            flakes += _wrapped(lambda a, b, r=size: disc(a, b, r, "rgb(255,255,255)", opacity=n(alpha)), x, y, 5)  # type: ignore[misc]  # noqa: B023
        sheets.append(draw(flakes, SIZE))
    return tuple(sheets)


@lru_cache(maxsize=1)
def _fog_sheet() -> np.ndarray:
    """Seamless banks of fog, thicker below: alpha float32 (SIZE, SIZE, 1)."""
    rng = np.random.default_rng(13)
    across = 2 * np.pi * np.arange(SIZE, dtype=np.float32)[None, :] / SIZE
    down = np.arange(SIZE, dtype=np.float32)[:, None] / SIZE
    banks = np.zeros((SIZE, SIZE), np.float32)
    for waves in (1, 2, 3, 5):
        phase, drift = rng.uniform(0, 6.28, 2)
        banks += np.sin(waves * across + phase + 5 * down * math.sin(drift)) * np.sin(9 * down + drift) / waves
    thick = 0.16 + 0.4 * np.clip((down - 0.15) / 0.6, 0, 1)
    return np.clip(thick + 0.14 * banks, 0.05, 0.72)[..., None].astype(np.float32)
