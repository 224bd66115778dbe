"""The benchmark at tiny sizes: well-formed results, valid rivals, and equality of what is said to be equal."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import faiss
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.__main__ import main
from ace_core.bench import (
    agreement,
    constraint,
    decode,
    indexes,
    quantise,
    report,
    scale,
    serve,
    server,
    tables,
    writing,
)
from ace_core.bench.constraint import ConstraintOptions, Three
from ace_core.bench.floor import Speeds, floor, phases, speeds
from ace_core.bench.machine import Setting, arranged
from ace_core.bench.made import clustered_vectors, queries_near, random_identifiers, random_queries
from ace_core.bench.models import ClipText, Shape, clip_ids, retriever
from ace_core.bench.peers import SPECIALS, DictionaryTrie, GeneratePeer, code_tokens
from ace_core.bench.profile import top_operations
from ace_core.bench.timing import Spread, interleave
from ace_core.commands._output import plain
from ace_core.engine import Engine
from ace_core.errors import ConfigError
from ace_core.files import write_json
from ace_core.identifiers.codec import CodecConfig
from ace_core.identifiers.trie import Trie
from ace_core.progress import EventLog
from ace_core.retriever.beam import beam_search
from ace_core.retriever.choosing import ways
from ace_core.retriever.fast import FastRetriever
from app.page import Page
from tests.tiny import make_tiny_bundle

SIZES = (8, 8, 8, 8)
SHAPE = Shape(
    d_model=16, layers=2, heads=2, d_ff=64, query_tokens=5, beams=4, level_sizes=SIZES, vocabulary=SPECIALS + 32
)
CPU = torch.device("cpu")
QUICK = Setting(threads=1, rounds=2)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def as_json(result: Any) -> Any:
    """What a program reads of a result: strict JSON, without NaN."""
    return json.loads(json.dumps(plain(result), allow_nan=False))


def is_spread(value: dict[str, float]) -> bool:
    return 0 < value["p25_ms"] <= value["median_ms"] <= value["p75_ms"] and value["runs"] >= 1


# What is made up


@given(st.integers(1, 500), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_random_identifiers_are_different_and_within_their_levels(count: int, seed: int) -> None:
    sizes = (7, 16, 5, 9)
    codes = random_identifiers(count, sizes, seed)
    assert codes.shape == (count, 4)
    assert len(np.unique(codes, axis=0)) == count
    assert (codes >= 0).all()
    assert (codes < np.array(sizes)).all()
    assert np.array_equal(codes, random_identifiers(count, sizes, seed))


def test_neighbourhoods_are_uneven() -> None:
    counts = np.bincount(random_identifiers(20_000, (256,) * 4, 0)[:, 0], minlength=256)
    assert 3 < counts.max() / counts.mean() < 12


def test_more_identifiers_than_there_can_be() -> None:
    with pytest.raises(ConfigError, match="ask for 1 to a quarter"):
        random_identifiers(17, (8, 8), 0)


def test_vectors_are_unit_and_queries_near_them() -> None:
    vectors = clustered_vectors(500, 32, 3)
    queries = queries_near(vectors, 20, 4)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (queries @ vectors.T).max(axis=1).min() > 0.75
    assert (queries @ vectors.T).mean() < 0.3


# Timing


def test_arms_are_timed_in_turn_and_as_often() -> None:
    called: list[str] = []
    arms = {name: partial(called.append, name) for name in "abc"}
    spreads = interleave(arms, 3, warm_up=0)
    assert "".join(called) == "abcbcacab"
    assert {spread.runs for spread in spreads.values()} == {3}


def test_a_teller_that_raises_stops_the_measurement_and_leaves_no_trace() -> None:
    def tell(line: str) -> None:
        if line == "round 2 of 5":
            raise KeyboardInterrupt

    called: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        interleave({"a": partial(called.append, 1)}, 5, warm_up=0, tell=tell)
    assert called == [1]
    assert gc.isenabled()


def test_a_spread_is_a_query() -> None:
    assert Spread.of([0.002, 0.004, 0.006, 0.008, 0.01], share=2) == Spread(3.0, 2.0, 4.0, 5)


def test_threads_are_put_back_and_a_device_that_is_not_there_is_told() -> None:
    before = torch.get_num_threads()
    with arranged(Setting(threads=before + 1)):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="--device cpu"), arranged(Setting(device="cuda")):
            pass
    with pytest.raises(ConfigError, match="at least 1 round"):
        Setting(rounds=0)


# The three structures of the constraint


@st.composite
def collections(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, ...]]:
    sizes = tuple(draw(st.lists(st.integers(1, 5), min_size=3, max_size=5)))
    rows = draw(st.sets(st.tuples(*[st.integers(0, size - 1) for size in sizes]), min_size=1, max_size=30))
    return np.array(draw(st.permutations(sorted(rows)))), sizes


@given(collections(), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_our_trie_the_static_table_and_the_dictionary_allow_the_same(
    drawn: tuple[np.ndarray, tuple[int, ...]], seed: int
) -> None:
    codes, sizes = drawn
    three = Three(codes, sizes, CPU)
    scores = torch.from_numpy(np.random.default_rng(seed).standard_normal((len(codes), max(sizes)), dtype=np.float32))
    nodes, states, sentences = three.places(codes)
    processor = three._processor(beams=len(codes))
    for level in range(len(sizes)):
        masked = processor(sentences[level], scores)
        ours = three.ours(level, nodes[level], scores)
        static = three.table.candidates(level, states[level], scores)
        for row in range(len(codes)):
            expected = {token: score for token, score in enumerate(masked[row].tolist()) if score > -np.inf}
            prefix = codes[row, :level]
            below = {int(code[level]) for code in codes if np.array_equal(code[:level], prefix)}
            assert set(expected) == below
            for found, tokens, _ in (ours, static):
                pairs = zip(tokens[row].tolist(), found[row].tolist(), strict=True)
                assert {token: score for token, score in pairs if score > -np.inf} == expected
    order = np.lexsort(codes.T[::-1])
    for row, code in enumerate(codes):  # the last step leads to the item itself
        found, tokens, following = three.ours(len(sizes) - 1, nodes[-1], scores)
        assert three.trie.leaf_items[_reached(found, tokens, following, row, code)] == row
        found, tokens, following = three.table.candidates(len(sizes) - 1, states[-1], scores)
        assert order[_reached(found, tokens, following, row, code)] == row


def _reached(
    scores: torch.Tensor, tokens: torch.Tensor, following: torch.Tensor, row: int, code: np.ndarray
) -> torch.Tensor:
    return following[row][(tokens[row] == int(code[-1])) & (scores[row] > -torch.inf)].squeeze()


def test_short_identifiers_have_no_static_table() -> None:
    with pytest.raises(ValueError, match="longer identifiers"):
        constraint.StaticTable(np.array([[0, 1]]), 4)


def test_a_dictionary_trie_has_nothing_after_a_whole_sequence_or_a_wrong_one() -> None:
    trie = DictionaryTrie(np.array([[1, 2, 3], [1, 2, 4], [5, 6, 7]]))
    assert sorted(trie.allowed([])) == [1, 5]
    assert sorted(trie.allowed([1, 2])) == [3, 4]
    assert trie.allowed([1, 2, 3]) == trie.allowed([1, 9, 9]) == trie.allowed([1, 2, 3, 4]) == []
    assert trie.memory_bytes > 0


def test_the_constraint_step_is_measured() -> None:
    result = constraint.measure(ConstraintOptions((50, 500), SIZES, beams=3, batches=(1, 2), alone=(500,)), QUICK)
    rows = as_json(result)["rows"]
    assert {(r["items"], r["method"], r["queries"]) for r in rows} == {
        (n, m, q) for n in (50, 500) for m in constraint.METHODS for q in (1, 2)
    }
    assert all(is_spread(row["ms"]) and row["memory_mb"] > 0 for row in rows)
    assert "dictionary trie" in tables.section("constraint", as_json(result))
    assert "| 100,000,000 (worked out) |" in tables.section("constraint", as_json(result))
    older = {name: value for name, value in as_json(result).items() if name != "tries"}
    assert "worked out" not in tables.section("constraint", older)


@given(collections())
@settings(max_examples=40, deadline=None)
def test_a_trie_is_never_larger_than_was_counted(drawn: tuple[np.ndarray, tuple[int, ...]]) -> None:
    codes, sizes = drawn
    assert constraint.trie_bytes(Trie.build(codes, sizes)) <= constraint.most_bytes(len(codes), sizes)
    full = np.stack([axis.ravel() for axis in np.indices(sizes)], axis=1)
    held = constraint.trie_bytes(Trie.build(full, sizes))
    assert held == constraint.most_bytes(len(full), sizes)


def test_what_is_worked_out_grows_as_sorting_does() -> None:
    built = constraint.TrieRow(1_000_000, 0.2, 23.0, 40.0, measured=True)
    found = constraint.worked_out(built, (256,) * 4, 100_000_000)
    assert found.build_seconds == pytest.approx(0.2 * 100 * 8 / 6, abs=0.1)
    assert found.peak_mb == 4000
    assert 1400 < found.memory_mb < 1600
    assert not found.measured


# Writing identifiers


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("words", [SPECIALS, 50])
def test_what_generate_writes_exists(closed: bool, words: int) -> None:
    codes = random_identifiers(40, SIZES, 1)
    peer = GeneratePeer(SHAPE, DictionaryTrie(code_tokens(codes, SIZES, words)), CPU, words, closed)
    ids, mask = random_queries(3, 5, SHAPE.vocabulary, 0)
    written = peer.codes(peer.search(ids, mask))
    assert written.shape == (3, SHAPE.beams, 4)
    known = {tuple(code) for code in codes.tolist()}
    for beams in written:
        assert len({tuple(code) for code in beams.tolist()} & known) == SHAPE.beams


def test_generate_with_as_many_beams_as_items_finds_them_all() -> None:
    codes = random_identifiers(6, SIZES, 2)
    shape = Shape(**{**plain(SHAPE), "beams": 6, "level_sizes": SIZES})
    peer = GeneratePeer(shape, DictionaryTrie(code_tokens(codes, SIZES, SPECIALS)), CPU)
    written = peer.codes(peer.search(*random_queries(1, 5, SHAPE.vocabulary, 0)))[0]
    assert sorted(written.tolist()) == sorted(codes.tolist())


def test_an_arm_that_writes_what_does_not_exist_is_not_timed() -> None:
    codes = random_identifiers(40, SIZES, 1)
    missing = next(c for c in np.ndindex(*SIZES) if list(c) not in codes.tolist())
    ids, mask = random_queries(1, 5, SHAPE.vocabulary, 0)
    trie = Trie.build(codes, SIZES)
    model = torch.nn.Identity()
    for wrong in ([missing, codes[0]], [codes[0], codes[0]]):
        arm = decode.Arm(model, lambda ids, mask: None, lambda _, wrong=wrong: np.array([wrong]))
        with pytest.raises(RuntimeError, match="do not exist, or one twice"):
            decode.check({"wrong": arm}, ids, mask, trie)
    right = decode.Arm(model, lambda ids, mask: None, lambda _: codes[None, :2])
    decode.check({"right": right}, ids, mask, trie)


@pytest.fixture(scope="module")
def decoded() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "speeds", partial(speeds, read=2**16, side=32, rounds=2))
        options = decode.DecodeOptions(SHAPE, items=300, batch=3, wide_vocabulary=40, bundle=None)
        return as_json(decode.measure(options, QUICK))


def test_decode_gives_one_object_with_the_ratios(decoded: Any) -> None:
    assert {"own_ms_1", "peer_ms_1", "own_ms_32", "peer_ms_32", "ratio_1", "ratio_32"} <= set(decoded)
    assert decoded["ratio_1"] == pytest.approx(decoded["peer_ms_1"] / decoded["own_ms_1"], abs=1e-3)
    medians = {(row["arm"], row["queries"]): row["ms"]["median_ms"] for row in decoded["rows"]}
    here = {name for name in decode.TITLES if name.rsplit("_", 1)[-1] not in {"bfloat16", "int8"}}
    rounded = list(ways(retriever(SHAPE, fused=False)))[1:]
    here |= {f"{name}_{kind}" for name in ("own", "own_fused") for kind in rounded}
    assert set(medians) == {(arm, queries) for arm in here for queries in (1, 3)}
    assert {(f["arm"], f["queries"]) for f in decoded["floors"]} == {
        (name, queries) for name in here if name.removeprefix("own_") in {"own", *rounded} for queries in (1, 3)
    }
    own = decode.arm_of(decoded["precision"])
    assert medians[own, 3] == decoded["own_ms_32"]
    assert {(r["precision"], r["queries"]) for r in decoded["ratios"]} == {
        (p, q) for p in ["float32", *rounded] for q in (1, 3)
    }
    assert all(
        r["ratio"] == pytest.approx(medians["peer", r["queries"]] / r["own_ms"], abs=1e-3) for r in decoded["ratios"]
    )
    assert {a["precision"] for a in decoded["agreements"]} == set(rounded)
    assert all(0 <= a["first"] <= 1 and 0 <= a["top_10"] <= 1 for a in decoded["agreements"])
    assert medians["peer", 1] == decoded["peer_ms_1"]
    assert all(is_spread(row["ms"]) for row in decoded["rows"])
    assert decoded["facts"]["versions"]["torch"]
    assert decoded["options"]["items"] == 300
    for operations in decoded["profile"].values():
        assert 0 < sum(op["share"] for op in operations) <= 1.001


def test_the_floor_counts_the_very_weights_of_the_model() -> None:
    model = retriever(SHAPE, fused=False)
    parts = phases(SHAPE, queries=1)
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    memory = [layer.fusion.fine.key_value for layer in model.layers]
    decoder = {id(m) for layer in model.layers for m in layer.modules()} - {id(m) for m in memory}
    blocks = {id(m) for block in model.encoder.blocks for m in block.modules()}
    size = {
        name: sum(m.weight.numel() for m in linear if id(m) in chosen)
        for name, chosen in (("decoder", decoder), ("blocks", blocks))
    }
    assert parts[0].weights == size["blocks"] + sum(m.weight.numel() for m in memory)
    assert [part.weights for part in parts[1:]] == [size["decoder"] + model.heads[0].weight.numel()] * len(SIZES)


def test_the_floor_is_the_slower_of_reading_and_arithmetic() -> None:
    slow_reading = floor(SHAPE, 1, Speeds(0.001, {"float32": 1e6}), "float32", "own", own_ms=1e4)
    assert slow_reading.floor_ms == slow_reading.reading_ms > slow_reading.arithmetic_ms
    slow_arithmetic = floor(SHAPE, 1, Speeds(1e6, {"float32": 0.001}), "float32", "own", own_ms=1e4)
    assert slow_arithmetic.floor_ms == slow_arithmetic.arithmetic_ms > slow_arithmetic.reading_ms
    batch = floor(SHAPE, 8, Speeds(0.001, {"float32": 1e6}), "float32", "own", own_ms=1e4)
    assert batch.reading_ms == pytest.approx(slow_reading.reading_ms / 8, abs=1e-3)


def test_a_profile_charges_every_part_for_itself_alone() -> None:
    trie = Trie.build(random_identifiers(300, SIZES, 0), SIZES)
    fast = FastRetriever(retriever(SHAPE, fused=False))
    ids, mask = random_queries(2, 5, 30, 0)
    levels: list[int] = []

    def search() -> None:
        levels.append(len(beam_search(fast, ids, mask, trie, 4, trace=True).steps))

    parts = {part.name: part for part in top_operations(search, 20)}
    assert sum(part.share for part in parts.values()) == pytest.approx(1, abs=0.01)
    assert all(part.share >= 0 for part in parts.values())
    assert parts["children in the trie"].calls == parts["the best continuations"].calls == levels[0] == 4
    assert parts["reading the query, between its products"].calls == 1
    assert "timed" not in FastRetriever.encode.__qualname__


def test_rankings_in_fewer_bits_are_compared(tmp_path: Path) -> None:
    found = agreement.of_bundle(make_tiny_bundle(tmp_path / "tiny"), 5, beams=4)
    assert [one.precision for one in found] == list(ways(retriever(SHAPE, fused=False)))[1:]
    assert all(0.5 < one.top_10 <= 1 and one.queries <= 5 for one in found)


# Cost against size


def test_recall_is_that_of_brute_force() -> None:
    vectors = clustered_vectors(3000, 16, 0)
    queries = queries_near(vectors, 30, 1)
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    for kind in ("flat", "ivf", "hnsw"):
        index = indexes.MeasuredIndex.build(vectors, kind, threads=1)  # type: ignore[arg-type]
        found, _ = index.search(queries, 10)
        expected = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found.tolist(), exact.tolist(), strict=True)])
        assert indexes.recall(index, queries, 10) == pytest.approx(expected, abs=0.01)
        assert kind != "flat" or indexes.recall(index, queries, 10) == 1
        assert faiss.omp_get_max_threads() == 1
        held = len(faiss.serialize_index(index._index))
        assert index.memory_bytes == pytest.approx(held, rel=0.05)


def test_clip_reads_nothing_behind_the_end_of_a_query() -> None:
    tower = ClipText(dimension=16, layers=2)
    words = torch.randint(1, 40_000, (3, 9), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole, cut = tower(clip_ids(words, padded=True)), tower.cut(11)(clip_ids(words, padded=False))
    assert clip_ids(words, padded=True).shape == (3, 77)
    assert clip_ids(words, padded=False).shape == (3, 11)
    assert torch.allclose(whole, cut, atol=1e-5)


@pytest.fixture(scope="module")
def scaled() -> Any:
    options = scale.ScaleOptions((200, 50), SHAPE, dimension=16, clip_layers=1, queries=2, recall_queries=8)
    return as_json(scale.measure(options, QUICK))


def test_scale_gives_rows_of_every_method_at_every_size(scaled: Any) -> None:
    rows = scaled["rows"]
    methods = set(writing.WAYS) | {f"{t}+{i}" for t in scale.TOWERS for i in ("flat", "ivf", "hnsw")}
    assert {(row["items"], row["method"]) for row in rows} == {(n, m) for n in (50, 200) for m in methods}
    assert [row["items"] for row in rows] == sorted(row["items"] for row in rows)
    for row in rows:
        assert {"items", "method", "encode_ms", "search_ms", "recall", "memory_mb"} <= set(row)
        assert is_spread(row["encode"])
        assert is_spread(row["search"])
        assert row["memory_mb"] > 0
        if row["method"].startswith("generation"):
            assert row["recall"] is None
        else:
            assert 0 <= row["recall"] <= 1
            assert not row["method"].endswith("flat") or row["recall"] == 1
    times = {row["items"]: row["encode_ms"] + row["search_ms"] for row in rows if row["method"] == writing.PLAIN}
    assert scaled["growth"][writing.PLAIN]["whole"] == pytest.approx(times[200] / times[50], abs=1e-3)


def test_hnsw_is_built_up_to_a_size_and_the_table_says_so(tmp_path: Path) -> None:
    options = scale.ScaleOptions(
        (50, 200), SHAPE, dimension=16, clip_layers=1, hnsw_up_to=50, queries=1, recall_queries=4, ahead_limit=0
    )
    events = EventLog(tmp_path / "events.jsonl", scale.STAGES)
    result = as_json(scale.measure(options, QUICK, events=events))
    built = {(row["items"], row["method"].split("+")[1]) for row in result["rows"] if "+" in row["method"]}
    assert built == {(n, kind) for n in (50, 200) for kind in ("flat", "ivf", "hnsw")} - {(200, "hnsw")}
    assert "HNSW was built of 50 items at most" in tables.section("scale", result)
    whole = {**result, "options": {**result["options"], "hnsw_up_to": 200}}
    assert "HNSW was built" not in tables.section("scale", whole)
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert list(dict.fromkeys(event["stage"] for event in told)) == list(scale.STAGES)
    assert [event["fraction"] for event in told if event["state"] == "progress"][-1] == 1
    assert told[-1]["state"] == "finished"


def test_scale_measures_what_it_is_asked_to() -> None:
    few = {"dimension": 16, "clip_layers": 1, "queries": 1, "recall_queries": 4, "indexes": ("flat",)}
    for methods in (("generation_ahead", "compact"), ("clip_cut", "generation_plain"), ("clip",)):
        result = scale.measure(scale.ScaleOptions((50,), SHAPE, methods=methods, **few), QUICK)
        assert {row.method.removesuffix("+flat") for row in result.rows} == set(methods)
        assert tables.section("scale", as_json(result))
    with pytest.raises(ConfigError, match="no method 'teleport' to measure; known: generation, "):
        scale.ScaleOptions(methods=("teleport",))


def test_scale_without_indexes_is_generation_alone() -> None:
    result = scale.measure(scale.ScaleOptions((50,), SHAPE, indexes=(), queries=1), QUICK)
    assert [row.method for row in result.rows] == list(writing.WAYS)
    with pytest.raises(ConfigError, match="numbers of items"):
        scale.ScaleOptions(sizes=(0,))


# The server


class Stub(BaseHTTPRequestHandler):
    """Answers as the page's API does; a question with the word `full` is refused, one with `wrong` fails."""

    protocol_version = "HTTP/1.1"
    asked: tuple[str, ...] = ()

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_GET(self) -> None:
        if self.path == "/gradio_api/info":
            parameters = [{"parameter_name": "query"}, {"parameter_name": "k", "parameter_default": 12}]
            return self.answer(json.dumps({"named_endpoints": {"/search": {"parameters": parameters}}}))
        if self.path.endswith("/wrong"):
            return self.answer('event: heartbeat\ndata: null\n\nevent: error\ndata: "no"\n\n')
        return self.answer(f'event: complete\ndata: ["{self.path.rsplit("/", 1)[1]}"]\n\n')

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
        if data[0] == "full":
            return self.answer("full", 503)
        return self.answer(json.dumps({"event_id": f"{data[0]}-{data[1]}" if data[0] != "wrong" else "wrong"}))

    def answer(self, body: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture
def stub() -> Iterator[server.Address]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield server.Address("127.0.0.1", running.server_port)
        running.shutdown()


def test_a_user_asks_with_the_default_values(stub: server.Address) -> None:
    user = server.User(stub)
    form = user.form()
    assert form == [None, 12]
    assert user.ask(["hello", *form[1:]]) == "hello-12"
    for text, told in (("full", "503 full"), ("wrong", "error")):
        with pytest.raises(server.Refused, match=told):
            user.ask([text, 12])
    assert user.ask(["again", 12]) == "again-12"
    user.close()


def test_every_question_of_a_crowd_is_counted(stub: server.Address) -> None:
    row = serve.crowd(stub, 3, 0.4, ["a", "full", "wrong"], [None, 12])
    assert row.answered > 0
    assert set(row.errors) == {"503 full", 'error: "no"'}
    assert row.p50_ms is not None
    assert row.p99_ms is not None
    assert 0 < row.p50_ms <= row.p99_ms
    assert row.queries_per_second == pytest.approx(row.answered / row.seconds, rel=0.05)
    none = serve.crowd(stub, 1, 0.15, ["full"], [None, 12])
    assert (none.answered, none.p50_ms) == (0, None)
    assert sum(none.errors.values()) >= 1


def test_a_server_that_is_gone_is_an_error_and_not_a_crash() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as closed:
        address = server.Address("127.0.0.1", closed.server_port)
    row = serve.crowd(address, 2, 0.1, ["a"], [None])
    assert row.answered == 0
    assert set(row.errors) == {"ConnectionRefusedError"}


def test_serve_asks_the_real_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = make_tiny_bundle(tmp_path)
    page = Page(Engine.load(bundle))  # the real page, in this process: the start of another takes long
    _, local, _ = page.launch("127.0.0.1", prevent_thread_lock=True)
    port = int(local.rstrip("/").rsplit(":", 1)[1])
    monkeypatch.setattr(serve, "served", lambda bundle: _running(server.Address("127.0.0.1", port)))
    try:
        result = serve.measure(serve.ServeOptions(bundle, (1, 3), seconds=0.5), Setting())
    finally:
        page.blocks.close(verbose=False)
    shown = as_json(result)
    assert [row["users"] for row in shown["rows"]] == [1, 3]
    assert [row["errors"] for row in shown["rows"]] == [{}, {}]
    assert all(row["answered"] >= row["users"] for row in shown["rows"])
    assert shown["options"]["bundle"] == "bundle"
    assert "60 items" in tables.section("serve", shown)


class _running:
    def __init__(self, address: server.Address) -> None:
        self.address = address

    def __enter__(self) -> server.Address:
        return self.address

    def __exit__(self, *error: object) -> None: ...


def test_a_server_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tmp_path / "app.py"
    app.write_text("import sys; print('starting'); sys.exit('the bundle is damaged')")
    monkeypatch.setattr(server, "_APP", app)
    with pytest.raises(ConfigError, match="ended before it answered: the bundle is damaged"), server.served(tmp_path):
        pass
    monkeypatch.setattr(server, "_APP", tmp_path / "none.py")
    with pytest.raises(ConfigError, match="from a checkout"), server.served(tmp_path):
        pass


def test_a_server_runs_until_the_end_of_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tmp_path / "app.py"
    app.write_text(
        "import sys\nfrom http.server import HTTPServer, SimpleHTTPRequestHandler\n"
        "HTTPServer(('127.0.0.1', int(sys.argv[-1])), SimpleHTTPRequestHandler).serve_forever()\n"
    )
    monkeypatch.setattr(server, "_APP", app)
    with server.served(tmp_path) as address:
        assert server._get(server.User(address).connection, "/")
    with pytest.raises(ConnectionRefusedError):
        server._get(server.User(address).connection, "/")


# Building


@pytest.fixture(scope="module")
def quantised() -> Any:
    codec = CodecConfig({"image": 1}, levels=2, codebook_size=8, latent=8, hidden=16, steps=3, batch_size=64)
    return as_json(quantise.measure(quantise.QuantiseOptions((300, 150), 16, 8, codec), QUICK))


def test_quantise_times_every_stage_at_every_size(quantised: Any) -> None:
    assert [(row["items"], row["stage"]) for row in quantised["rows"]] == [
        (n, stage) for n in (150, 300) for stage in quantise.STAGES
    ]
    for row in quantised["rows"]:
        assert row["items_per_second"] == pytest.approx(row["items"] / row["seconds"], rel=0.2)


# The page


def test_the_page_is_written_from_results_and_only_between_its_marks(
    tmp_path: Path, decoded: Any, scaled: Any, quantised: Any
) -> None:
    results, page = tmp_path / "results", tmp_path / "performance.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    for name, result in (("decode", decoded), ("scale", scaled), ("scale-cuda", scaled), ("quantise", quantised)):
        write_json(results / f"{name}.json", result)
    assert report.write(results, page) == ["constraint", "serve"]
    text = page.read_text(encoding="utf-8")
    assert f"{decoded['ratio_1']:.1f} times as long" in text
    assert "Not measured: `python -m ace_core bench serve" in text
    assert "performance/scale-cuda.svg" in text
    for drawing in ("decode", "scale", "scale-cuda"):
        assert ElementTree.parse(tmp_path / "performance" / f"{drawing}.svg").getroot().tag.endswith("svg")
    report.write(results, page)
    assert page.read_text(encoding="utf-8") == text
    for name in report.NAMES:
        text = report.fill(text, name, "", page)
    was = PAGE.read_text(encoding="utf-8")
    for name in report.NAMES:
        was = report.fill(was, name, "", page)
    assert text == was


def test_a_page_without_marks_is_told() -> None:
    with pytest.raises(ConfigError, match="needs one line <!-- decode:begin -->"):
        report.fill("<!-- decode:end --> <!-- decode:begin -->", "decode", "x", PAGE)


# The command


def test_bench_prints_rows_and_writes_them_with_the_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "constraint.json"
    asked = ["constraint", "--sizes", "200", "--alone", "200", "--rounds", "1", "--threads", "1"]
    assert main(["bench", *asked, "--json", "--out", str(out)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in rows] == [*constraint.METHODS] * 2
    written = json.loads(out.read_text())
    assert written["rows"] == rows
    assert written["facts"]["threads"] == 1
    assert main(["bench", "--json", *asked]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 6
    assert main(["bench", *asked]) == 0
    assert "| 200 | ours |" in capsys.readouterr().out


def test_bench_without_a_measurement_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["bench"])
    assert stopped.value.code == 2


def test_bench_report_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "performance.md"
    assert main(["bench", "report", "--page", str(page)]) == 1
    assert "There is no page" in capsys.readouterr().err
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["bench", "report", "--results", str(tmp_path), "--page", str(page), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == list(report.NAMES)
