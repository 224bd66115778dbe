"""What a visitor's files are called here, what captions.csv says of them, and all of it packed to take home."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from ace_core.files import atomic_path
from app.visitors import Kept, Refused

CAPTIONS: Final = "captions.csv"
COLUMNS: Final = ("path", "caption")
MAX_CAPTION: Final = 500  # characters
NAME_LENGTH: Final = 80  # characters, without the ending
PACKED: Final = "your-media"  # folder inside the archive

Captions = tuple[tuple[str, str], ...]  # (what the visitor's machine calls the file, sentence)


def kept_name(given: str, ending: str, taken: Callable[[str], bool]) -> str:
    """A plain file name that still reads like the given one, with the ending of what the file really is.

    Letters and digits of any script, spaces, dots, hyphens and underscores are left; `taken` says which are in use.
    """
    stem = unicodedata.normalize("NFC", _last(given))
    stem = stem[: -len(suffix)] if (suffix := PurePosixPath(stem).suffix) else stem
    kept = "".join(letter if letter.isalnum() or letter in " .-_" else "_" for letter in stem)
    kept = " ".join(kept[:NAME_LENGTH].split()).strip(" .") or "file"
    while len(kept.encode()) > 2 * NAME_LENGTH:
        kept = kept[:-1].rstrip(" .")
    name, number = kept + ending, 1
    while taken(name):
        number += 1
        name = f"{kept} {number}{ending}"
    return name


def is_captions(given: str) -> bool:
    return _last(given).lower() == CAPTIONS


def read_captions(content: bytes) -> Captions:
    """The lines of a captions.csv; raises `Refused` with line and column where it is not as it should be."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        header = [(name or "").strip().lower() for name in rows.fieldnames or ()]
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise Refused(
                f"The first line of {CAPTIONS} must name the columns path and caption; {missing[0]} is missing."
            )
        rows.fieldnames = header
        found = []
        for row in rows:
            given, sentence = ((row[column] or "").strip() for column in COLUMNS)
            if given and sentence:
                found.append((given, " ".join(sentence.split())[:MAX_CAPTION]))
    except UnicodeDecodeError:
        raise Refused(f"{CAPTIONS} is not UTF-8 text; save it as UTF-8 and send it again.", 415) from None
    except csv.Error as error:
        raise Refused(f"{CAPTIONS} is no CSV file ({error}); save it again.", 415) from None
    if not found:
        raise Refused(f"{CAPTIONS} holds no captions; write one line a caption: path,caption.", 415)
    return tuple(found)


def captions_of(files: Mapping[str, Kept], captions: Captions) -> Captions:
    """(kept name, sentence) for the lines whose file is here, by its whole given path or else by its last part."""
    by_path: dict[str, str] = {}
    for name_of in (_last, _plain):
        for kept in reversed(list(files.values())):
            by_path[name_of(kept.given)] = kept.name
    found = []
    for given, sentence in captions:
        name = by_path.get(_plain(given)) or by_path.get(_last(given))
        if name:
            found.append((name, sentence))
    return tuple(found)


def write_captions(path: Path, captions: Captions) -> None:
    """As `ace_core.datasets.folder` reads it; no file where there are none."""
    if not captions:
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as staged, open(staged, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(captions)


def write_archive(path: Path, folders: Sequence[Path]) -> None:
    """Folders that lie side by side as one .zip, wholly there or not at all; unpacked, they lie side by side again."""
    with atomic_path(path) as staged, zipfile.ZipFile(staged, "w", zipfile.ZIP_STORED) as archive:
        for folder in folders:
            for file in sorted(folder.rglob("*")):
                inner = file.relative_to(folder.parent)
                if file.is_file() and not any(part.startswith(".") for part in inner.parts):
                    archive.write(file, (Path(PACKED) / inner).as_posix())


def _plain(given: str) -> str:
    return given.replace("\\", "/").removeprefix("./").strip("/")


def _last(given: str) -> str:
    return _plain(given).rsplit("/", 1)[-1]
