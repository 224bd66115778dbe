"""The reader who knows what others said of the items, but not the very sentence that asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from ace_core.collection import MODALITIES, Caption, Collection, Item
from ace_core.errors import CollectionError
from ace_core.evaluation.protocol import queries_of
from ace_core.evaluation.sections import others_words, sections
from ace_core.files import write_json
from benchmarks.ceiling import CUTS
from benchmarks.others_words import likeness, main, measure
from tests.tiny import make_tiny_bundle, make_tiny_collection, tiny_parts

words = st.lists(st.sampled_from(["dog", "cat", "runs", "sleeps", "grass", "snow"]), min_size=1, max_size=4)
sentences = st.lists(words.map(" ".join), min_size=2, max_size=4)


def collection_of(told: list[list[str]], heard: list[list[str]]) -> Collection:
    """Held-out items of which each of `told` was said, and train items with the captions `heard`."""
    items = [
        Item(
            id=f"i{number}", modality="image", path=f"i{number}", split="train" if number >= len(told) else "held_out",
            captions=tuple(map(Caption, texts)) if number >= len(told) else (),
            queries=tuple(map(Caption, texts)) if number < len(told) else (), attributes={}, sha256="0" * 64,
        )
        for number, texts in enumerate([*told, *heard])
    ]  # fmt: skip
    return Collection("said", Path(), tuple(items))


@settings(deadline=None, max_examples=40)
@given(st.lists(sentences, min_size=1, max_size=3), st.lists(st.lists(words.map(" ".join), max_size=3), max_size=3))
def test_likeness_is_the_mean_cosine_with_all_other_sentences(told: list[list[str]], heard: list[list[str]]) -> None:
    collection = collection_of(told, heard)
    queries = queries_of(collection, "image", "held_out")
    found = likeness(collection, queries, "image")
    assert (found.shape, found.dtype) == ((len(queries), len(collection)), np.float32)
    said = [*told, *heard]
    vectors = TfidfVectorizer(sublinear_tf=True).fit([text for texts in said for text in texts])
    query = 0
    for item, texts in enumerate(told):
        for place, text in enumerate(texts):
            asked = vectors.transform([text]).toarray()[0]
            for other, known in enumerate(said):
                kept = [one for at, one in enumerate(known) if (other, at) != (item, place)]
                cosines = [vectors.transform([one]).toarray()[0] @ asked for one in kept]
                assert found[query, other] == pytest.approx(np.mean(cosines) if cosines else 0, abs=1e-5)
            query += 1


def test_who_is_alone_has_no_others_words() -> None:
    collection = collection_of([["a dog runs", "dogs"], ["a cat sleeps"]], [])
    with pytest.raises(CollectionError, match="said: of an item with one sentence"):
        likeness(collection, queries_of(collection, "image", "held_out"), "image")


def test_all_ways_and_the_reader(tmp_path: Path) -> None:
    tiny = make_tiny_collection(tmp_path / "media")
    items = [replace(item, queries=item.queries and (*item.queries, Caption(item.attributes["what"]))) for item in tiny]
    collection = replace(tiny, items=tuple(items))
    rows = measure(collection, tiny_parts(collection, tmp_path), [5], seed=0)
    assert [(row["modality"], row["pool"]) for row in rows["told"]] == [
        (kind, pool) for kind in MODALITIES for pool in ("all", "held_out")
    ]
    assert [(row["method"], row["beams"]) for row in rows["candidates"][:2]] == [
        ("generation", 5),
        ("dual_tower", None),
    ]
    for row in (*rows["told"], *rows["candidates"]):
        shares = [row[f"recall_at_{cut}"] for cut in CUTS if f"recall_at_{cut}" in row]
        assert shares == sorted(shares)
        assert len(shares) == (2 if row.get("beams") else len(CUTS))


def test_a_bundle_without_others_words_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "others_words.json"
    assert main([str(make_tiny_bundle(tmp_path)), "--out", str(out)]) == 1
    assert "tiny: of an item with one sentence" in capsys.readouterr().err
    assert not out.exists()


def test_the_section_compares_the_reader_with_generation(tmp_path: Path) -> None:
    def row(pool: str, first: float, cuts: tuple[int, ...] = CUTS, **more: object) -> dict:
        shares = {f"recall_at_{cut}": first + place for place, cut in enumerate(cuts)}
        told = {"modality": "image", "pool": pool, "pool_size": 7000 if pool == "all" else 1000}
        return told | shares | {f"{name}_ci95": [1.0, 99.0] for name in shares} | more

    result = {
        "machine": {"processor": "a processor", "cores": 1}, "seed": 0, "collection": "photos", "beams": [20],
        "told": [row("all", 30.0), row("held_out", 50.0)],
        "candidates": [
            row(pool, first, (1, 5, 10, 20), method=method, beams=beams)
            for pool, first in (("all", 5.0), ("held_out", 20.0))
            for method, beams in (("generation", 20), ("dual_tower", None))
        ],
    }  # fmt: skip
    write_json(tmp_path / "others_words.json", result)
    (text,) = sections(tmp_path)
    assert text == others_words(result)
    assert text.startswith("## What limits it: photos")
    assert "Among 7,000 pictures, the reader is right at first in 30.0 of 100 queries, generation in 5.0;" in text
    assert "in 50.0 of 100 queries, generation in 20.0; a check that never erred would have 23.0 with its first" in text
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert lines[1].startswith("| pictures (7,000) | the reader | 30.0 [1.0, 99.0] |")
    assert lines[2].endswith("| 8.0 [1.0, 99.0] | – | – |")
    assert "bears" not in text
