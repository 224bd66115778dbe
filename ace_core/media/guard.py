"""The one place where a failure of any decoding library becomes a `MediaError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ace_core.collection import Modality
from ace_core.errors import MediaError
from ace_core.media.limits import MAX_BYTES

NOUNS: dict[Modality, str] = {"image": "picture", "audio": "sound", "video": "clip"}
READABLE: dict[Modality, str] = {
    "image": "JPEG, PNG, WebP, GIF, BMP or TIFF",
    "audio": "WAV, FLAC, Ogg or MP3",
    "video": "MP4, WebM, Matroska, AVI or GIF",
}


@dataclass(frozen=True)
class MediaInfo:
    """What a file announces of itself, read without decoding it; None where the modality has no such thing."""

    modality: Modality
    bytes: int
    width: int | None = None  # pixels; of a picture as shown, of a clip before it is turned upright
    height: int | None = None
    seconds: float | None = None
    frames: int | None = None  # of a clip; samples of one channel of a sound
    rate: float | None = None  # frames or samples a second
    channels: int | None = None


def refuse(path: Path, what: str, remedy: str) -> MediaError:
    """The error that names the file, what was wrong and what to do."""
    return MediaError(f"{path}: {what}; {remedy}.")


@contextmanager
def decoding(path: Path, modality: Modality) -> Iterator[None]:
    """Check that `path` is a file of sensible size; turn whatever is raised inside into one `MediaError`."""
    noun = NOUNS[modality]
    try:
        if not path.is_file():
            raise refuse(path, "there is no such file", f"give the path of a {noun}")
        size = path.stat().st_size
        if size == 0:
            raise refuse(path, "the file is empty", f"put a {noun} in its place")
        if size > MAX_BYTES:
            raise refuse(path, f"{size:,} bytes is over the limit of {MAX_BYTES:,}", f"use a smaller {noun}")
        yield
    except MediaError:
        raise
    except Exception as error:
        detail = " ".join(str(error).split())[:160] or type(error).__name__
        remedy = f"replace it with a whole {READABLE[modality]} file"
        raise refuse(path, f"cannot be decoded as a {noun} ({detail})", remedy) from error
