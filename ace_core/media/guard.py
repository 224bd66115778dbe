"""The one place where a failure of any decoding library becomes a `MediaError`, in words a person understands."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ace_core.collection import Modality
from ace_core.errors import MediaError
from ace_core.media.limits import MAX_BYTES
from ace_core.media.sniff import HEAD_BYTES, Kind, kind_of

NOUNS: dict[Modality, str] = {"image": "picture", "audio": "sound", "video": "clip"}
READABLE: dict[Modality, str] = {
    "image": "JPEG, PNG, WebP, GIF, BMP or TIFF",
    "audio": "WAV, FLAC, Ogg, MP3 or M4A",
    "video": "MP4, MOV, WebM, Matroska, AVI or GIF",
}
_SYSTEM: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file", "give the path of a {noun}"),
    errno.ENOTDIR: ("there is no such file", "give the path of a {noun}"),
    errno.EACCES: ("the file may not be read", "give yourself leave to read it"),
    errno.EPERM: ("the file may not be read", "give yourself leave to read it"),
    errno.ELOOP: ("the link leads back to itself", "put a {noun} in its place"),
    errno.ENAMETOOLONG: ("the name is too long", "give it a shorter one"),
    errno.EIO: ("the disk cannot read the file", "copy it anew from its source"),
    errno.EMFILE: ("too many files are open", "close other programs and start again"),
    errno.ENFILE: ("too many files are open", "close other programs and start again"),
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
    name = str(path).encode("utf-8", "backslashreplace").decode()  # a name may hold bytes that are no text
    return MediaError(f"{name}: {what}; {remedy}.")


@contextmanager
def decoding(path: Path, modality: Modality) -> Iterator[None]:
    """Check that `path` may be what it is taken for; turn whatever is raised inside into one `MediaError`."""
    try:
        kind = _begin(path, modality)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise _of_system(path, modality, error) from error
    try:
        yield
    except MediaError:
        raise
    except Exception as error:
        raise _of_library(path, modality, kind, error) from error


def _begin(path: Path, modality: Modality) -> Kind | None:
    """Look at size and first bytes; what kind of content it is, where that is known."""
    noun = NOUNS[modality]
    size = path.stat().st_size
    if not path.is_file():
        raise refuse(path, "this is not a file", f"give the path of a {noun}")
    if size == 0:
        raise refuse(path, "the file is empty", f"put a {noun} in its place")
    if size > MAX_BYTES[modality]:
        what = f"{size:,} bytes is over the limit of {MAX_BYTES[modality]:,}"
        raise refuse(path, what, f"use a smaller {noun}")
    with open(path, "rb") as stream:
        kind = kind_of(stream.read(HEAD_BYTES))
    if kind and modality not in kind.modalities:
        raise refuse(path, f"cannot be decoded as a {noun}: its content is {kind.name}", _remedy(modality))
    return kind


def _of_system(path: Path, modality: Modality, error: Exception) -> MediaError:
    number = error.errno if isinstance(error, OSError) else None
    what, remedy = _SYSTEM.get(number or 0, ("the file cannot be opened", "give the path of a {noun}"))
    return refuse(path, what, remedy.format(noun=NOUNS[modality]))


def _of_library(path: Path, modality: Modality, kind: Kind | None, error: Exception) -> MediaError:
    noun = NOUNS[modality]
    if isinstance(error, MemoryError):
        return refuse(path, f"the {noun} needs more memory than there is", f"use a smaller {noun}")
    if isinstance(error, OSError) and error.errno in _SYSTEM and error.errno != errno.EIO:  # FFmpeg's EIO: a cut file
        return _of_system(path, modality, error)
    if kind is None:
        return refuse(path, f"cannot be decoded as a {noun}: its content is of no known kind", _remedy(modality))
    detail = " ".join(str(error).replace(str(path), "").split())[:120] or type(error).__name__
    what = f"cannot be decoded: {kind.name} that is damaged, cut off or of an unusual kind ({detail})"
    return refuse(path, what, _remedy(modality))


def _remedy(modality: Modality) -> str:
    return f"replace it with a whole {READABLE[modality]} file"
