"""The check: its likelihoods against one sentence at a time, its order against a slow one, where it gets features."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from ace_core.__main__ import main
from ace_core.add_check import add_check, save_check
from ace_core.bundle import Bundle
from ace_core.check import GRID, Check, CheckConfig, choose_weight, new_order
from ace_core.collection import MODALITIES, Caption, Collection
from ace_core.encoders.cache import FeatureCache
from ace_core.engine import Engine
from ace_core.errors import BundleError, ConfigError, MediaError, QueryError, TrainingError
from ace_core.evaluation.candidates import checked, fit_check, unchecked
from ace_core.evaluation.protocol import dev_sentences
from ace_core.files import read_json
from ace_core.item_features import FeatureMemory, FeatureTable, ReadFeatures, Warming
from ace_core.parts import load_parts
from ace_core.stages import finished_stages
from ace_core.text import Tokenizer
from tests.checked import STRONG, make_reading_bundle, make_stored_bundle, opinionated, some_features
from tests.test_cli import SMALL
from tests.tiny import make_tiny_bundle, make_tiny_collection

MIXED = [MODALITIES[i % 3] for i in range(30)]
TEXTS = (
    "a red circle on the left",
    "a deep tone",
    "one and the same sentence, which goes on for so long that no captioner here reads it to its end",
    "blue",
)
SILENT = CheckConfig({"generation": dict.fromkeys(MODALITIES, 0.0), "dual_tower": {}})


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([*TEXTS, "a low tone, heard once", "a red bar on the right"] * 3, 320)


@pytest.fixture(scope="module")
def check(tokenizer: Tokenizer) -> Check:
    return Check(opinionated(tokenizer), tokenizer, FeatureTable(some_features(MIXED), MIXED), MIXED, STRONG)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stored_bundle(tmp_path_factory.mktemp("stored"))


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_reading_bundle(tmp_path_factory.mktemp("reading"))


def one_by_one(check: Check, texts: tuple[str, ...], items: np.ndarray) -> np.ndarray:
    """The captioner's own score of every sentence with every item, each by itself."""
    found = np.full(items.shape, -np.inf, dtype=np.float32)
    for (query, place), item in np.ndenumerate(items):
        if item >= 0:
            (row,) = check.features.rows([int(item)])
            ids, mask = check.tokenizer.encode_batch([texts[query]], check.captioner.config.max_tokens)
            modality = check.modalities[item]
            found[query, place] = check.captioner.log_prob(np.asarray(row)[None], modality, ids, mask)[0]
    return found


# Likelihoods


def test_likelihoods_are_those_of_one_sentence_and_one_item_at_a_time(check: Check) -> None:
    items = np.random.default_rng(0).integers(-1, 30, (len(TEXTS), 9))
    found = check.log_likelihoods(TEXTS, items)
    assert found.dtype == np.float32
    assert np.isneginf(found[items < 0]).all()
    there = items >= 0
    assert found[there] == pytest.approx(one_by_one(check, TEXTS, items)[there], abs=2e-4)
    assert found[there].std() > 1  # the captioner does tell items apart


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 3), st.integers(1, 40))
def test_no_query_depends_on_its_company(check: Check, seed: int, queries: int, places: int) -> None:
    rng = np.random.default_rng(seed)
    texts = [TEXTS[i] for i in rng.integers(0, len(TEXTS), queries)]
    items = rng.integers(-1, 30, (queries, places))
    together = check.log_likelihoods(texts, items)
    alone = np.concatenate([check.log_likelihoods([text], items[i : i + 1]) for i, text in enumerate(texts)])
    assert together[items >= 0] == pytest.approx(alone[items >= 0], abs=2e-4)


def test_an_item_is_remembered_once_however_many_queries_ask_for_it(check: Check, monkeypatch) -> None:
    remembered = []
    whole = check.captioner.remember
    monkeypatch.setattr(check.captioner, "remember", lambda rows, m: (remembered.append(len(rows)), whole(rows, m))[1])
    texts = [f"{text} {number}" for text in TEXTS for number in range(30)]
    check.log_likelihoods(texts, np.tile(np.arange(10), (len(texts), 1)))
    assert sum(remembered) == 10


