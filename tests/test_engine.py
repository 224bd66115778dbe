"""The engine over a tiny bundle: what it answers agrees with its parts, and what cannot be answered is said clearly."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ace_core.bundle import MANIFEST, Bundle, new_bundle
from ace_core.collection import MODALITIES, Collection
from ace_core.engine import MAX_QUERY, Engine
from ace_core.errors import AceError, BundleError, ConfigError, QueryError
from ace_core.meaning import PrefixWords
from ace_core.parts import load_parts, save_parts
from tests.tiny import make_tiny_bundle

TEXT = "a red circle on the left"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return Engine.load(bundle)


def test_a_beam_as_wide_as_the_collection_finds_everything_once_and_probabilities_sum_to_one(engine: Engine) -> None:
    result = engine.search(TEXT, k=60, beams=60)
    assert [hit.rank for hit in result.hits] == list(range(1, 61))
    assert len({hit.item.id for hit in result.hits}) == result.pool_size == 60
    assert sum(hit.probability for hit in result.hits) == pytest.approx(1, abs=1e-4)
    for hit in result.hits:
        assert hit.identifier == engine.identifier(engine.collection.index(hit.item.id))
        assert len(hit.token_probabilities) == len(hit.identifier)
        assert math.prod(hit.token_probabilities) == pytest.approx(hit.probability, rel=1e-3)
        assert math.exp(hit.score) == pytest.approx(hit.probability, rel=1e-3)


@pytest.mark.parametrize("method", ["generation", "dual_tower"])
@pytest.mark.parametrize("modality", MODALITIES)
def test_a_modality_is_the_whole_pool(engine: Engine, method: str, modality: str) -> None:
    result = engine.search(TEXT, k=30, beams=30, modality=modality, method=method)  # type: ignore[arg-type]
    assert {hit.item.modality for hit in result.hits} == {modality}
    assert result.pool_size == len(engine.collection.of(modality))  # type: ignore[arg-type]
    if len(result.hits) == result.pool_size:
        assert sum(hit.probability for hit in result.hits) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("method", ["generation", "dual_tower"])
def test_a_prefix_is_the_whole_pool(engine: Engine, method: str) -> None:
    prefix = engine.identifier(7)[:2]
    result = engine.search(TEXT, k=60, beams=60, prefix=prefix, method=method)  # type: ignore[arg-type]
    assert {hit.identifier[:2] for hit in result.hits} == {prefix}
    assert len(result.hits) == result.pool_size == engine.describe(prefix).items_below
    assert sum(hit.probability for hit in result.hits) == pytest.approx(1, abs=1e-4)


def test_the_dual_tower_ranks_by_cosine(engine: Engine) -> None:
    result = engine.search(TEXT, k=60, method="dual_tower")
    cosines = engine.parts.dual_vectors @ engine.dual_tower.encode([TEXT])[0]
    assert [hit.score for hit in result.hits] == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)
    assert sum(hit.probability for hit in result.hits) == pytest.approx(1, abs=1e-4)
    assert all(hit.token_probabilities == () for hit in result.hits)


def test_times_have_parts(engine: Engine) -> None:
    for method in ("generation", "dual_tower"):
        times = engine.search(TEXT, method=method).times  # type: ignore[arg-type]
        assert times.encode_ms > 0
        assert times.search_ms > 0
        assert times.total_ms == times.encode_ms + times.search_ms


def test_comparison_joins_both_lists(engine: Engine) -> None:
    comparison = engine.compare(TEXT, k=10)
    left = {hit.item.id: hit.rank for hit in comparison.generated.hits}
    right = {hit.item.id: hit.rank for hit in comparison.dual_tower.hits}
    assert {entry.item.id for entry in comparison.items} == left.keys() | right.keys()
    for entry in comparison.items:
        assert (entry.generated_rank, entry.dual_tower_rank) == (left.get(entry.item.id), right.get(entry.item.id))
    best = [min(r for r in (e.generated_rank, e.dual_tower_rank) if r) for e in comparison.items]
    assert best == sorted(best)
    assert comparison.answer is None
    assert comparison.summary


def test_a_held_out_query_has_its_right_answer_and_ranks(engine: Engine) -> None:
    item = engine.collection[engine.collection.of("image", "held_out")[1]]
    query = f"  {item.queries[0].text.upper()} "
    comparison = engine.compare(query, k=1, beams=60)
    assert comparison.answer == item
    generated = [hit.item.id for hit in engine.search(query, k=60, beams=60).hits]
    looked_up = [hit.item.id for hit in engine.search(query, k=60, method="dual_tower").hits]
    assert comparison.answer_generated_rank == generated.index(item.id) + 1
    assert comparison.answer_dual_tower_rank == looked_up.index(item.id) + 1
    assert str(comparison.answer_generated_rank) in comparison.summary
    elsewhere = engine.compare(query, modality="audio")
    assert elsewhere.answer_generated_rank is elsewhere.answer_dual_tower_rank is None


def test_queries_of_seen_items_are_no_known_answers(engine: Engine) -> None:
    seen = engine.collection[engine.collection.of("image", "train")[0]]
    assert engine.known_answer(seen.queries[0].text) is None


def test_trace_ends_in_the_result(engine: Engine) -> None:
    trace = engine.trace(TEXT, beams=7, k=7)
    assert [step.level for step in trace.steps] == list(range(engine.trie.length))
    last = [node for node in trace.steps[-1].nodes if node.kept]
    assert [node.prefix for node in last] == [hit.identifier for hit in trace.result.hits]
    for before, step in zip(trace.steps, trace.steps[1:], strict=False):
        for node in step.nodes:
            assert before.nodes[node.parent].prefix == node.prefix[:-1]  # type: ignore[index]
            assert before.nodes[node.parent].kept  # type: ignore[index]


def test_rank_agrees_with_search_at_any_batch_size(engine: Engine) -> None:
    texts = [TEXT, "a tone", "a blue square moving left, slowly, and then nothing else at all"]
    allowed = np.array([item.modality != "audio" for item in engine.collection])
    for method in ("generation", "dual_tower"):
        together = engine.rank(texts, 10, 20, allowed, method)  # type: ignore[arg-type]
        alone = np.concatenate([engine.rank([text], 10, 20, allowed, method) for text in texts])  # type: ignore[arg-type]
        assert (together == alone).all()
        assert allowed[together].all()
    found = [engine.collection[i].id for i in engine.rank([TEXT], 10, 20)[0]]
    assert found == [hit.item.id for hit in engine.search(TEXT, 10, 20).hits]
    assert (engine.rank([TEXT], 80, 80)[0] >= 0).sum() == 60


def test_identify_an_item(engine: Engine) -> None:
    found = engine.identify("image-005", k=4)
    assert found.exists
    assert found.item is not None
    assert found.identifier == engine.identifier(5)
    cosines = engine.parts.vectors @ engine.parts.vectors[5]
    cosines[5] = -2
    assert [hit.item.id for hit in found.nearest] == [engine.collection[i].id for i in np.argsort(-cosines)[:4]]


def test_identify_refuses_what_it_cannot_read(engine: Engine) -> None:
    with pytest.raises(QueryError, match="neither an item of the collection nor a file"):
        engine.identify("nothing-here")
    with pytest.raises(QueryError, match="built from ready vectors"):
        engine.identify(engine.media_path(engine.collection[0]))


def test_describe_names_the_words_that_tell_a_prefix(engine: Engine) -> None:
    prefix = engine.identifier(3)[:1]
    summary = engine.describe(prefix)
    below = [i for i in range(60) if engine.identifier(i)[:1] == prefix]
    assert summary.items_below == len(below)
    assert {item.id for item in summary.examples} <= {engine.collection[i].id for i in below}
    assert len(summary.examples) == min(4, len(below))
    said = " ".join(
        text
        for i in below
        for text in (*engine.parts.pseudo_queries[i], *(c.text for c in engine.collection[i].captions))
    ).lower()
    assert summary.words
    assert all(word in said for word in summary.words)
    assert engine.describe(prefix) is summary
    assert engine.describe(()).items_below == 60


def test_telling_words_prefer_what_only_the_set_says() -> None:
    words = PrefixWords([["a red boat"], ["the red boat"], ["a green boat"], ["one green boat"]])
    assert words.telling(np.array([True, True, False, False]), 3) == ("red",)
    assert words.telling(np.array([True] * 4), 1) == ("boat",)
    assert PrefixWords([[], []]).telling(np.array([True, False]), 3) == ()


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda e: e.search(" \n "), "empty"),
        (lambda e: e.search("x" * (MAX_QUERY + 1)), "301 characters"),
        (lambda e: e.search("x", k=0), "1 to 100, not 0"),
        (lambda e: e.search("x", k=101), "1 to 100, not 101"),
        (lambda e: e.search("x", beams=0), "1 to 200, not 0"),
        (lambda e: e.search("x", beams=201), "1 to 200, not 201"),
        (lambda e: e.search("x", modality="smell"), "'smell'"),
        (lambda e: e.search("x", method="magic"), "'magic'"),
        (lambda e: e.search("x", prefix=(99,)), "begins with 99"),
        (lambda e: e.search("x", prefix=(0,) * 9), "begins with 0-0"),
        (lambda e: e.search("x", modality="audio", prefix=e.identifier(0)), "no items of modality 'audio'"),
        (lambda e: e.describe((99,)), "begins with 99"),
        (lambda e: e.item("nothing"), "nothing"),
        (lambda e: e.identify("image-000", k=0), "1 to 100"),
    ],
)
def test_what_cannot_be_answered_is_said(engine: Engine, ask: Callable[[Engine], object], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        ask(engine)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\x00\x01", "红色的船 🚤", "\ud800", "<eos> <pad>", "a" * 300]
)
def test_any_text_is_answered(engine: Engine, text: str) -> None:
    assert len(engine.search(text, k=3).hits) == 3
    assert len(engine.search(text, k=3, method="dual_tower").hits) == 3


def test_many_threads_get_what_one_gets(engine: Engine) -> None:
    texts = [f"a {colour} {shape}" for colour in ("red", "blue", "green") for shape in ("circle", "square", "bar")] * 3
    alone = [[hit.item.id for hit in engine.search(text, k=5).hits] for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: [hit.item.id for hit in engine.search(text, k=5).hits], texts))
    assert together == alone


def test_examples_info_and_media(engine: Engine, bundle: Path) -> None:
    assert len(engine.examples()) == 12
    for example in engine.examples():
        assert example.item.split == "held_out"
        assert example.item.modality == example.modality
        assert engine.known_answer(example.query) == example.item
    info = engine.info()
    assert info.items == {"image": 30, "audio": 20, "video": 10}
    assert info.held_out == {"image": 6, "audio": 4, "video": 2}
    assert info.bundle_bytes == sum(f.stat().st_size for f in bundle.rglob("*") if f.name != MANIFEST)
    assert all(engine.media_path(item).is_file() for item in engine.collection)


@pytest.mark.parametrize("index", ["ivf", "hnsw"])
def test_other_indexes_answer_under_the_same_interface(bundle: Path, index: str) -> None:
    engine = Engine.load(bundle, index=index)  # type: ignore[arg-type]
    assert engine.info().index == index
    assert len(engine.search(TEXT, k=10, modality="video", method="dual_tower").hits) == 10


def test_an_unknown_device_is_named(bundle: Path) -> None:
    with pytest.raises(ConfigError, match="toaster"):
        Engine.load(bundle, device="toaster")


def test_parts_survive_a_round_trip(bundle: Path, tmp_path: Path) -> None:
    parts = load_parts(Bundle.open(bundle))
    collection = Bundle.open(bundle).collection
    with new_bundle(tmp_path / "again") as staged:
        save_parts(staged, tmp_path / "again", parts, collection, None, {}, {})
    again = load_parts(Bundle.open(tmp_path / "again"))
    assert (again.codes == parts.codes).all()
    np.testing.assert_array_equal(again.vectors, parts.vectors)
    one, other = parts.retriever.state_dict(), again.retriever.state_dict()
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert (again.joint.fingerprint, again.dual_tower.fingerprint) == (
        parts.joint.fingerprint,
        parts.dual_tower.fingerprint,
    )
    assert again.pseudo_queries == parts.pseudo_queries
    codes = again.codec.encode(again.vectors, [item.modality for item in collection])
    assert codes.tolist() == parts.codec.encode(parts.vectors, [item.modality for item in collection]).tolist()


def _with_too_few_vectors(parts):  # type: ignore[no-untyped-def]
    return replace(parts, vectors=parts.vectors[:-1])


def _with_twins(parts):  # type: ignore[no-untyped-def]
    codes = parts.codes.copy()
    codes[1] = codes[0]
    return replace(parts, codes=codes)


def _with_more_levels(parts):  # type: ignore[no-untyped-def]
    codes = parts.codes.copy()
    codes[0, -1] = 7
    return replace(parts, codes=codes)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_with_too_few_vectors, "vectors of .* 59 rows for 60 items"),
        (_with_twins, "share the identifier"),
        (_with_more_levels, "different levels"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(bundle: Path, tmp_path: Path, damage: Callable, told: str) -> None:
    opened = Bundle.open(bundle)
    parts = damage(load_parts(opened))
    with new_bundle(tmp_path / "bad") as staged:
        save_parts(staged, tmp_path / "bad", parts, opened.collection, None, {}, {})
    with pytest.raises(BundleError, match=told):
        Engine.load(tmp_path / "bad")


def test_every_file_of_a_bundle_is_needed(bundle: Path, tmp_path: Path) -> None:
    names = [file.relative_to(bundle).as_posix() for file in bundle.rglob("*") if file.is_file()]
    assert len(names) > 10
    for name in names:
        copy = tmp_path / "copy"
        shutil.copytree(bundle, copy)
        (copy / name).unlink()
        with pytest.raises(BundleError, match=Path(name).name):
            Engine.load(copy)
        shutil.rmtree(copy)


def test_errors_are_one_sentence(engine: Engine) -> None:
    for ask in (lambda: engine.search(""), lambda: engine.describe((99,)), lambda: engine.identify("no")):
        with pytest.raises(AceError) as caught:
            ask()
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".")


def test_a_collection_of_one_modality(bundle: Path, tmp_path: Path) -> None:
    opened = Bundle.open(bundle)
    parts = load_parts(opened)
    chosen = np.array(opened.collection.of("video"))
    few = Collection("clips", opened.collection.root, tuple(opened.collection[int(i)] for i in chosen))
    codes = parts.codes[chosen]
    codes[:, -1] = np.arange(10)
    sizes = (*parts.codec.level_sizes, 10)
    retriever = type(parts.retriever)(replace(parts.retriever.config, level_sizes=sizes), parts.tokenizer).eval()
    parts = replace(
        parts,
        codes=codes,
        vectors=parts.vectors[chosen],
        dual_vectors=parts.dual_vectors[chosen],
        pseudo_queries=[parts.pseudo_queries[i] for i in chosen],
        retriever=retriever,
        examples=(),
    )
    with new_bundle(tmp_path / "clips") as staged:
        save_parts(staged, tmp_path / "clips", parts, few, None, {}, {})
    engine = Engine.load(tmp_path / "clips")
    assert len(engine.search(TEXT, k=20).hits) == 10
    with pytest.raises(QueryError, match="no items of modality 'audio'"):
        engine.search(TEXT, modality="audio")
