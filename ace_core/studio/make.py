"""Makes a collection of drawn pictures, synthesised sounds and animated clips, the same one for the same seed.

Every item depends on (seed, modality, index) alone, so any process may make any item, an interrupted run goes on where
it stopped, and a larger collection begins with the items of a smaller one.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from tqdm import tqdm

from ace_core.collection import MODALITIES, Collection, Item, Modality, Split
from ace_core.config import load_config, save_config
from ace_core.errors import CollectionError
from ace_core.files import atomic_path

STUDIO_VERSION = 1
FILES_A_FOLDER = 1000
_BLOCK = 20  # of every 20 items in a row 4 are held out and 1 is for choices
_STUDIOS: dict[Modality, str] = {"image": "pictures", "audio": "sounds", "video": "clips"}  # modules, and folders


@dataclass(frozen=True)
class StudioConfig:
    """How many of each to make, and from which seed."""

    pictures: int = 2400
    sounds: int = 1200
    clips: int = 600
    seed: int = 1
    version: int = STUDIO_VERSION

    def count(self, modality: Modality) -> int:
        return getattr(self, _STUDIOS[modality])


def split_of(seed: int, modality: Modality, index: int) -> Split:
    """The split of one item: 20 % held out, 5 % dev, the rest train, exactly so in every block of 20."""
    block, place = divmod(index, _BLOCK)
    order = np.random.default_rng((seed, 97, MODALITIES.index(modality), block)).permutation(_BLOCK)
    slot = int(order[place])
    return "held_out" if slot < 4 else "dev" if slot == 4 else "train"


def make_item(seed: int, modality: Modality, index: int, root: Path) -> Item:
    """Make one item's file below `root` (unless it is there already) and describe it."""
    studio = _studio(modality)
    scene = studio.scene(seed, index)
    item_id = f"{modality}-{index:06d}"
    relative = f"{_STUDIOS[modality]}/{index // FILES_A_FOLDER:03d}/{item_id}{studio.SUFFIX}"
    file = root / relative
    if file.is_file():
        content = file.read_bytes()
    else:
        content = studio.render(scene)
        with atomic_path(file) as staged:
            staged.write_bytes(content)
    return Item(
        id=item_id,
        modality=modality,
        path=relative,
        captions=tuple(studio.captions(scene)),
        queries=tuple(studio.queries(scene)),
        split=split_of(seed, modality, index),
        attributes=scene.attributes(),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def make_collection(
    config: StudioConfig, out: Path, *, workers: int | None = None, progress: bool = True
) -> Collection:
    """Make the whole collection in `out` on all cores and write its manifest.

    Raises `CollectionError` where `out` holds a collection made from other settings.
    """
    _claim(config, out)
    jobs = [(config.seed, modality, index, out) for modality in MODALITIES for index in range(config.count(modality))]
    if not jobs:
        raise CollectionError("Nothing to make; ask for at least one picture, sound or clip.")
    items = []
    with tqdm(total=len(jobs), unit="item", desc="studio", disable=not progress) as bar:
        for item in _run(jobs, workers or os.cpu_count() or 1):
            items.append(item)
            bar.update()
    collection = Collection(name=out.name, root=out, items=tuple(items))
    collection.save(out / "manifest.jsonl")
    return collection


def _studio(modality: Modality) -> ModuleType:
    return importlib.import_module(f"ace_core.studio.{_STUDIOS[modality]}")


def _make(job: tuple[int, Modality, int, Path]) -> Item:
    return make_item(*job)


def _run(jobs: list[tuple[int, Modality, int, Path]], workers: int) -> Iterator[Item]:
    if workers == 1:
        yield from map(_make, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_make, jobs, chunksize=16)


def _claim(config: StudioConfig, out: Path) -> None:
    """Remember what `out` is made from; files of another seed would be taken for ours on resuming."""
    note = out / "studio.json"
    if note.is_file():
        there = load_config(StudioConfig, note)
        if (there.seed, there.version) != (config.seed, config.version):
            raise CollectionError(
                f"{out} holds a collection of seed {there.seed}, version {there.version}; choose another --out."
            )
    save_config(config, note)
