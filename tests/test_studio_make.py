"""The studio's driver: the same items for the same seed, whatever the size, the number of processes or an interruption;
and the shipped collection keeps its promises."""

from collections import Counter
from pathlib import Path

import pytest

from ace_core.collection import MODALITIES, Collection
from ace_core.errors import CollectionError
from ace_core.studio.make import StudioConfig, make_collection, make_item, split_of

ASSETS = Path(__file__).resolve().parent.parent / "assets"


def make(out: Path, pictures: int = 6, sounds: int = 2, clips: int = 1, seed: int = 5, workers: int = 1) -> Collection:
    return make_collection(StudioConfig(pictures, sounds, clips, seed), out, workers=workers, progress=False)


def test_a_larger_collection_begins_with_the_smaller_one(tmp_path: Path) -> None:
    small, large = make(tmp_path / "small", 3, 1, 1), make(tmp_path / "large", 6, 2, 1, workers=2)
    found = {item.id: item for item in large}
    assert all(found[item.id] == item for item in small)
    assert Collection.load(tmp_path / "large" / "manifest.jsonl", check_media=True).items == large.items


def test_an_interrupted_run_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    whole = make(tmp_path / "a")
    half = make(tmp_path / "b", 2, 1, 0)
    kept = {item.path: (tmp_path / "b" / item.path).stat().st_mtime_ns for item in half}
    again = make(tmp_path / "b")
    assert again.items == whole.items
    assert all((tmp_path / "b" / path).stat().st_mtime_ns == when for path, when in kept.items())  # not drawn twice


def test_another_seed_makes_others_and_does_not_mix_in(tmp_path: Path) -> None:
    first = make(tmp_path / "a", 4, 0, 0)
    with pytest.raises(CollectionError, match="seed 5"):
        make(tmp_path / "a", 4, 0, 0, seed=6)
    other = make(tmp_path / "b", 4, 0, 0, seed=6)
    assert not {item.sha256 for item in first} & {item.sha256 for item in other}


def test_nothing_to_make_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="Nothing to make"):
        make(tmp_path, 0, 0, 0)


@pytest.mark.parametrize("modality", MODALITIES)
def test_one_in_five_is_held_out(modality: str) -> None:
    count = Counter(split_of(3, modality, index) for index in range(400))  # type: ignore[arg-type]
    assert count == {"train": 300, "held_out": 80, "dev": 20}


def test_the_shipped_collection_keeps_its_promises() -> None:
    collection = Collection.load(ASSETS / "manifest.jsonl", check_media=True)
    assert Counter(item.modality for item in collection) == {"image": 2400, "audio": 1200, "video": 600}
    files = [file for file in ASSETS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 60e6
    assert max(Counter(file.parent for file in files).values()) < 9000
    for item in collection:
        assert len(item.captions) >= 5
        assert {query.voice for query in item.queries} == {"wondering"}
        assert not {query.text for query in item.queries} & {caption.text for caption in item.captions}
    voices = Counter(caption.voice for item in collection for caption in item.captions)
    assert set(voices) == {"terse", "descriptive", "colloquial", "wondering"}
    assert voices["wondering"] < 0.06 * voices.total()


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_shipped_items_are_what_the_studio_tells(modality: str, tmp_path: Path) -> None:
    """Scenes, captions and splits are the same on every machine; the pixels of other processors may round otherwise."""
    collection = Collection.load(ASSETS / "manifest.jsonl")
    for position in collection.of(modality)[::400]:  # type: ignore[arg-type]
        shipped = collection[position]
        made = make_item(1, shipped.modality, int(shipped.id.rpartition("-")[2]), tmp_path)
        assert (made.captions, made.queries, made.split, made.path) == (
            shipped.captions,
            shipped.queries,
            shipped.split,
            shipped.path,
        )
        assert dict(made.attributes) == dict(shipped.attributes)
