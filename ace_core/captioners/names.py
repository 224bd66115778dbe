"""File and folder names as weak text: "Holiday 2023/Crete/IMG_20230405_beach-sunset.jpg" says where and what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from ace_core.captioners.cleaning import clean
from ace_core.captioners.field import DESCRIBERS, check_request
from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import Media


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


CAMERAS = _listed("cimg dcim dsc dscf dscn dsci gopr img imag imgp mg mvi pict pxl sdc vid vlc")
"""What cameras and telephones put before their numbers."""
GENERIC = _listed(
    """album audio audios camera capture clip clips copy data dataset desktop dev document documents download downloads
    edited export file files folder frame gallery image images input item items media misc movie movies my new original
    output photo photos pic pics picture pictures raw recording recordings roll sample samples scan screenshot sound
    sounds temp test the thumb thumbnail tmp train unnamed untitled upload uploads val valid validation video videos wav
    whatsapp"""
)
"""Words that say nothing about one item among many; a name of these and of little words alone is dropped."""
LITTLE = _listed("a am an and at by for from in is it of on or pm the to with")

_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
_CAMERA_FOLDER = re.compile(r"\d{3}[A-Z0-9_]{5}")  # 100CANON
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-_. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"  # 20230405, 2023-04-05
    r"|(?:0?[1-9]|[12]\d|3[01])([-_.])(?:0?[1-9]|1[0-2])\2(?:19|20)\d\d)(?!\d)"  # 05.04.2023
)
_TIME = re.compile(r"(?<!\d)(?:[01]\d|2[0-3])([-_.:h])[0-5]\d(?:\1[0-5]\d)?(?!\d)", re.I)
_HUMP = re.compile(r"(?<=[^\W\d_A-Z][^\W\d_A-Z])(?=[A-Z][^\W\d_A-Z])")
_PIECES = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGITS = "0123456789"
_LETTER_AND_NUMBER = re.compile(r"[A-Za-z]{1,2}\d{2,}")
_HEX = re.compile(r"[0-9a-f]+", re.I)


@DESCRIBERS.register("names")
class NameDescriber:
    """The words of an item's path below the collection's folder."""

    name = "names"
    modalities: frozenset[Modality] = frozenset(MODALITIES)
    cached = False
    fingerprint = "names-1"

    def __init__(self, root: Path | None = None) -> None:
        self.root = root

    @classmethod
    def load(cls, root: str | Path | None = None) -> NameDescriber:
        """root: the folder whose own name and those above it say nothing. Without it an item's id counts where it is
        the end of the path, as in a collection made from a folder, else the file and the one folder it lies in."""
        return cls(Path(root) if root is not None else None)

    def describe(self, media: Sequence[Media], count: int, seed: int) -> list[list[str]]:
        """All the words first, then those of the file and its own folder, then those of the file alone."""
        check_request(self, media, count)
        return [clean(sentences(self._parts(one)), count) for one in media]

    def _parts(self, one: Media) -> tuple[str, ...]:
        if self.root is not None and one.path.is_relative_to(self.root):
            return one.path.relative_to(self.root).parts
        named = PurePosixPath(one.id).parts
        return named if named and one.path.parts[-len(named) :] == named else one.path.parts[-2:]


def sentences(parts: Sequence[str]) -> list[str]:
    """Folder names from the outermost to the file's own -> weak sentences, none where nothing is left."""
    *folders, file = [words_of(part) for part in (*parts[:-1], PurePosixPath(parts[-1]).stem)]
    folders = [folder for folder in folders if folder]
    shapes = [[file, *folders], [file, *folders[-1:]], [file]]
    texts = [", ".join(filter(None, shape)) for shape in shapes]
    return [text for text in dict.fromkeys(texts) if text]


def words_of(name: str) -> str:
    """The words of one file's stem or one folder's name; empty where it is a number, a date, a hash or generic."""
    text = unicodedata.normalize("NFC", "" if _CAMERA_FOLDER.fullmatch(name) else unquote(name))
    for pattern in (_UUID, _DATE, _TIME):
        text = pattern.sub(" ", text)
    words = [word for piece in _PIECES.findall(text) for word in _words(piece)]
    telling = [word for word in words if not word.isdigit() and word.casefold() not in GENERIC | LITTLE]
    return " ".join(words) if telling else ""


def _words(piece: str) -> list[str]:
    """A run of letters and digits -> its words: split at humps, numbers cut off, none of a camera or a hash."""
    if piece.isdigit():
        return [piece] if _YEAR.fullmatch(piece) else []
    if piece.casefold() in GENERIC:
        return [piece]
    if _is_code(piece):
        return []
    humps = [hump.rstrip(_DIGITS) if len(hump.rstrip(_DIGITS)) > 2 else hump for hump in _HUMP.split(piece)]
    return [hump for hump in humps if not _is_number(hump)]


def _is_number(word: str) -> bool:
    """What cameras write, a lone letter of an alphabet, or a letter before a number, as in P1000123."""
    if word.casefold().rstrip(_DIGITS) in CAMERAS or _LETTER_AND_NUMBER.fullmatch(word):
        return True
    return len(word) == 1 and word.isascii() and word not in "aAI"


def _is_code(piece: str) -> bool:
    """A hash or a random name: long hexadecimal, letters and digits in turn, or capitals all over."""
    turns = len(re.findall(r"\d+", piece)) + len(re.findall(r"[^\W\d]+", piece))
    if _HEX.fullmatch(piece) and (len(piece) >= 16 or (len(piece) >= 7 and turns > 2)):
        return True
    humps = len(re.findall(r"[a-z](?=[A-Z])", piece))
    return turns > 3 or (humps > 2 and 4 * humps > len(piece))