def test_groups_of_every_size_give_the_same(check: Check, monkeypatch) -> None:
    items = np.random.default_rng(1).integers(-1, 30, (len(TEXTS), 12))
    whole = check.log_likelihoods(TEXTS, items)
    for name, size in (("ITEMS_AT_ONCE", 2), ("SENTENCES_AT_ONCE", 1), ("TOKENS_AT_ONCE", 5)):
        monkeypatch.setattr(f"ace_core.check.{name}", size)
        assert check.log_likelihoods(TEXTS, items)[items >= 0] == pytest.approx(whole[items >= 0], abs=2e-4)


def test_nothing_to_ask_of_is_no_error(check: Check) -> None:
    assert check.log_likelihoods([], np.empty((0, 5), dtype=np.int64)).shape == (0, 5)
    assert np.isneginf(check.log_likelihoods(["blue"], np.full((1, 3), -1))).all()


def test_a_broken_captioner_is_told(check: Check, tokenizer: Tokenizer) -> None:
    broken = opinionated(tokenizer)
    with torch.no_grad():
        broken.bias[:] = torch.nan
    with pytest.raises(QueryError, match="captioner is broken"):
        Check(broken, tokenizer, check.features, MIXED, STRONG).log_likelihoods(["blue"], np.array([[1, 2]]))


class Torn:
    """Features of which some items' files cannot be read."""

    def __init__(self, check: Check, torn: set[int]) -> None:
        self.features, self.torn = check.features, torn

    def rows(self, items):
        rows = self.features.rows(items)
        return [MediaError(f"{i}: torn") if i in self.torn else row for i, row in zip(items, rows, strict=True)]


def test_what_cannot_be_read_gets_the_mean_of_the_others_of_its_kind(check: Check, tokenizer: Tokenizer) -> None:
    items = np.array([[0, 3, 6, 1, 4, -1]])  # pictures 0, 3, 6 and sounds 1, 4
    whole = check.log_likelihoods(["blue"], items)[0]
    torn = Check(check.captioner, tokenizer, Torn(check, {3, 1, 4}), MIXED, STRONG)
    reading = torn.read(["blue"], items)
    assert set(reading.unread) == {3, 1, 4}
    found = reading.log_likelihoods[0]
    assert found[[0, 2]] == pytest.approx(whole[[0, 2]], abs=1e-4)
    assert found[1] == pytest.approx((whole[0] + whole[2]) / 2, abs=1e-4)
    assert found[3] == found[4]  # nothing of that kind was read, so nothing moves
    assert np.isneginf(found[5])


# Order


def slow_order(own, likelihoods, kinds, weights):
    """Whoever scores highest takes the next place of its kind, the earlier one of equals."""
    queues = {}
    for kind in set(kinds):
        of_kind = [i for i, one in enumerate(kinds) if one == kind]
        weight = weights.get(kind, 0)
        key = (lambda i, w=weight: (-(own[i] + w * likelihoods[i]), i)) if weight else (lambda i: i)
        queues[kind] = sorted(of_kind, key=key)
    return [queues[kind].pop(0) for kind in kinds]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(-4, 0), st.integers(-9, 0), st.sampled_from(MODALITIES)), max_size=12))
def test_order_equals_a_slow_one_with_many_ties(rows: list[tuple[int, int, str]]) -> None:
    own, likelihoods = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows], float)
    kinds = np.array([r[2] for r in rows], dtype=object)
    for weights in ({"image": 0.5, "audio": 0.25}, dict.fromkeys(MODALITIES, 1.0), {}):
        found = new_order(own, likelihoods, kinds, weights).tolist()
        assert found == slow_order(own, likelihoods, list(kinds), weights)
        assert sorted(found) == list(range(len(rows)))
        assert [kinds[i] for i in found] == list(kinds)  # each kind keeps its places


def test_a_score_that_is_not_finite_is_refused() -> None:
    good, kinds = np.zeros(2), np.array(["image", "image"])
    for bad in (np.array([0.0, np.nan]), np.array([np.inf, 0.0])):
        for own, likelihoods in ((bad, good), (good, bad)):
            with pytest.raises(ValueError, match="finite"):
                new_order(own, likelihoods, kinds, {"image": 1.0})
            with pytest.raises(ValueError, match="finite"):
                choose_weight(np.array([[0, 1]]), np.array([0]), own[None], likelihoods[None])


