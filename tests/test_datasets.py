"""Published layouts and folders as collections."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ace_core.datasets import DATASETS
from ace_core.datasets.karpathy import load_karpathy
from ace_core.errors import CollectionError, ConfigError
from ace_core.evaluation.protocol import assert_index_texts, index_texts


def image(number: int, split: str, **more: Any) -> dict[str, Any]:
    return {
        "filename": f"{number:03d}.jpg",
        "split": split,
        "sentences": [{"raw": f" photo {number} "}, {"raw": "x"}],
    } | more


def write(root: Path, images: list[Any], folder: str = "images", skip: int | None = None) -> Path:
    (root / folder).mkdir(parents=True, exist_ok=True)
    for one in images:
        if (
            isinstance(one, dict)
            and one.get("filename")
            and one["filename"] != (f"{skip:03d}.jpg" if skip is not None else "")
        ):
            place = root / folder / one.get("filepath", "")
            place.mkdir(exist_ok=True)
            Image.new("RGB", (8, 8)).save(place / one["filename"])
    (root / "dataset_small.json").write_text(json.dumps({"dataset": "small", "images": images}))
    return root


def test_the_registry_knows_them_all() -> None:
    published = ["audiocaps", "clotho", "coco", "flickr30k", "flickr8k", "msrvtt", "msvd"]
    assert DATASETS.names() == sorted([*published, "folder", "karpathy"])
    with pytest.raises(ConfigError, match="known: audiocaps, clotho"):
        DATASETS["imagenet"]


def test_karpathy_with_a_test_split(tmp_path: Path) -> None:
    splits = ["train", "restval", "val", "test"]
    collection = load_karpathy(write(tmp_path, [image(i, split) for i, split in enumerate(splits)]))
    assert collection.name == "small"
    assert [item.split for item in collection] == ["train", "train", "dev", "held_out"]
    assert [item.id for item in collection] == ["000.jpg", "001.jpg", "002.jpg", "003.jpg"]
    assert all(collection.media_path(item).is_file() for item in collection)
    for number, item in enumerate(collection):
        kept, other = (item.captions, item.queries) if item.split == "train" else (item.queries, item.captions)
        assert [caption.text for caption in kept] == [f"photo {number}", "x"]
        assert other == ()
    assert_index_texts(collection, index_texts(collection))


def test_karpathy_without_a_test_split_measures_on_val(tmp_path: Path) -> None:
    root = write(tmp_path, [image(i, "val" if i < 10 else "train") for i in range(110)])
    collection = load_karpathy(root)
    assert Counter(item.split for item in collection) == {"train": 95, "dev": 5, "held_out": 10}
    assert all(item.split == "held_out" for item in collection.items[:10])
    assert all(item.queries and not item.captions for item in collection if item.split != "train")
    assert load_karpathy(root) == collection
    assert load_karpathy(root, seed=1) != collection


def test_karpathy_finds_coco_folders_and_counts_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [image(i, "train", filepath="train2014") for i in range(3)] + [image(3, "test", filepath="val2014")]
    collection = load_karpathy(write(tmp_path, images, folder="", skip=1))
    assert [item.path for item in collection] == ["train2014/000.jpg", "train2014/002.jpg", "val2014/003.jpg"]
    assert "1 of 4 pictures are not there, such as train2014/001.jpg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("images", "told"),
    [
        ([image(0, "train"), image(1, "holdout")], r"images\[1\]: field 'split'"),
        ([image(0, "train"), image(1, "train", filename="../1.jpg")], r"images\[1\]: field 'filename'"),
        ([image(0, "train"), image(1, "train", filepath="../up")], r"images\[1\]: field 'filepath'"),
        ([image(0, "train"), image(1, "train", sentences=[{"text": 1}])], r"images\[1\]: field 'sentences'"),
        ([image(0, "train"), image(0, "train")], "repeats '000.jpg'"),
        ([image(0, "train"), 5], r"images\[1\]: expected an object"),
        ([], "is not a list, or empty"),
    ],
)
def test_karpathy_names_what_is_wrong(tmp_path: Path, images: list[Any], told: str) -> None:
    (tmp_path / "up").mkdir()
    with pytest.raises(CollectionError, match=told):
        load_karpathy(write(tmp_path / "root", images))


def test_karpathy_without_files(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="no files dataset_"):
        load_karpathy(tmp_path)
    with pytest.raises(CollectionError, match="There is no"):
        load_karpathy(tmp_path, tmp_path / "dataset_x.json")
    (tmp_path / "dataset_x.json").write_text("[1")
    with pytest.raises(CollectionError, match="not of the Karpathy layout"):
        load_karpathy(tmp_path)
    (tmp_path / "dataset_x.json").write_text(json.dumps({"images": [image(0, "train")]}))
    with pytest.raises(CollectionError, match="check --root"):
        load_karpathy(tmp_path)


@pytest.mark.data
@pytest.mark.skipif(not os.environ.get("ACE_DATA"), reason="ACE_DATA names no folder of real data")
def test_karpathy_on_flickr8k() -> None:
    collection = load_karpathy(Path(os.environ["ACE_DATA"]) / "flickr8k")
    assert Counter(item.split for item in collection) == {"train": 5700, "dev": 300, "held_out": 1000}
    assert all(len(item.captions) + len(item.queries) == 5 for item in collection)
    assert_index_texts(collection, index_texts(collection))
