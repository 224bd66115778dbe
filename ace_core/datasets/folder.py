"""Any folder of pictures, sounds and clips, with captions for all, some or none of them."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from ace_core.collection import Caption, Collection, Item, Modality, Split
from ace_core.datasets import DATASETS
from ace_core.datasets.captions import read_sidecars, read_table
from ace_core.datasets.scan import ENDINGS, LeftOut, modality_of, scan
from ace_core.errors import CollectionError
from ace_core.files import sha256_file

__all__ = ["CAPTIONS", "ENDINGS", "LeftOut", "load_folder", "modality_of"]

CAPTIONS = "captions.csv"


@DATASETS.register("folder")
def load_folder(
    root: Path,
    captions: Path | None = None,
    held_out: float = 0.1,
    dev: float = 0.05,
    seed: int = 0,
    left_out: list[LeftOut] | None = None,
) -> Collection:
    """Every media file below `root`, by its path there as its id.

    Captions come from the CSV table `captions`, else from `root`/captions.csv; of files that the table says nothing of,
    from photo.jpg.txt or photo.txt beside photo.jpg, one caption a line. Of the items that have captions a share
    `held_out` and a share `dev` keep them as queries, never to be trained on. Of files with the same content one is
    kept, with the captions of all. Whatever is not in the collection is appended to `left_out` (None: told on stderr).
    """
    root = Path(root)
    if not root.is_dir():
        raise CollectionError(f"There is no folder {root}; give the folder that holds the media.")
    found = scan(root)
    if not found.files:
        why = f" ({found.left_out[0].path}: {found.left_out[0].reason})" if found.left_out else ""
        raise CollectionError(f"{root} holds no pictures, sounds or clips with a known ending{why}.")
    table = captions or (root / CAPTIONS if CAPTIONS in found.texts else None)
    said = read_table(table, found.files, found.left_out) if table else {}
    said |= read_sidecars(root, (name for name in found.files if name not in said), found.texts, found.left_out)
    copies = _copies(root, found.files)
    for copy, kept in copies.items():
        found.left_out.append(LeftOut(copy, f"the same content as {kept}, which is kept; remove one of the two"))
        if copy in said:
            said[kept] = list(dict.fromkeys([*said.get(kept, ()), *said.pop(copy)]))
    _report(found.left_out, left_out)
    splits = _splits(sorted(said), held_out, dev, seed)
    items = [_item(name, splits.get(name, "train"), said.get(name, [])) for name in found.files if name not in copies]
    return Collection(name=root.resolve().name, root=root, items=tuple(items))


def _item(name: str, split: Split, said: list[str]) -> Item:
    texts = tuple(Caption(text) for text in said)
    train = split == "train"
    return Item(name, modality_of(Path(name)), name, texts if train else (), () if train else texts, split)


def _copies(root: Path, files: list[str]) -> dict[str, str]:
    """Which files have the content of another of their modality: copy -> the one that is kept."""
    alike: dict[tuple[Modality, int], list[str]] = defaultdict(list)
    for name in sorted(files, key=lambda name: (root / name).is_symlink()):  # a file is kept rather than a link to it
        size = os.path.getsize(root / name) if os.path.exists(root / name) else 0
        if size:
            alike[modality_of(Path(name)), size].append(name)
    copies: dict[str, str] = {}
    for names in alike.values():
        first: dict[str, str] = {}
        for name in names if len(names) > 1 else ():
            try:
                kept = first.setdefault(sha256_file(root / name), name)
            except OSError:  # what cannot be read is told of when it is decoded
                continue
            if kept != name:
                copies[name] = kept
    return copies


def _report(told: list[LeftOut], left_out: list[LeftOut] | None) -> None:
    if left_out is not None:
        left_out += told
        return
    for one in told:
        print(f"left out: {one.path}: {one.reason}", file=sys.stderr)


def _splits(names: list[str], held_out: float, dev: float, seed: int) -> dict[str, Split]:
    order = np.random.default_rng(seed).permutation(len(names))
    first, second = int(held_out * len(names)), int((held_out + dev) * len(names))
    return {
        names[item]: "held_out" if place < first else "dev" if place < second else "train"
        for place, item in enumerate(order)
    }