def test_rerank_changes_the_candidates_alone(check: Check) -> None:
    few = Check(check.captioner, check.tokenizer, check.features, MIXED, replace(STRONG, candidates=4))
    items = np.array([[0, 3, 6, 9, 12, 15], [3, 0, -1, -1, -1, -1]])
    own = np.array([[-1.0, -2, -3, -4, -5, -6], [-1, -2, -np.inf, -np.inf, -np.inf, -np.inf]])
    likelihoods = np.where(items >= 0, 10.0 * np.arange(6), -np.inf)
    assert few.rerank("generation", items, own, likelihoods).tolist() == [[9, 6, 3, 0, 12, 15], [0, 3, -1, -1, -1, -1]]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_the_chosen_weight_is_the_first_of_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    items = np.stack([rng.permutation(8)[:5] for _ in range(6)])
    items[rng.random(items.shape) < 0.15] = -1
    answers, own = rng.integers(0, 8, 6), rng.normal(size=items.shape)
    likelihoods = rng.normal(size=items.shape) * 3

    def reciprocal(query: int, weight: float) -> float:
        places = [p for p in range(5) if items[query, p] >= 0]
        places.sort(key=lambda p: -(own[query, p] + weight * likelihoods[query, p]))
        ranks = [rank for rank, p in enumerate(places, start=1) if items[query, p] == answers[query]]
        return 1 / ranks[0] if ranks else 0.0

    slow = [np.mean([reciprocal(query, weight) for query in range(6)]) for weight in GRID]
    assert choose_weight(items, answers, own, likelihoods) == GRID[int(np.argmax(slow))]


def test_weights_are_chosen_on_dev_queries_for_each_way_and_modality(check: Check, stored: Path) -> None:
    """A captioner that knows the answers is heard by the way that does not, and not by the way that does."""
    bundle = Bundle.open(stored)
    collection = bundle.collection
    kinds = [item.modality for item in collection]
    asked: list[str] = []

    class Knowing(Check):
        def log_likelihoods(self, texts, items):
            asked.extend(texts)
            right = {text: answer for m in MODALITIES for text, answer in _queries(collection, m)}
            answers = np.array([right[text] for text in texts])[:, None]
            return np.where(items >= 0, np.where(items == answers, -1.0, -9.0), -np.inf).astype(np.float32)

    knowing = Knowing(check.captioner, check.tokenizer, check.features, kinds, CheckConfig({}, candidates=12))

    def way(knows: bool):
        def find(texts, allowed):
            pool = np.flatnonzero(allowed)
            right = {text: answer for m in MODALITIES for text, answer in _queries(collection, m)}
            items = np.stack([np.roll(pool, 1 - (np.flatnonzero(pool == right[t])[0] if knows else 0)) for t in texts])
            items = np.stack([np.roll(row, -1) if knows else row for row in items])
            return items, np.tile(-0.1 * np.arange(items.shape[1]), (len(texts), 1))

        return find

    config, told = fit_check(collection, knowing, {"generation": way(False), "dual_tower": way(True)})
    assert set(asked) == {text for m in MODALITIES for text, _ in _queries(collection, m)}
    assert set(config.weights["dual_tower"].values()) == {0.0}
    assert all(weight > 0 for weight in config.weights["generation"].values())
    assert "generation image" in told
    assert (config.candidates, config.chosen_on) == (12, "dev")


def _queries(collection: Collection, modality: str) -> list[tuple[str, int]]:
    queries = dev_sentences(collection, modality)  # type: ignore[arg-type]
    return list(zip(queries.texts, queries.answers.tolist(), strict=True))


def test_dev_sentences_are_all_that_was_said_of_dev_items(stored: Path) -> None:
    whole = Bundle.open(stored).collection
    told = (Caption("a caption", "terse"),)
    collection = replace(whole, items=tuple(replace(item, captions=told) for item in whole))
    expected = []
    for place in whole.of(split="dev"):
        expected += [(query.text, place) for query in whole[place].queries] + [("a caption", place)]
    found = dev_sentences(collection)
    assert expected
    assert list(zip(found.texts, found.answers.tolist(), strict=True)) == expected


