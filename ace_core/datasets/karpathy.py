"""Karpathy's splits of Flickr8k, Flickr30K and MS-COCO.

dataset_flickr8k.json, dataset_flickr30k.json, dataset_coco.json:

    {"dataset": name, "images": [{"filename", "filepath"?, "split", "sentences": [{"raw"}, ...]}, ...]}

Published as caption_datasets.zip with "Deep Visual-Semantic Alignments for Generating Image Descriptions" (Karpathy and
Li, CVPR 2015), https://cs.stanford.edu/people/karpathy/deepimagesent/. The .zip is read as it is, or unpacked.
`filepath` (train2014, val2014) is in the COCO file alone. The pictures come from the data sets' own publishers:
    Flickr30K   flickr30k-images.tar.gz -> flickr30k-images/            (Young et al. 2014)
    MS-COCO     train2014.zip, val2014.zip -> train2014/, val2014/      (https://cocodataset.org)
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ace_core.collection import Collection
from ace_core.datasets import DATASETS
from ace_core.datasets.layout import Entry, Part, find, folder_of, gather, plain_name, read_object
from ace_core.errors import CollectionError

ARCHIVE = "caption_datasets.zip"
FOLDERS = (
    "images",
    "Images",
    "flickr30k-images",
    "flickr30k_images",
    "flickr30k_images/flickr30k_images",
    "Flicker8k_Dataset",
    "Flickr8k_Dataset",
    "Flickr8k_Dataset/Flicker8k_Dataset",
    "",
)
_PARTS: dict[Any, Part] = {"train": "train", "restval": "train", "val": "val", "test": "test"}


@DATASETS.register("karpathy")
def load_karpathy(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """The pictures of `root` with their sentences, by the splits of `json_file` (default: `root`/dataset_*.json).

    train and restval -> train; test -> held_out; val -> dev. Without a test split val is held_out, and a seeded 5 % of
    train is dev. Sentences of dev and held_out items are queries only. Pictures that are not there are left out and
    counted on stderr with an example.
    """
    root = Path(root)
    return _load(root, Path(json_file) if json_file else _only_one(root), None, seed)


@DATASETS.register("flickr30k")
def load_flickr30k(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """29,000 train, 1,014 val and 1,000 test photos with five sentences each."""
    return load_named(Path(root), "flickr30k", json_file, seed)


@DATASETS.register("coco")
def load_coco(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """113,287 train (with restval), 5,000 val and 5,000 test photos with five sentences or a few more each."""
    return load_named(Path(root), "coco", json_file, seed)


def load_named(root: Path, name: str, json_file: Path | None, seed: int) -> Collection:
    """The data set `name`, from `json_file`, else dataset_<name>.json, else that member of caption_datasets.zip."""
    file = Path(json_file) if json_file else split_file(root, name)
    if file is None:
        raise CollectionError(f"There is no dataset_{name}.json and no {ARCHIVE} in {root}; get Karpathy's splits.")
    return _load(root, file, name, seed)


def split_file(root: Path, name: str) -> Path | None:
    """The file that holds Karpathy's splits of `name`: the JSON file, or the archive of all three."""
    return find(root, f"dataset_{name}.json") or find(root, ARCHIVE)


def _load(root: Path, file: Path, name: str | None, seed: int) -> Collection:
    source = file.name if file.suffix != ".zip" else f"dataset_{name}.json of {file.name}"
    images = _images(_text(file, name), source)
    parsed = [_parse(image, f"{source} images[{number}]") for number, image in enumerate(images)]
    folder = folder_of(root, FOLDERS, [path for path, _, _ in parsed])
    entries = [
        Entry(PurePosixPath(path).name, PurePosixPath(folder, path).as_posix(), part, texts)
        for path, part, texts in parsed
    ]
    return gather(name or file.stem.removeprefix("dataset_"), root, "image", entries, source, seed)


def _parse(image: Any, where: str) -> tuple[str, Part, tuple[str, ...]]:
    """(path below the pictures' folder, split, sentences)."""
    if not isinstance(image, Mapping):
        raise CollectionError(f"{where}: expected an object, found {type(image).__name__}.")
    name = plain_name(image.get("filename"), where, "filename")
    place = image.get("filepath") or ""
    if not isinstance(place, str) or ".." in PurePosixPath(place).parts or place.startswith("/"):
        raise CollectionError(f"{where}: field 'filepath' must stay below the root, not {place!r}.")
    part = image.get("split")
    if not isinstance(part, str) or part not in _PARTS:
        raise CollectionError(f"{where}: field 'split' must be one of {', '.join(_PARTS)}, not {part!r}.")
    try:
        texts = tuple(sentence["raw"].strip() for sentence in image.get("sentences") or ())
    except (TypeError, KeyError, AttributeError):
        raise CollectionError(f"{where}: field 'sentences' must be a list of objects with a text 'raw'.") from None
    return PurePosixPath(place, name).as_posix(), _PARTS[part], texts


def _text(file: Path, name: str | None) -> str:
    try:
        if file.suffix != ".zip":
            return file.read_text(encoding="utf-8")
        with zipfile.ZipFile(file) as archive:
            member = next((m for m in archive.namelist() if PurePosixPath(m).name == f"dataset_{name}.json"), None)
            if member is None:
                raise CollectionError(f"{file} holds no dataset_{name}.json; get Karpathy's {ARCHIVE}.")
            return archive.read(member).decode("utf-8")
    except FileNotFoundError:
        raise CollectionError(f"There is no {file}; give the split file with --json-file.") from None
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise CollectionError(f"{file} cannot be read ({error}); download it again.") from error


def _images(text: str, source: str) -> list[Any]:
    try:
        images = read_object(text, source).get("images")
    except CollectionError as error:
        raise CollectionError(f"{source} is not of the Karpathy layout: {error}") from error
    if not isinstance(images, list) or not images:
        raise CollectionError(f"{source} is not of the Karpathy layout: 'images' is not a list, or empty.")
    return images


def _only_one(root: Path) -> Path:
    found = sorted(root.glob("dataset_*.json"))
    if len(found) != 1:
        told = "no" if not found else f"{len(found)}"
        raise CollectionError(f"{root} holds {told} files dataset_*.json; name the one to read with --json-file.")
    return found[0]
