"""What media lie below a folder, and what of it had to be left out and why.

Links to files are followed where they lead to a place below the folder, and never out of it. Links to folders are not
followed: what they lead to below the folder is found there, so no loop can arise. The folder itself may be a link.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ace_core.collection import MODALITIES, Modality
from ace_core.errors import MediaError

ENDINGS: dict[Modality, frozenset[str]] = {
    "image": frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}),
    "audio": frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac"}),
    "video": frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"}),
}
NOT_READ = {  # media of kinds that the packages used cannot decode, and what to do with them
    **dict.fromkeys((".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd"), "export it as JPEG or PNG"),
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf"), "develop it to JPEG"),
    **dict.fromkeys((".svg", ".eps", ".ai"), "draw it to PNG"),
    **dict.fromkeys((".wma", ".amr", ".mid", ".midi", ".ape"), "convert it to FLAC or MP3"),
    **dict.fromkeys((".wmv", ".flv", ".mpg", ".mpeg", ".3gp", ".vob"), "convert it to MP4"),
}
TEXTS = frozenset({".txt", ".csv"})  # may hold captions
SYSTEM_FOLDERS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"})
_MEDIA = frozenset().union(*ENDINGS.values())


@dataclass(frozen=True)
class LeftOut:
    """Something that is not in the collection, by its path below the root, and why."""

    path: str
    reason: str


@dataclass
class Scan:
    """Paths below the root in POSIX form, sorted."""

    files: list[str] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    left_out: list[LeftOut] = field(default_factory=list)


def modality_of(path: Path) -> Modality:
    """By the file's ending; `MediaError` where it is none of ours."""
    for modality in MODALITIES:
        if path.suffix.lower() in ENDINGS[modality]:
            return modality
    known = ", ".join(sorted(_MEDIA))
    raise MediaError(f"{path.name} is of no known kind; the known endings are {known}.")


def scan(root: Path) -> Scan:
    """Every media file and text below `root`. Hidden files, and what systems leave behind, are passed over."""
    found, home, waiting = Scan(), os.path.realpath(root), [""]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(root / inside) as entries:
                for entry in entries:
                    if not entry.name.startswith(".") and entry.name not in SYSTEM_FOLDERS:
                        _look(entry, f"{inside}/{entry.name}" if inside else entry.name, home, found, waiting)
        except OSError as error:
            why = f"the folder cannot be read ({error.strerror}); give yourself leave to read it"
            found.left_out.append(LeftOut(printable(inside or "."), why))
    found.files.sort()
    found.left_out.sort(key=lambda one: one.path)
    return found


def printable(path: str) -> str:
    """A path that can be printed and written: bytes that are no text are shown as such."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _look(entry: os.DirEntry[str], path: str, home: str, found: Scan, waiting: list[str]) -> None:
    """Put one entry of a folder where it belongs."""
    ending = os.path.splitext(path)[1].lower()
    is_folder = entry.is_dir(follow_symlinks=False)
    if not is_folder and ending not in _MEDIA | TEXTS | NOT_READ.keys() and not entry.is_symlink():
        return
    reason = _unfit_name(entry.name) or (None if is_folder else _unfit_file(entry, ending, home))
    if reason is None and ending in NOT_READ and not is_folder:
        reason = f"{ending} files are not read; {NOT_READ[ending]}"
    if reason is not None:
        if reason:
            found.left_out.append(LeftOut(printable(path), reason))
    elif is_folder:
        waiting.append(path)
    elif ending in _MEDIA:
        found.files.append(path)
    else:
        found.texts.add(path)


def _unfit_name(name: str) -> str | None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid UTF-8; rename it"
    return "its name holds a backslash, which other systems take for a folder; rename it" if "\\" in name else None


def _unfit_file(entry: os.DirEntry[str], ending: str, home: str) -> str | None:
    """Why what is no folder cannot be used; "" where it is nothing to speak of, None where it can."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        if ending not in _MEDIA:
            return ""
        return f"it leads to no file ({error.strerror}); put the file in its place"
    outside = entry.is_symlink() and os.path.commonpath([home, os.path.realpath(entry.path)]) != home
    if stat.S_ISDIR(mode):
        return "the link leads out of the folder; put a copy in its place, or give that folder" if outside else ""
    if ending not in _MEDIA | TEXTS | NOT_READ.keys():
        return ""
    if outside:
        return "the link leads out of the folder; put a copy in its place"
    return None if stat.S_ISREG(mode) else "it is not a file; remove it"