def test_arms_share_what_the_captioner_said(check: Check, monkeypatch) -> None:
    calls = []
    whole = Check.log_likelihoods
    monkeypatch.setattr(
        Check, "log_likelihoods", lambda self, t, i: (calls.append((i >= 0).sum()), whole(self, t, i))[1]
    )
    items, own = np.array([[0, 3, 6], [3, 9, -1]]), np.array([[-1.0, -1.1, -1.2], [-1.0, -1.3, -np.inf]])
    known: dict[tuple[str, int], float] = {}
    texts, pool = ["blue", "a deep tone"], np.ones(30, dtype=bool)
    first = checked(lambda t, a: (items, own), check, "generation", known)(texts, pool)
    again = checked(lambda t, a: (items[:, ::-1], own[:, ::-1]), check, "dual_tower", known)(texts, pool)
    assert calls == [5, 0]
    assert first[0].tolist() == again[0].tolist()
    quiet = Check(check.captioner, check.tokenizer, check.features, MIXED, SILENT)
    for method in ("generation", "dual_tower"):
        left = checked(lambda t, a: (items, own), quiet, method, {})(texts, pool)  # type: ignore[arg-type]
        assert left.tolist() == unchecked(lambda t, a: (items, own))(texts, pool).tolist()


# Features


def test_a_memory_keeps_what_was_asked_for_last() -> None:
    memory = FeatureMemory(limit=3 * 8)
    rows = {name: np.full(4, i, dtype=np.float16) for i, name in enumerate("abcd")}
    for name in "abc":
        memory.put(name, rows[name])
    assert memory.get("a") is rows["a"]
    memory.put("d", rows["d"])
    assert (memory.get("b"), len(memory), memory.bytes) == (None, 3, 24)
    assert memory.get("a") is rows["a"]
    memory.put("a", rows["b"])
    assert (len(memory), memory.bytes) == (3, 24)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def counted(engine: Engine) -> tuple[ReadFeatures, list[int]]:
    """An engine's features, and a list that grows by how many files its encoder reads."""
    check, read = engine.check, []
    assert check is not None
    assert isinstance(check.features, ReadFeatures)
    encoder = check.features.reader.encoder
    whole = encoder.encode_features  # type: ignore[union-attr]
    encoder.encode_features = lambda media: (read.append(len(media)), whole(media))[1]  # type: ignore[union-attr,method-assign]
    return check.features, read


def test_media_are_read_once_and_in_the_background(reading: Path, cache: Path) -> None:
    engine = Engine.load(reading, device="cpu", warm_up=False)
    features, read = counted(engine)
    first = engine.search("a red bar", check=True)
    assert first.times.media_ms > 0
    assert sum(read) == 20  # twenty beams are checked, twelve answers shown
    assert engine.search("a red bar", check=True).hits == first.hits
    assert sum(read) == 20
    warming = engine.warm_check()
    assert isinstance(warming, Warming)
    assert warming.wait(30)
    assert engine.warm_check() is warming
    assert len(features.memory) == 60
    count = sum(read)
    engine.search("a deep tone", check=True)
    assert sum(read) == count
    engine.stop_warming()

    again = Engine.load(reading, device="cpu", warm_up=False)
    others, read = counted(again)
    warming = again.warm_check()
    assert isinstance(warming, Warming)
    assert warming.wait(30)
    assert sum(read) <= 3  # one of each kind, to know their size; the rest was kept on disk
    assert all((features.rows([i])[0] == others.rows([i])[0]).all() for i in range(60))


@pytest.mark.parametrize("trouble", ["a file", "the folder"])
def test_trouble_does_not_end_the_reading(trouble: str, tmp_path: Path, cache: Path) -> None:
    engine = Engine.load(make_reading_bundle(tmp_path), device="cpu", warm_up=False)
    features, _ = counted(engine)
    if trouble == "a file":
        engine.media_path(engine.collection[4]).write_bytes(b"torn")
    else:
        cache.write_text("no folder")
    warming = engine.warm_check()
    assert isinstance(warming, Warming)
    assert warming.wait(30)
    assert len(features.memory) == (59 if trouble == "a file" else 60)


