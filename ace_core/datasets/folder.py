"""Any folder of pictures, sounds and clips, with captions from a CSV file where there is one."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from ace_core.collection import MODALITIES, Caption, Collection, Item, Modality, Split
from ace_core.datasets import DATASETS
from ace_core.errors import CollectionError, MediaError

ENDINGS: dict[Modality, frozenset[str]] = {
    "image": frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}),
    "audio": frozenset({".wav", ".flac", ".ogg", ".mp3"}),
    "video": frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi"}),
}
CAPTIONS = "captions.csv"


def modality_of(path: Path) -> Modality:
    """By the file's ending; `MediaError` where it is none of ours."""
    for modality in MODALITIES:
        if path.suffix.lower() in ENDINGS[modality]:
            return modality
    known = ", ".join(sorted(ending for endings in ENDINGS.values() for ending in endings))
    raise MediaError(f"{path.name} is of no known kind; the known endings are {known}.")


@DATASETS.register("folder")
def load_folder(
    root: Path, captions: Path | None = None, held_out: float = 0.1, dev: float = 0.05, seed: int = 0
) -> Collection:
    """Every media file below `root`; captions from `captions`, else from `root`/captions.csv if it is there.

    The CSV has a header with the columns `path` (relative to `root`) and `caption`, one line a caption. Of the items
    that have captions a share `held_out` and a share `dev` keep them as queries, never to be trained on.
    """
    root = Path(root)
    if not root.is_dir():
        raise CollectionError(f"There is no folder {root}; give the folder that holds the media.")
    endings = frozenset().union(*ENDINGS.values())
    files = sorted(
        file.relative_to(root)
        for file in root.rglob("*")
        if file.is_file() and file.suffix.lower() in endings and not file.name.startswith(".")
    )
    if not files:
        raise CollectionError(f"{root} holds no pictures, sounds or clips with a known ending.")
    table = captions or (root / CAPTIONS if (root / CAPTIONS).is_file() else None)
    said = _read_captions(table, {file.as_posix() for file in files}) if table else {}
    splits = _splits(sorted(said), held_out, dev, seed)
    items = []
    for file in files:
        name = file.as_posix()
        split = splits.get(name, "train")
        texts = tuple(Caption(text) for text in said.get(name, ()))
        items.append(
            Item(
                id=name,
                modality=modality_of(file),
                path=name,
                captions=texts if split == "train" else (),
                queries=() if split == "train" else texts,
                split=split,
            )
        )
    return Collection(name=root.resolve().name, root=root, items=tuple(items))


def _splits(names: list[str], held_out: float, dev: float, seed: int) -> dict[str, Split]:
    order = np.random.default_rng(seed).permutation(len(names))
    first, second = int(held_out * len(names)), int((held_out + dev) * len(names))
    return {
        names[item]: "held_out" if place < first else "dev" if place < second else "train"
        for place, item in enumerate(order)
    }


def _read_captions(table: Path, known: set[str]) -> dict[str, list[str]]:
    if not table.is_file():
        raise CollectionError(f"There is no caption table {table}; give a CSV file with the columns path and caption.")
    said: dict[str, list[str]] = defaultdict(list)
    with open(table, encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        for column in ("path", "caption"):
            if column not in (rows.fieldnames or ()):
                raise CollectionError(f"{table.name}: the header lacks the column {column!r}.")
        for row in rows:
            name, text = (row["path"] or "").strip(), (row["caption"] or "").strip()
            if name not in known:
                raise CollectionError(f"{table.name} line {rows.line_num}: column 'path' names {name!r}, not there.")
            if not text:
                raise CollectionError(f"{table.name} line {rows.line_num}: column 'caption' is empty.")
            said[name].append(text)
    return said
