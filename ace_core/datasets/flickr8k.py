"""Flickr8k as it is spread: Karpathy's JSON, the publishers' text files, or the captions.txt of Kaggle.

Hodosh, Young and Hockenmaier, "Framing Image Description as a Ranking Task", JAIR 2013. Looked for in this order, in
the root or in a folder of it:
    dataset_flickr8k.json              Karpathy's splits, see karpathy.py
    Flickr8k.token.txt                 (Flickr8k_text.zip) a line: 1000268201_693b08cb0e.jpg#0<tab>sentence
    captions.txt                       (Kaggle) CSV with the header image,caption
With the last two, who is in which split is told by Flickr_8k.trainImages.txt, Flickr_8k.devImages.txt and
Flickr_8k.testImages.txt (one file name a line); pictures of no list are left out, as the publishers do: 8,000 of 8,092
remain. Kaggle's copy comes without these lists; then a seeded 1,000 pictures are test and 1,000 are dev, and the
collection is named "flickr8k-own-split", since figures on it compare with nobody's.
Pictures: Flickr8k_Dataset.zip -> Flicker8k_Dataset/ (sic), or Images/.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from ace_core.collection import Collection
from ace_core.datasets import DATASETS
from ace_core.datasets.karpathy import FOLDERS, load_named, split_file
from ace_core.datasets.layout import Entry, Part, find, folder_of, gather, plain_name, read_csv, read_lines
from ace_core.errors import CollectionError

TOKENS, KAGGLE = "Flickr8k.token.txt", "captions.txt"
LISTS: dict[Part, str] = {
    "train": "Flickr_8k.trainImages.txt",
    "val": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}
OWN_SPLIT = 1000  # pictures for dev and for test each where there are no lists; of fewer than 8,000 an eighth each


@DATASETS.register("flickr8k")
def load_flickr8k(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """6,000 train, 1,000 dev and 1,000 test photos with five sentences each."""
    root = Path(root)
    if json_file or split_file(root, "flickr8k"):
        return load_named(root, "flickr8k", json_file, seed)
    said = find(root, TOKENS) or find(root, KAGGLE)
    if said is None:
        raise CollectionError(f"There is no dataset_flickr8k.json, {TOKENS} or {KAGGLE} in {root}; check --root.")
    texts = _tokens(said) if said.name == TOKENS else _kaggle(said)
    parts = _lists(root)
    name = "flickr8k" if parts else "flickr8k-own-split"
    if not parts:
        print(f"{root} has no {LISTS['test']}: a split of our own is made, not the published one", file=sys.stderr)
        parts = _own_split(sorted(texts), seed)
    folder = folder_of(root, FOLDERS, list(parts))
    entries = [
        Entry(image, PurePosixPath(folder, image).as_posix(), part, texts.get(image, ()))
        for image, part in parts.items()
    ]
    return gather(name, root, "image", entries, said.name, seed)


def _tokens(file: Path) -> dict[str, tuple[str, ...]]:
    """Sentences by picture. One published name, 2258277193_586949ec62.jpg.1, is of no picture and in no list."""
    texts: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(read_lines(file), start=1):
        key, tab, sentence = line.partition("\t")
        image, hash_mark, _ = key.rpartition("#")
        where = f"{file.name} line {number}"
        if not tab or not hash_mark:
            raise CollectionError(f"{where}: expected name.jpg#0, a tab and a sentence, not {line[:60]!r}.")
        image = plain_name(image, where, "name")
        texts[image] = (*texts.get(image, ()), sentence)
    return texts


def _kaggle(file: Path) -> dict[str, tuple[str, ...]]:
    texts: dict[str, tuple[str, ...]] = {}
    for where, row in read_csv(file, ("image", "caption")):
        image = plain_name(row["image"], where, "image")
        texts[image] = (*texts.get(image, ()), row["caption"])
    return texts


def _lists(root: Path) -> dict[str, Part]:
    """Split by picture; empty where there is no list of test pictures."""
    parts: dict[str, Part] = {}
    if find(root, LISTS["test"]) is None:
        return parts
    for part, name in LISTS.items():
        file = find(root, name)
        for line in read_lines(file) if file else ():
            image = plain_name(line.strip(), name, "name")
            if image in parts:
                raise CollectionError(f"{name} repeats {image!r}; every picture may be listed once.")
            parts[image] = part
    return parts


def _own_split(images: Sequence[str], seed: int) -> dict[str, Part]:
    order = np.random.default_rng(seed).permutation(len(images))
    count = min(OWN_SPLIT, len(images) // 8)
    return {
        images[item]: "test" if place < count else "val" if place < 2 * count else "train"
        for place, item in sorted(enumerate(order), key=lambda pair: pair[1])
    }