def test_a_full_memory_or_a_word_ends_the_reading(reading: Path, cache: Path) -> None:
    engine = Engine.load(reading, device="cpu", warm_up=False)
    features, read = counted(engine)
    features.memory.limit = 40 * features.rows([0])[0].nbytes  # type: ignore[union-attr]
    assert Warming(features).wait(30)
    assert 36 <= len(features.memory) <= 40
    stop, before = threading.Event(), sum(read)
    stop.set()
    features.memory.limit *= 2
    features.read_all(stop, FeatureCache(cache / "other"))
    assert sum(read) - before <= 3


# The engine


@pytest.mark.parametrize("made", ["stored", "reading"])
@pytest.mark.parametrize("method", ["generation", "dual_tower"])
def test_a_checked_search_is_the_search_in_another_order(made: str, method: str, request) -> None:
    engine = Engine.load(request.getfixturevalue(made), device="cpu", warm_up=False)
    check, moved = engine.check, 0
    assert check is not None
    for text in ("a red circle on the left", "a deep tone, heard twice", "a blue square moving right"):
        plain = engine.search(text, k=30, beams=30, method=method)  # type: ignore[arg-type]
        result = engine.search(text, k=30, beams=30, method=method, check=True)  # type: ignore[arg-type]
        assert result.hits[20:] == tuple(replace(hit, unchecked_rank=hit.rank) for hit in plain.hits[20:])
        assert [hit.rank for hit in result.hits] == list(range(1, 31))
        assert {hit.item.id for hit in result.hits[:20]} == {hit.item.id for hit in plain.hits[:20]}
        items = np.array([[engine.collection.index(hit.item.id) for hit in plain.hits[:20]]])
        likelihoods = one_by_one(check, (text,), items)[0]
        scale = engine.parts.dual_tower.scale if method == "dual_tower" else 1
        own = [scale * hit.score for hit in plain.hits[:20]]
        kinds = [hit.item.modality for hit in plain.hits[:20]]
        slow = slow_order(own, likelihoods, kinds, dict.fromkeys(MODALITIES, 0.5))
        assert [hit.unchecked_rank for hit in result.hits[:20]] == [place + 1 for place in slow]
        assert [hit.check for hit in result.hits[:20]] == pytest.approx(likelihoods[slow], abs=2e-4)
        assert result.times.check_ms > 0
        assert result.times.total_ms > result.times.encode_ms + result.times.search_ms
        assert (plain.times.check_ms, plain.times.media_ms, plain.unread) == (0, 0, ())
        assert all(hit.check is None and hit.unchecked_rank is None for hit in plain.hits)
        moved += sum(hit.rank != hit.unchecked_rank for hit in result.hits)
    assert moved > 3


def test_few_answers_come_from_all_candidates(stored: Path) -> None:
    engine = Engine.load(stored, device="cpu", warm_up=False)
    for method in ("generation", "dual_tower"):
        many = engine.search("a red bar", k=20, method=method, check=True)  # type: ignore[arg-type]
        assert engine.search("a red bar", k=3, method=method, check=True).hits == many.hits[:3]  # type: ignore[arg-type]


def test_both_sides_of_a_comparison_are_checked(stored: Path) -> None:
    engine = Engine.load(stored, device="cpu", warm_up=False)
    item = engine.collection[engine.collection.of("image", "held_out")[0]]
    text = item.queries[0].text
    both = engine.compare(text, k=30, beams=30, modality="image", check=True)
    for side, method in ((both.generated, "generation"), (both.dual_tower, "dual_tower")):
        alone = engine.search(text, k=30, beams=30, modality="image", method=method, check=True)  # type: ignore[arg-type]
        assert side.hits == alone.hits
        rank = next(hit.rank for hit in alone.hits if hit.item.id == item.id)
        assert rank == (both.answer_generated_rank if method == "generation" else both.answer_dual_tower_rank)


def test_a_weight_of_zero_leaves_every_answer_where_it_was(stored: Path, tmp_path: Path) -> None:
    save_check(Bundle.open(stored), tmp_path / "silent", SILENT)
    engine = Engine.load(tmp_path / "silent", device="cpu", warm_up=False)
    for text, method in itertools.product(TEXTS, ("generation", "dual_tower")):
        hits = engine.search(text, k=30, method=method, check=True).hits  # type: ignore[arg-type]
        assert [hit.item for hit in hits] == [hit.item for hit in engine.search(text, k=30, method=method).hits]  # type: ignore[arg-type]


