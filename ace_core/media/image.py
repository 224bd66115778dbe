"""Pictures: file -> uint8 (H, W, 3)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ace_core.media.guard import MediaInfo, decoding, refuse
from ace_core.media.limits import MAX_PIXELS, PICTURE_FORMATS

TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
ORIENTATION = 0x0112


def load_image(path: Path | str, size: int | None = None) -> np.ndarray:
    """Decode a picture to uint8 (H, W, 3) RGB, upright, transparency over white; the first frame of an animation.

    With `size`, the short side is resized to it and the middle cut out: (size, size, 3).
    """
    path = Path(path)
    with decoding(path, "image"), _open(path) as image:
        if size is not None:
            image.draft("RGB", (size, size))  # JPEG: decode at 1/2, 1/4 or 1/8, never below what is asked
        image.load()
        picture = as_rgb(ImageOps.exif_transpose(image))
        return np.array(picture if size is None else fit_square(picture, size))


def image_info(path: Path | str) -> MediaInfo:
    path = Path(path)
    with decoding(path, "image"), _open(path) as image:
        width, height = image.size
        if image.getexif().get(ORIENTATION) in TURNED:
            width, height = height, width
        return MediaInfo("image", path.stat().st_size, width, height)


def fit_square(picture: Image.Image, size: int) -> Image.Image:
    """Resize so that the short side is `size` pixels, then cut out the middle."""
    if picture.size == (size, size):
        return picture
    return ImageOps.fit(picture, (size, size), method=Image.Resampling.BICUBIC)


def as_rgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode -> RGB: deep greys scaled to 8 bits, transparency laid over white."""
    if image.mode.startswith(("I", "F")):
        image = _to_eight_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _open(path: Path) -> Image.Image:
    image = Image.open(path, formats=PICTURE_FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        image.close()
        raise refuse(path, f"{width} x {height} pixels is over the limit of {MAX_PIXELS:,}", "make it smaller")
    return image


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys -> L. White is 65535, 255 or (for floats) 1, the least that holds all values."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    peak = float(values.max(initial=0.0))
    if image.mode.startswith("I;16") or peak > 255:
        white = max(peak, 65535.0)
    else:
        white = 1.0 if image.mode == "F" and peak <= 1.0 else 255.0
    return Image.fromarray(np.clip(values * (255.0 / white) + 0.5, 0, 255).astype(np.uint8))
