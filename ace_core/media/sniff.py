"""What a file is by its first bytes, whatever its name says: for the reasons that errors give."""

from __future__ import annotations

from codecs import getincrementaldecoder
from dataclasses import dataclass

from ace_core.collection import Modality

HEAD_BYTES = 512


@dataclass(frozen=True)
class Kind:
    """A kind of content in words, and the modalities that it may be read as."""

    name: str
    modalities: frozenset[Modality] = frozenset()


def _kind(name: str, *modalities: Modality) -> Kind:
    return Kind(name, frozenset(modalities))


_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", _kind("a JPEG picture", "image")),
    (b"\x89PNG\r\n\x1a\n", _kind("a PNG picture", "image")),
    (b"GIF8", _kind("a GIF picture", "image", "video")),
    (b"BM", _kind("a BMP picture", "image")),
    (b"II*\0", _kind("a TIFF picture", "image")),
    (b"MM\0*", _kind("a TIFF picture", "image")),
    (b"8BPS", _kind("a Photoshop document")),
    (b"fLaC", _kind("a FLAC sound", "audio")),
    (b"OggS", _kind("an Ogg file", "audio", "video")),
    (b"ID3", _kind("an MP3 sound", "audio")),
    (b"\xff\xfb", _kind("an MP3 sound", "audio")),
    (b"\xff\xf3", _kind("an MP3 sound", "audio")),
    (b"\xff\xf2", _kind("an MP3 sound", "audio")),
    (b"\xff\xf1", _kind("an AAC sound", "audio")),
    (b"\xff\xf9", _kind("an AAC sound", "audio")),
    (b"FORM", _kind("an AIFF sound", "audio")),
    (b"\x1aE\xdf\xa3", _kind("a Matroska or WebM file", "audio", "video")),
    (b"\0\0\x01\xba", _kind("an MPEG clip", "video")),
    (b"%PDF", _kind("a PDF document")),
    (b"PK\x03\x04", _kind("a ZIP archive")),
    (b"\x1f\x8b", _kind("a gzip archive")),
    (b"\x7fELF", _kind("a program")),
    (b"MZ", _kind("a program")),
)
_RIFF = {
    b"WAVE": _kind("a WAV sound", "audio"),
    b"WEBP": _kind("a WebP picture", "image"),
    b"AVI ": _kind("an AVI clip", "video"),
}
_BRANDS = {  # of an ISO media file: the four bytes after "ftyp"
    b"heic": _kind("a HEIC picture"),
    b"heix": _kind("a HEIC picture"),
    b"mif1": _kind("a HEIC or AVIF picture"),
    b"avif": _kind("an AVIF picture"),
    b"M4A ": _kind("an M4A sound", "audio"),
}
_TEXT = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(32, 127)))


def kind_of(head: bytes) -> Kind | None:
    """What content begins with `head` (up to `HEAD_BYTES` bytes); None where it is nothing known."""
    if not head.strip(b"\0"):
        return _kind("nothing but zeros")
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _kind("an MP4 or QuickTime file", "audio", "video"))
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:1] == head[188:189] == head[376:377] == b"G":  # its packets are 188 bytes long
        return _kind("an MPEG transport stream", "audio", "video")
    return _text(head)


def _text(head: bytes) -> Kind | None:
    try:
        words = getincrementaldecoder("utf-8")().decode(head)  # the cut may go through a character
    except UnicodeDecodeError:
        return None
    words = words.lstrip("\ufeff \r\n\t").lower()
    if words.startswith(("<!doctype html", "<html")):
        return _kind("a web page")
    if words.startswith(("<svg", "<?xml")):
        return _kind("an SVG drawing or other XML")
    return None if any(ord(letter) < 128 and ord(letter) not in _TEXT for letter in words) else _kind("text")
