"""The layout of Karpathy's splits: dataset_flickr8k.json, dataset_flickr30k.json, dataset_coco.json.

{"dataset": name, "images": [{"filename", "filepath"?, "split", "sentences": [{"raw"}, ...]}, ...]}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ace_core.collection import Caption, Collection, Item, Split
from ace_core.datasets import DATASETS
from ace_core.errors import CollectionError

DEV_SHARE = 0.05  # of the train items, where the file has no test split and its val split is what is measured on
_MEDIA_FOLDERS = ("images", "Images", "flickr30k-images", "")


@DATASETS.register("karpathy")
def load_karpathy(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """The pictures of `root` with their sentences, by the splits of `json_file` (default: `root`/dataset_*.json).

    train and restval -> train; test -> held_out; val -> dev. Without a test split val is held_out, and a seeded 5 % of
    train is dev. Sentences of dev and held_out items are queries only. Pictures that are not there are left out and
    counted on stderr with an example.
    """
    root = Path(root)
    file = Path(json_file) if json_file else _find(root)
    images = _read(file)
    has_test = any(image.get("split") == "test" for image in images if isinstance(image, dict))
    folder = _media_folder(root, images, file)
    items: dict[str, Item] = {}
    missing: list[str] = []
    for number, image in enumerate(images):
        where = f"{file.name} images[{number}]"
        name, split, texts = _parse(image, where, has_test)
        relative = PurePosixPath(folder, image.get("filepath") or "", name).as_posix()
        if not (root / relative).is_file():
            missing.append(relative)
            continue
        item = _item(name, relative, split, texts)
        if item.id in items:
            raise CollectionError(f"{where}: field 'filename' repeats {name!r}.")
        items[item.id] = item
    if not items:
        raise CollectionError(f"None of the {len(images)} pictures of {file.name} is below {root}; check --root.")
    if missing:
        print(f"{len(missing)} of {len(images)} pictures are not there, such as {missing[0]}", file=sys.stderr)
    chosen = list(items.values()) if has_test else _with_dev(list(items.values()), seed)
    return Collection(name=file.stem.removeprefix("dataset_"), root=root, items=tuple(chosen))


def _item(name: str, path: str, split: Split, texts: list[str]) -> Item:
    said = tuple(Caption(text) for text in texts)
    return Item(
        id=name,
        modality="image",
        path=path,
        captions=said if split == "train" else (),
        queries=() if split == "train" else said,
        split=split,
    )


def _with_dev(items: list[Item], seed: int) -> list[Item]:
    train = [i for i, item in enumerate(items) if item.split == "train"]
    chosen = set(np.random.default_rng(seed).permutation(train)[: round(DEV_SHARE * len(train))].tolist())
    return [
        _item(Path(item.path).name, item.path, "dev", [caption.text for caption in item.captions])
        if i in chosen
        else item
        for i, item in enumerate(items)
    ]


def _parse(image: Any, where: str, has_test: bool) -> tuple[str, Split, list[str]]:
    if not isinstance(image, Mapping):
        raise CollectionError(f"{where}: expected an object, found {type(image).__name__}.")
    name = image.get("filename")
    if not isinstance(name, str) or not name or PurePosixPath(name).name != name:
        raise CollectionError(f"{where}: field 'filename' must be a file's name, not {name!r}.")
    if ".." in PurePosixPath(image.get("filepath") or "").parts or str(image.get("filepath", "")).startswith("/"):
        raise CollectionError(f"{where}: field 'filepath' must stay below the root, not {image['filepath']!r}.")
    splits: dict[Any, Split] = {
        "train": "train",
        "restval": "train",
        "val": "dev" if has_test else "held_out",
        "test": "held_out",
    }
    if image.get("split") not in splits:
        raise CollectionError(f"{where}: field 'split' must be one of {', '.join(splits)}, not {image.get('split')!r}.")
    sentences = image.get("sentences")
    try:
        texts = [sentence["raw"].strip() for sentence in sentences or ()]
    except (TypeError, KeyError, AttributeError):
        raise CollectionError(f"{where}: field 'sentences' must be a list of objects with a text 'raw'.") from None
    return name, splits[image["split"]], [text for text in texts if text]


def _read(file: Path) -> list[Any]:
    try:
        images = json.loads(file.read_text(encoding="utf-8"))["images"]
    except FileNotFoundError:
        raise CollectionError(f"There is no {file}; give the split file with --json-file.") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise CollectionError(f"{file} is not of the Karpathy layout: no list 'images' could be read.") from error
    if not isinstance(images, list) or not images:
        raise CollectionError(f"{file} is not of the Karpathy layout: 'images' is not a list, or empty.")
    return images


def _find(root: Path) -> Path:
    found = sorted(root.glob("dataset_*.json"))
    if len(found) != 1:
        told = "no" if not found else f"{len(found)}"
        raise CollectionError(f"{root} holds {told} files dataset_*.json; name the one to read with --json-file.")
    return found[0]


def _media_folder(root: Path, images: list[Any], file: Path) -> str:
    """Which folder below `root` holds the pictures, by the first one found."""
    names = [
        PurePosixPath(image.get("filepath") or "", str(image.get("filename")))
        for image in images[:100]
        if isinstance(image, Mapping)
    ]
    for folder in _MEDIA_FOLDERS:
        if any((root / folder / name).is_file() for name in names):
            return folder
    raise CollectionError(f"None of the first pictures of {file.name} is in {root} or {root / 'images'}; check --root.")
