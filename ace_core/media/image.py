"""Pictures: file -> uint8 (H, W, 3)."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ace_core.media.guard import MediaInfo, decoding, refuse
from ace_core.media.limits import MAX_PIXELS, PICTURE_FORMATS

ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT = {  # what turns a picture of each orientation upright; the last four swap width and height
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow warns of pictures over its own limit; ours is checked here, on what will be decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def load_image(path: Path | str, size: int | None = None) -> np.ndarray:
    """Decode a picture to uint8 (H, W, 3) RGB, upright, transparency over white; the first frame of an animation.

    With `size`, the short side is resized to it and the middle cut out: (size, size, 3).
    """
    path = Path(path)
    with decoding(path, "image"), _open(path) as image:
        _reduce(path, image, size)
        image.load()
        picture = as_rgb(_upright(image))
        return np.array(picture if size is None else fit_square(picture, size))


def image_info(path: Path | str) -> MediaInfo:
    path = Path(path)
    with decoding(path, "image"), _open(path) as image:
        width, height = image.size
        _reduce(path, image, 1)  # to find its EXIF some pictures are decoded
        if _orientation(image) >= 5:
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
    try:
        return Image.open(path, formats=PICTURE_FORMATS)
    except Image.DecompressionBombError as error:
        what = f"the pixels are far over the limit of {MAX_PIXELS:,}"
        raise refuse(path, what, "make the picture smaller") from error


def _reduce(path: Path, image: Image.Image, size: int | None) -> None:
    """Choose the scale to decode at, and refuse what has too many pixels even so."""
    width, height = image.size
    if size is not None:
        image.draft("RGB", (size, size))  # JPEG: decode at 1/2, 1/4 or 1/8, never below what is asked
    # A progressive JPEG is held in memory at its full size, whatever the scale.
    decoded = (width, height) if image.info.get("progressive") else image.size
    if decoded[0] * decoded[1] > MAX_PIXELS:
        what = f"{width} x {height} pixels is over the limit of {MAX_PIXELS:,}"
        raise refuse(path, what, "make the picture smaller")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, upright, where the camera's notes are damaged: the pixels may be whole."""
    try:
        orientation = int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # every kind of damage raises another kind
        return 1
    return orientation if orientation in UPRIGHT else 1


def _upright(image: Image.Image) -> Image.Image:
    orientation = _orientation(image)
    return image if orientation == 1 else image.transpose(UPRIGHT[orientation])


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys -> L. White is 65535, 255 or (for floats) 1, the least that holds all values."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    peak = float(values.max(initial=0.0))
    if image.mode.startswith("I;16") or peak > 255:
        white = max(peak, 65535.0)
    else:
        white = 1.0 if image.mode == "F" and peak <= 1.0 else 255.0
    return Image.fromarray(np.clip(values * (255.0 / white) + 0.5, 0, 255).astype(np.uint8))