def test_a_file_that_is_gone_is_told_of_and_the_rest_is_checked(tmp_path: Path) -> None:
    engine = Engine.load(make_reading_bundle(tmp_path), device="cpu", warm_up=False)
    plain = engine.search("a red bar", modality="image")
    gone = plain.hits[3].item
    engine.media_path(gone).unlink()
    result = engine.search("a red bar", modality="image", check=True)
    assert [refused.source for refused in result.unread] == [gone.id]
    assert "no such file" in result.unread[0].reason
    assert {hit.item.id: hit.check is None for hit in result.hits}[gone.id]
    assert sum(hit.check is None for hit in result.hits) == 1


def test_a_bundle_that_cannot_check_says_so(tmp_path: Path) -> None:
    path = make_tiny_bundle(tmp_path)
    save_check(Bundle.open(path), path, STRONG)  # weights alone are not enough
    engine = Engine.load(path, device="cpu", warm_up=False)
    assert engine.check is None
    assert engine.warm_check() is None
    for ask in (engine.search, engine.compare):
        with pytest.raises(QueryError, match="cannot check"):
            ask("a red bar", check=True)  # type: ignore[operator]
    with pytest.raises(TrainingError, match="no captioner"):
        add_check(path, tmp_path / "out", tmp_path / "work")


def test_what_was_removed_does_not_shift_what_is_stored(tmp_path: Path) -> None:
    engine = Engine.load(make_stored_bundle(tmp_path), device="cpu", warm_up=False)
    before = engine.check
    assert before is not None
    kept = [i for i, item in enumerate(engine.collection) if item.id not in ("image-002", "audio-001")]
    wanted = before.log_likelihoods(["a red bar"], np.array([kept]))
    engine.remove(["image-002", "audio-001"])
    for now in (engine, Engine.load(engine.bundle.path, device="cpu", warm_up=False)):
        assert now.check is not None
        assert now.check.log_likelihoods(["a red bar"], np.arange(58)[None]) == pytest.approx(wanted, abs=2e-4)


def test_what_was_added_is_checked_too(tmp_path: Path) -> None:
    from tests.readable import paint

    engine = Engine.load(make_reading_bundle(tmp_path), device="cpu", warm_up=False)
    (added,) = engine.add(paint(tmp_path / "new" / "p.png", 1)).added
    hits = engine.search("anything", prefix=added.identifier, check=True).hits
    assert [hit.item for hit in hits] == [added.item]
    assert hits[0].check is not None


# On disk


def test_weights_are_read_as_they_were_written(stored: Path, tmp_path: Path) -> None:
    assert load_parts(Bundle.open(stored)).check == STRONG
    assert read_json(stored / "check.json") == {
        "weights": STRONG.weights,
        "candidates": 20,
        "chosen_on": "dev",
    }
    other = CheckConfig({"generation": {"audio": 0.1}}, candidates=7)
    out = tmp_path / "elsewhere" / "bundle"
    save_check(Bundle.open(stored), out, other)
    copy = Engine.load(out, device="cpu", warm_up=False)
    assert copy.parts.check == other
    assert copy.media_path(copy.collection[0]).is_file()
    assert copy.check is not None
    unchanged = Bundle.open(stored).files
    for name, entry in Bundle.open(out).files.items():
        if name not in ("check.json", "config.json"):
            assert unchanged[name] == entry


@pytest.mark.parametrize(
    "values",
    [
        {"weights": {"generation": {"image": -0.1}}},
        {"weights": {"generation": {"smell": 0.1}}},
        {"weights": {"guessing": {"image": 0.1}}},
        {"weights": {"generation": {"image": float("nan")}}},
        {"weights": {}, "candidates": 0},
    ],
)
def test_impossible_weights_are_refused(values: dict) -> None:
    with pytest.raises(ConfigError, match="CheckConfig"):
        CheckConfig(**values)


