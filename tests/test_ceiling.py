"""What limits retrieval among the drawn items: the reader who guesses, the ways that answer, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ace_core.collection import MODALITIES, Collection, Item, Modality
from ace_core.config import save_config
from ace_core.errors import CollectionError
from ace_core.evaluation.protocol import QuerySet
from ace_core.evaluation.sections import ceiling
from ace_core.evaluation.table import pool_mask
from ace_core.files import read_json
from ace_core.studio.make import StudioConfig, split_of
from benchmarks.ceiling import (
    CUTS,
    STUDIOS,
    Known,
    found_row,
    guessed,
    known_of,
    main,
    measure,
    reader_row,
    studio_seed,
)
from tests.tiny import make_tiny_bundle, tiny_parts

ROOT = Path(__file__).resolve().parent.parent
SEED, COUNT = 4, 20


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """What the studio tells of twenty items a kind; no files, since nothing here looks at them."""
    folder = tmp_path_factory.mktemp("drawn")
    save_config(StudioConfig(COUNT, COUNT, COUNT, SEED), folder / "studio.json")
    items = [_item(modality, index) for modality in MODALITIES for index in range(COUNT)]
    return Collection("drawn", folder, tuple(items))


def _item(modality: Modality, index: int) -> Item:
    studio = STUDIOS[modality]
    scene = studio.scene(SEED, index)
    name = f"{modality}-{index:06d}"
    return Item(
        id=name, modality=modality, path=name, captions=tuple(studio.captions(scene)),
        queries=tuple(studio.queries(scene)), split=split_of(SEED, modality, index), attributes={"what": name},
        sha256="0" * 64,
    )  # fmt: skip


# The reader


@given(st.lists(st.sets(st.integers(0, 5), max_size=4), min_size=1, max_size=8), st.data())
def test_the_reader_is_right_as_often_as_a_shuffle_of_those_that_bear_the_query(
    scenes: list[set[int]], data: st.DataObject
) -> None:
    answer = data.draw(st.integers(0, len(scenes) - 1))
    told = data.draw(st.sets(st.sampled_from(sorted(scenes[answer])))) if scenes[answer] else set()
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(scenes), max_size=len(scenes))))
    allowed[answer] = True
    truths = {place: frozenset((fact,) for fact in scene) for place, scene in enumerate(scenes)}
    known = Known(QuerySet(("?",), np.array([answer])), (frozenset((fact,) for fact in told),), truths)
    alike = [place for place, scene in enumerate(scenes) if allowed[place] and told <= scene]
    assert known.bearing(allowed).tolist() == [len(alike)]
    shuffles = [np.roll(alike, turn) for turn in range(len(alike))]  # each stands once in every place
    for cut in CUTS:
        right = np.mean([answer in shuffled[:cut] for shuffled in shuffles])
        assert guessed(known.bearing(allowed), cut) == pytest.approx([right])
    assert known.borne_by(np.array([answer])).all()
    assert not known.borne_by(np.array([-1])).any()


def test_a_query_that_not_even_its_item_bears_is_refused() -> None:
    with pytest.raises(ValueError, match="own item"):
        guessed(np.array([1, 0, 3]), 5)


def test_the_readers_row() -> None:
    row = reader_row(np.array([1, 1, 4, 20]), 0)
    assert (row["median_bearing"], row["told_apart"]) == (2.5, 50.0)
    assert [row[f"recall_at_{cut}"] for cut in CUTS] == [57.5, 81.25, 87.5, 100.0, 100.0, 100.0]


# The ways to answer


def test_answers_by_hand() -> None:
    truths = {0: frozenset({("a",), ("b",)}), 1: frozenset({("a",)}), 2: frozenset({("b",)})}
    queries = QuerySet(("one", "two", "three", "four"), np.array([0, 1, 1, 2]))
    told = (frozenset({("a",), ("b",)}), frozenset({("a",)}), frozenset({("a",)}), frozenset({("b",)}))
    answers = np.array([[0, 1, 2], [0, 1, 2], [2, 0, 1], [-1, -1, -1]])
    known = Known(queries, told, truths)
    row = found_row(queries, answers, 10, 0)
    assert [row[f"recall_at_{cut}"] for cut in (1, 5, 10)] == [25.0, 75.0, 75.0]
    assert "recall_at_20" not in row
    assert known.borne_by(answers[:, 0]).tolist() == [True, True, False, False]  # item 0 is an "a" as well
    low, high = row["recall_at_1_ci95"]
    assert 0 <= low <= 25 <= high <= 100
    borne = {name: each.tolist() for name, each in known.by_fact(answers[:, 0]).items()}
    assert borne == {"a": [True, True, False], "b": [True, False]}


def test_all_ways_over_a_drawn_collection(drawn: Collection, tmp_path: Path) -> None:
    beams = [3, 50]  # fifty are more than there are items: all are found
    result = measure(drawn, tiny_parts(drawn, tmp_path), studio_seed(drawn), beams, seed=0)
    assert [(row["modality"], row["pool"], row["pool_size"], row["queries"]) for row in result["told"]] == [
        (modality, pool, size, 8) for modality in MODALITIES for pool, size in (("all", 20), ("held_out", 4))
    ]
    assert [(row["method"], row["beams"]) for row in result["candidates"][:3]] == [
        ("generation", 3), ("generation", 50), ("dual_tower", None),
    ]  # fmt: skip
    for row in (*result["told"], *result["candidates"]):
        shares = [row[f"recall_at_{cut}"] for cut in CUTS if f"recall_at_{cut}" in row]
        assert shares == sorted(shares)
        assert len(shares) == {3: 1, 50: 5}.get(row.get("beams"), 6)
        if len(shares) > 1:
            assert row["recall_at_50"] == 100.0
        if "method" in row:
            assert row["first_bears_all"] >= row["recall_at_1"]
    names = {modality: {row["fact"] for row in result["facts"] if row["modality"] == modality} for modality in STUDIOS}
    assert {"kind", "two things", "place"} < names["image"] <= {
        "kind", "thing", "two things", "place", "time", "weather", "season",
    }  # fmt: skip
    assert {"sound", "count"} < names["audio"]
    assert {"kind", "things", "motion"} < names["video"]
    for row in result["facts"]:
        if row["fact"] == "motion":
            assert row["told"] == row["queries"]


def test_only_of_a_drawn_collection_as_it_was_drawn(drawn: Collection, tmp_path: Path) -> None:
    (item,) = (drawn[position] for position in drawn.of("video", "held_out")[:1])
    other = replace(item, queries=item.queries[::-1])
    changed = replace(drawn, items=tuple(other if one is item else one for one in drawn))
    known_of(changed, "image", SEED)
    with pytest.raises(CollectionError, match=f"{item.id}.* at seed {SEED}"):
        known_of(changed, "video", SEED)
    with pytest.raises(CollectionError, match="at seed 5"):
        known_of(drawn, "audio", 5)


def test_a_bundle_that_was_not_drawn_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ceiling.json"
    assert main([str(make_tiny_bundle(tmp_path)), "--out", str(out)]) == 1
    assert "only of a drawn collection" in capsys.readouterr().err
    assert main([str(tmp_path / "bundle"), "--beams", "0"]) == 1
    assert "--beams must be at least 1" in capsys.readouterr().err
    assert not out.exists()


# What is told of it


def row_of(kind: str, first: float, **more: object) -> dict:
    shares = {f"recall_at_{cut}": min(100.0, first + 2 * place) for place, cut in enumerate(CUTS)}
    told = {"modality": kind, "pool": "all", "pool_size": 1200, **shares, **more}
    return told | {f"{name}_ci95": [0.0, 100.0] for name in (*shares, "first_bears_all")}


def test_the_section_says_where_right_answers_are_lost() -> None:
    ways = [("generation", 20), ("generation", 100), ("dual_tower", None)]
    result = {
        "machine": {"processor": "a processor", "cores": 1}, "seed": 7, "collection": "drawn", "beams": [20, 100],
        "checked": 20,
        "told": [row_of("image", 96.0), row_of("audio", 90.0), row_of("image", 99.0, pool="held_out")],
        "candidates": [
            row_of(kind, first, method=method, beams=beams, first_bears_all=first + 5)
            for kind, first in (("image", 60.0), ("audio", 50.0)) for method, beams in ways
        ],
        "facts": [
            {"modality": kind, "pool": pool, "fact": fact, "told": told, "borne": borne, "borne_ci95": [10.0, 90.0]}
            for kind, pool, fact, told, borne in (
                ("audio", "all", "number", 1234, 80.0), ("audio", "all", "pace", 200, 70.0),
                ("audio", "held_out", "order", 200, 70.0), ("image", "all", "season", 3, 60.0),
            )
        ],
    }  # fmt: skip
    for row in result["candidates"]:
        if row["beams"] == 20:
            del row["recall_at_50"], row["recall_at_100"]
    text = ceiling(result)
    assert "the reader misses 4.0 (pictures) and 10.0 (sounds), which" in text
    assert "60.0 (pictures) and 50.0 (sounds) right at first, 6.0 (pictures) and 6.0 (sounds) further down" in text
    assert "its first 20, which are those that the check puts in order anew, and 34.0 (pictures) and 44.0" in text
    assert "wrong first answers, 12.5 (pictures) and 10.0 (sounds) bear all" in text
    assert "1 core of a processor; seed 7." in text
    whole, alone = (part.splitlines() for part in text.split("<details>"))
    lines = [line for line in whole if line.startswith("| ")]
    assert lines[9:] == [
        "| kind | what was told | how often | the first answer bears it |",
        "| sounds | pace | 200 | 70.0 [10.0, 90.0] |",
        "| sounds | one or several | 1,234 | 80.0 [10.0, 90.0] |",
    ]
    assert [line.split(" | ")[1] for line in lines[1:9]] == 2 * [
        "the reader", "ACE, 20 beams", "ACE, 100 beams", "dual tower, same pairs",
    ]  # fmt: skip
    assert lines[2].endswith("| 66.0 [0.0, 100.0] | – | – | 65.0 [0.0, 100.0] |")
    assert len([line for line in alone if line.startswith("| pictures (1,200)")]) == 1
    assert "check" not in ceiling(result | {"checked": None}).partition("Of 100 queries")[2]


def test_the_shipped_figures_are_those_of_the_studio() -> None:
    result = read_json(ROOT / "benchmarks" / "results" / "ceiling.json")
    collection = Collection.load(ROOT / "assets" / "manifest.jsonl")
    assert result["collection_seed"] == studio_seed(collection)
    known = known_of(collection, "video", result["collection_seed"])
    for row in result["told"]:
        if row["modality"] == "video":
            bearing = known.bearing(pool_mask(collection, "video", row["pool"]))
            assert {name: row[name] for name in reader_row(bearing, 0)} == reader_row(bearing, 0)
