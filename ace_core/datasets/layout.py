"""What the published layouts share: finding files, reading tables, and turning what is listed into a `Collection`.

A published split becomes one of ours: train -> train, val -> dev, test -> held_out. Where no test split is published,
val is what is measured (held_out), and the collection's name says so. Where nothing is left for dev, a seeded 5 % of
train is dev. Sentences of train items are captions; those of dev and held_out items are queries only, so they can never
index or teach anything.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np

from ace_core.collection import Caption, Collection, Item, Modality, Split
from ace_core.errors import CollectionError

Part = Literal["train", "val", "test"]  # as publishers call their splits

DEV_SHARE = 0.05  # of the train items, where no published split is left to make choices on
MEDIA_NAMES: dict[Modality, str] = {"image": "pictures", "audio": "sounds", "video": "clips"}
SOUND_ENDINGS = (".wav", ".flac", ".ogg", ".mp3", ".m4a")
CLIP_ENDINGS = (".mp4", ".avi", ".webm", ".mkv", ".mov")


@dataclass(frozen=True)
class Entry:
    """One item as its publisher lists it. `path`: where its file is or should be, below the root, in POSIX form."""

    id: str
    path: str
    part: Part
    texts: tuple[str, ...]


def gather(name: str, root: Path, modality: Modality, entries: Sequence[Entry], source: str, seed: int) -> Collection:
    """The entries whose files are there, as a collection; the missing ones are counted on stderr with an example.

    name: of the collection; "-val" is added where the val split is what is measured.
    source: the file that lists the entries, for messages. Raises `CollectionError` where an id comes twice, where no
    file is there at all, or none of those that are to be measured.
    """
    _refuse_repeats(entries, source)
    has_test = any(entry.part == "test" for entry in entries)
    present: list[Entry] = []
    missing: list[Entry] = []
    for entry in entries:
        (present if (root / entry.path).is_file() else missing).append(entry)
    kind = MEDIA_NAMES[modality]
    if not present:
        example = f" (such as {missing[0].path})" if missing else ""
        raise CollectionError(f"None of the {len(entries)} {kind} of {source} is below {root}{example}; check --root.")
    splits: dict[Part, Split] = {"train": "train", "val": "dev" if has_test else "held_out", "test": "held_out"}
    items = [_item(entry, splits[entry.part], modality) for entry in present]
    _tell(missing, len(entries), kind, "are not there")
    _tell([entry for entry in present if not any(map(str.strip, entry.texts))], len(entries), kind, "have no sentence")
    if not any(item.split == "held_out" for item in items):
        measured = "test" if has_test else "val"
        raise CollectionError(
            f"No {kind} of the {measured} split of {source} are below {root}; nothing can be measured."
        )
    if not any(item.split == "dev" for item in items):
        items = with_dev(items, seed)
    return Collection(name=name if has_test else f"{name}-val", root=root, items=tuple(items))


def with_dev(items: Sequence[Item], seed: int) -> list[Item]:
    """A seeded `DEV_SHARE` of the train items becomes dev, their captions queries."""
    train = [i for i, item in enumerate(items) if item.split == "train"]
    chosen = set(np.random.default_rng(seed).permutation(train)[: round(DEV_SHARE * len(train))].tolist())
    return [
        replace(item, split="dev", captions=(), queries=item.captions) if i in chosen else item
        for i, item in enumerate(items)
    ]


def _item(entry: Entry, split: Split, modality: Modality) -> Item:
    said = tuple(Caption(text) for text in (text.strip() for text in entry.texts) if text)
    train = split == "train"
    return Item(entry.id, modality, entry.path, said if train else (), () if train else said, split)


def _refuse_repeats(entries: Sequence[Entry], source: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise CollectionError(f"{source} repeats {entry.id!r}; every item may be listed once.")
        seen.add(entry.id)


def _tell(lacking: Sequence[Entry], listed: int, kind: str, what: str) -> None:
    if lacking:
        parts = Counter(entry.part for entry in lacking)
        told = ", ".join(f"{count} of {part}" for part, count in parts.items())
        print(f"{len(lacking)} of {listed} {kind} {what}, such as {lacking[0].path} ({told})", file=sys.stderr)


# Finding


def find(root: Path, name: str) -> Path | None:
    """The file `name` in `root`, or else in a folder of it; `CollectionError` where several folders hold one."""
    if not root.is_dir():
        raise CollectionError(f"There is no folder {root}; give the folder of the data set with --root.")
    if (root / name).is_file():
        return root / name
    found = [folder / name for folder in _folders(root) if (folder / name).is_file()]
    if len(found) > 1:
        places = " and ".join(file.parent.name for file in found[:3])
        raise CollectionError(f"{name} is in several folders of {root}: {places}; put the one to read into {root}.")
    return found[0] if found else None


def require(root: Path, name: str, what: str) -> Path:
    """Like `find`, but `CollectionError` where there is none; `what` says where to get it."""
    found = find(root, name)
    if found is None:
        raise CollectionError(f"There is no {name} in {root} or in a folder of it; {what}.")
    return found


def folder_of(root: Path, folders: Sequence[str], names: Sequence[str]) -> str:
    """Which of `folders` below `root` holds files of these names; the first folder where none does."""
    for folder in folders:
        if (root / folder).is_dir() and any((root / folder / name).is_file() for name in names):
            return folder
    return folders[0]


def files_by_stem(root: Path, endings: Sequence[str]) -> dict[str, str]:
    """Name without ending -> path relative to `root`, of every file below it with one of the endings.

    Of two files with one name the first in the order of their paths counts. Links to folders are followed, once each.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    for place, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = PurePosixPath(Path(place).relative_to(root).as_posix())
        for name in sorted(names):
            stem, ending = os.path.splitext(name)
            if ending.lower() in endings and not name.startswith("."):
                found.setdefault(stem, (inside / name).as_posix())
    return found