def test_a_damaged_check_is_one_sentence(stored: Path, tmp_path: Path) -> None:
    from ace_core.bundle import link, new_bundle

    bundle = Bundle.open(stored)
    with new_bundle(tmp_path / "broken") as staged:
        for name in bundle.files:
            link(bundle.folder / name, staged / name)
        (staged / "check.json").unlink()
        (staged / "check.json").write_text('{"weights": {"generation": {"image": "much"}}}')
        (staged / "config.json").unlink()
        config = dict(bundle.config)
        config["collection"] = config["collection"] | {
            "manifest": str(bundle.collection.root / "manifest.jsonl"),
            "media_root": str(bundle.collection.root),
        }
        (staged / "config.json").write_text(json.dumps(config))
    with pytest.raises(BundleError, match=r"CheckConfig\.weights"):
        Engine.load(tmp_path / "broken", warm_up=False)


# From the command line


def test_verbs(stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "with"
    assert main(["check", str(stored), "--out", str(out), "--work", str(tmp_path / "work")]) == 0
    assert "generation image" in capsys.readouterr().out
    chosen = read_json(out / "check.json")
    assert set(chosen["weights"]) == {"generation", "dual_tower"}
    assert all(set(weights) == set(MODALITIES) for weights in chosen["weights"].values())
    assert main(["search", str(stored), "a red bar", "--check", "-k", "3"]) == 0
    told = capsys.readouterr().out
    assert "before" in told
    assert "checking" in told
    assert main(["search", str(stored), "a red bar", "-k", "3"]) == 0
    assert "checking" not in capsys.readouterr().out
    assert main(["compare", str(stored), "a red bar", "--check", "-k", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dual_tower"]["hits"][0]["check"] < 0
    report = tmp_path / "results.md"
    assert main(["evaluate", str(stored), "--out", str(tmp_path / "a.json"), "--report", str(report), "--json"]) == 0
    result = read_json(tmp_path / "a.json")
    assert {row["arm"] for row in result["rows"]} == {"ace", "ace_check", "dual_tower", "dual_tower_check", "cosine"}
    assert "captioner" in result["reads"]["ace_check"]
    assert "captioner" in result["reads"]["dual_tower_check"]
    assert "- dual tower + the same check: one vector an item; of 20 answers the feature tokens" in report.read_text()
    assert "generation pictures 0.5, sounds 0.5, clips 0.5; dual tower pictures 0.5" in report.read_text()


def test_a_build_chooses_the_weights_and_so_does_another_retriever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From ready vectors, whose features the bundle holds, and which a second build and `retrain` read there."""
    collection = make_tiny_collection(tmp_path / "media")
    vectors = np.random.default_rng(0).normal(size=(60, 24)).astype(np.float16)
    np.savez(tmp_path / "v.npz", ids=np.array([item.id for item in collection]), embeddings=vectors)
    settings = [part for setting in SMALL for part in ("--set", setting)]
    built, again = tmp_path / "built", tmp_path / "again"
    settings += ["--set", "reranker.steps=20"]
    asked = ["build", str(tmp_path / "media" / "manifest.jsonl"), "--embeddings", str(tmp_path / "v.npz")]
    assert main([*asked, "--work", str(tmp_path / "w"), "--out", str(built), "--share", "0.02", *settings]) == 0
    assert "check: weights of 0 to 2: generation image" in capsys.readouterr().err
    engine = Engine.load(built, device="cpu")
    assert engine.check is not None
    assert all(hit.check is not None for hit in engine.search("a red bar", check=True).hits)
    assert {"check", "reranker"} <= set(engine.parts.metrics)
    stages = finished_stages(tmp_path / "w")
    found = [load_file(stages[name] / "model.safetensors")["embedding.weight"] for name in ("reranker", "captioner")]
    asked_of, wrote = found
    heard = engine.check.captioner.embedding.weight
    assert (heard - asked_of).abs().max() < (wrote - asked_of).abs().max()  # but for its 8 bits the one that learnt on

    (tmp_path / "v.npz").unlink()
    few = [part for part in settings if "retriever" in part]
    few = [part for one in few for part in ("--set", one)]
    retrained = ["retrain", str(built), "--out", str(again), "--work", str(tmp_path / "r"), *few]
    assert main([*retrained, "--set", "retriever.steps=2"]) == 0
    other = Engine.load(again, device="cpu")
    assert other.check is not None
    items = np.arange(60)[None]
    assert other.check.log_likelihoods(["a red bar"], items) == pytest.approx(
        engine.check.log_likelihoods(["a red bar"], items), abs=0.05
    )
