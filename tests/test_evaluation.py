"""Metrics against obvious slow versions, and the check of what may index a collection."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.collection import Caption, Collection, Item
from ace_core.errors import TrainingError
from ace_core.evaluation.metrics import bootstrap_interval, measure, ranks_from_lists, ranks_from_scores
from ace_core.evaluation.protocol import assert_index_texts, index_texts, queries_of


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 8), st.integers(1, 12))
def test_ranks_equal_a_slow_count(seed, queries, items):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, (queries, items)).astype(float)  # many ties
    answers = rng.integers(0, items, queries)
    slow = [sum(scores[q, i] >= scores[q, answers[q]] for i in range(items)) for q in range(queries)]
    assert ranks_from_scores(scores, answers).tolist() == slow


def test_a_score_that_is_not_a_number_raises():
    with pytest.raises(ValueError, match="finite"):
        ranks_from_scores(np.array([[1.0, np.nan]]), np.array([1]))


def test_list_ranks_and_recall():
    found = np.array([[3, 1, -1], [2, 0, 1], [-1, -1, -1]])
    ranks = ranks_from_lists(found, np.array([1, 2, 2]))
    assert ranks.tolist() == [2, 1, 0]
    metrics = measure(ranks)
    assert metrics.recall_at_1 == pytest.approx(100 / 3)
    assert metrics.recall_at_5 == pytest.approx(200 / 3)
    assert metrics.mrr_at_10 == pytest.approx(50)
    assert metrics.recall_at_1_ci95[0] <= metrics.recall_at_1 <= metrics.recall_at_1_ci95[1]


def test_interval_narrows_with_more_queries():
    rng = np.random.default_rng(0)
    few, many = (bootstrap_interval(rng.random(n) < 0.3) for n in (50, 5000))
    assert many[1] - many[0] < (few[1] - few[0]) / 5


def _collection() -> Collection:
    def item(name, split):
        return Item(name, "image", f"{name}.webp", (Caption(f"caption of {name}"),), (Caption(f"query {name}"),), split)

    return Collection("toy", Path(), (item("a", "train"), item("b", "dev"), item("c", "held_out")))


def test_only_captions_of_train_items_index():
    collection = _collection()
    assert index_texts(collection) == [("caption of a", 0)]
    assert_index_texts(collection, index_texts(collection), [("anything", 2)])
    for leak in [("query a", 0), ("caption of b", 1), ("caption of c", 2), ("caption of a", 1)]:
        with pytest.raises(TrainingError, match="may not index"):
            assert_index_texts(collection, [leak])
    with pytest.raises(TrainingError, match="belongs to no item"):
        assert_index_texts(collection, [], [("x", 3)])


def test_queries_of_a_split():
    queries = queries_of(_collection(), split="held_out")
    assert queries.texts == ("query c",)
    assert queries.answers.tolist() == [2]


def test_every_arm_of_a_bundle_is_measured_and_reported(tmp_path):
    """The whole verb on a tiny bundle: rows by the contract, pools respected, tables written where they belong."""
    from ace_core.__main__ import main
    from ace_core.evaluation.report import BEGIN, END
    from ace_core.files import read_json
    from tests.tiny import make_tiny_bundle

    bundle = make_tiny_bundle(tmp_path / "tiny")
    out, readme, report = (tmp_path / name for name in ("a.json", "README.md", "results.md"))
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    command = ["evaluate", str(bundle), "--out", str(out), "--readme", str(readme), "--report", str(report), "--json"]
    assert main(command) == 0
    rows = read_json(out)["rows"]
    assert {row["arm"] for row in rows} == {"ace", "dual_tower", "cosine"}
    assert {row["modality"] for row in rows} == {"image", "audio", "video"}
    for row in rows:
        low, high = row["recall_at_1_ci95"]
        assert 0 <= low <= row["recall_at_1"] <= high <= 100
        assert row["recall_at_1"] <= row["recall_at_5"] <= row["recall_at_10"]
        if row["pool"] == "held_out":
            assert row["held_out_top_1"] == row["held_out_share"] == 100
    text = readme.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| held-out queries among | ACE | dual tower | cosine |")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert "What the identifiers carry" in report.read_text() or not read_json(bundle / "report.json").get("ceiling")
    assert main(command) == 0
    assert len(read_json(out)["rows"]) == len(rows)  # measured again, not listed twice
    assert main([*command, "--name", "another"]) == 0  # beside it, not in its place
    assert len(read_json(out)["rows"]) == 2 * len(rows)
    assert {"tiny", "another"} == {row["collection"] for row in read_json(out)["rows"]}