def _folders(root: Path) -> list[Path]:
    try:
        with os.scandir(root) as found:
            return sorted(Path(one.path) for one in found if one.is_dir() and not one.name.startswith("."))
    except OSError as error:
        raise CollectionError(f"The folder {root} cannot be read ({error.strerror}); check --root.") from error


# Reading


def read_csv(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """(where, row by column) of a CSV file with a header; `CollectionError` names file, line and column."""
    with open(file, encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        try:
            lacking = [column for column in columns if column not in (rows.fieldnames or ())]
            if lacking:
                raise CollectionError(f"{file.name}: the header lacks the column {lacking[0]!r}.")
            for row in rows:
                where = f"{file.name} line {rows.line_num}"
                if None in row or None in row.values():
                    raise CollectionError(f"{where}: the line has not as many columns as the header; quote commas.")
                yield where, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise CollectionError(f"{file.name} after line {rows.line_num} is not CSV in UTF-8 ({error}).") from error


def read_lines(file: Path) -> list[str]:
    """The lines of a text file that are not empty, without line ends."""
    try:
        return [line for line in file.read_text(encoding="utf-8-sig").split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise CollectionError(f"{file.name} is not text in UTF-8 ({error}).") from error


def read_object(text: str, source: str) -> dict[str, Any]:
    """A JSON object; `CollectionError` names `source`."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise CollectionError(f"{source} is not JSON ({error.msg} at line {error.lineno}).") from error
    if not isinstance(value, dict):
        raise CollectionError(f"{source} must hold a JSON object, not {type(value).__name__}.")
    return value


def plain_name(name: object, where: str, column: str) -> str:
    """`name` if it is the bare name of a file; anything that leads elsewhere is refused."""
    bare = isinstance(name, str) and bool(name.strip()) and PurePosixPath(name).name == name != ".."
    if not isinstance(name, str) or not bare or "\\" in name:
        raise CollectionError(f"{where}: field {column!r} must be a file's name, not {name!r}.")
    return name


def no_split_file(json_file: Path | None, name: str) -> None:
    """Refuse --json-file for a data set whose files are found by their published names."""
    if json_file is not None:
        raise CollectionError(f"{name} reads the files of its publishers below --root; leave out --json-file.")
