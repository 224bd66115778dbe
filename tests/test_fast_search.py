"""The fast search against the obvious one: same identifiers, same scores, whatever the tree and the company."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.identifiers.trie import Trie
from ace_core.retriever import kernels, matrices
from ace_core.retriever.beam import NONE, BeamResult, Search, beam_search
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.matrices import (
    FEW_ROWS,
    Halved,
    Int8,
    Matrix,
    Packed,
    Stack,
    halves_exist,
    int8_exists,
    matrix,
    packs,
)
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.retriever.reference import SlowSearch
from ace_core.retriever.short_attention import Rms

SIZES = (4, 5, 5, 3)
SMALL = RetrieverConfig(
    vocab_size=40, level_sizes=SIZES, d_model=32, encoder_layers=2, decoder_layers=2, heads=2, d_ff=64, dropout=0.1
)
VARIANTS = [
    {},
    {"coarse_fusion": False},
    {"fine_fusion": False},
    {"coarse_fusion": False, "fine_fusion": False},
    {"tie_heads": True, "encoder_width": 16},
    {"summary": False},
]
CLOSE = 1e-4  # scores, in natural logarithms


@pytest.fixture(autouse=True)
def _one_seed_and_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def loud(change: dict | None = None, half: bool = False) -> Retriever:
    """A random model whose answers differ well from token to token."""
    model = Retriever(replace(SMALL, **(change or {}))).eval()
    with torch.no_grad():
        for head in model.heads:
            nn.init.normal_(head.weight, std=0.5)  # type: ignore[union-attr, arg-type]
            nn.init.normal_(head.bias)  # type: ignore[union-attr, arg-type]
        for name, weight in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                nn.init.normal_(weight, 1.0, 0.2)
    return model.half().float() if half else model


def random_codes(seed: int, items: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = np.unique(np.stack([rng.integers(0, size, items) for size in SIZES], axis=1), axis=0)
    rng.shuffle(codes)
    return codes


def random_queries(count: int, seed: int, longest: int = 8) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    mask = torch.arange(longest) < torch.randint(1, longest + 1, (count, 1), generator=generator)
    ids = torch.randint(4, 40, (count, longest), generator=generator).masked_fill(~mask, 0)
    ids[:, 0] = 2
    return ids, mask


def agree(found: BeamResult, query: int, wanted: list[tuple[float, int]], close: float = CLOSE) -> None:
    """Same scores, and same items but where scores are closer than what they are exact to."""
    scores = np.array([score for score, _ in wanted])
    got = found.items[query, : len(wanted)].tolist()
    np.testing.assert_allclose(found.log_probs[query, : len(wanted)], scores, atol=close, rtol=0)
    assert (found.items[query, len(wanted) :] == NONE).all()
    for place, item in enumerate(got):
        equals = [other for score, other in wanted if abs(score - scores[place]) <= 2 * close]
        assert item in equals or abs(scores[place] - scores[-1]) <= 2 * close
    assert len(set(got)) == len(got)


# Against the reference


@contextmanager
def without_kernels() -> Iterator[None]:
    with patch.object(kernels, "library", lambda: None):
        yield


torch.manual_seed(0)  # some random model rounds worse than most
MODELS = [loud(change, half=True) for change in VARIANTS]
FAST = [FastRetriever(model) for model in MODELS]
with without_kernels():
    BY_TORCH = [FastRetriever(model) for model in MODELS]
worlds = st.tuples(
    st.integers(0, 10_000),  # seed
    st.integers(1, 40),  # items drawn
    st.integers(1, 3),  # queries
    st.integers(1, 8),  # longest query
    st.sampled_from(["all", "some", "prefix", "banned", "both"]),
)
ways = st.sampled_from([FAST, BY_TORCH])


def restricted(trie: Trie, codes: np.ndarray, kind: str, seed: int) -> tuple:
    """A restriction and, computed apart, bool (N,)."""
    rng = np.random.default_rng(seed)
    if kind == "all":
        return None, np.ones(len(codes), dtype=bool)
    one = int(rng.integers(len(codes)))
    prefix = tuple(codes[one][: rng.integers(1, 4)].tolist()) if kind in ("prefix", "both") else ()
    banned = rng.permutation(len(codes))[: rng.integers(0, 5)] if kind in ("banned", "both") else np.array([], int)
    banned = banned[banned != one]
    mask = rng.random(len(codes)) < 0.6 if kind == "some" else np.ones(len(codes), dtype=bool)
    mask[one] = True
    allowed = mask & ~np.isin(np.arange(len(codes)), banned) & (codes[:, : len(prefix)] == prefix).all(axis=1)
    return trie.restrict(mask if kind == "some" else None, prefix, banned), allowed


@settings(max_examples=25, deadline=None)
@given(worlds, st.integers(1, 8), st.integers(0, len(VARIANTS) - 1), ways)
def test_fast_equals_slow(world: tuple, beams: int, variant: int, way: list[FastRetriever]) -> None:
    seed, items, batch, longest, kind = world
    codes = random_codes(seed, items)
    trie = Trie.build(codes, SIZES)
    restriction, allowed = restricted(trie, codes, kind, seed)
    ids, mask = random_queries(batch, seed, longest)
    slow = SlowSearch(MODELS[variant], codes, allowed)
    found = beam_search(way[variant], ids, mask, trie, beams, restriction)
    for query in range(batch):
        agree(found, query, slow.search(ids[query], mask[query], beams))
        np.testing.assert_allclose(found.token_log_probs[query].sum(-1), found.log_probs[query], atol=CLOSE)
        written = found.items[query] != NONE
        np.testing.assert_array_equal(found.codes[query][written], codes[found.items[query][written].numpy()])


@settings(max_examples=10, deadline=None)
@given(worlds, st.integers(0, len(VARIANTS) - 1))
def test_as_many_beams_as_items_are_exact(world: tuple, variant: int) -> None:
    seed, items, batch, longest, kind = world
    codes = random_codes(seed, items)
    trie = Trie.build(codes, SIZES)
    restriction, allowed = restricted(trie, codes, kind, seed)
    ids, mask = random_queries(batch, seed, longest)
    slow = SlowSearch(MODELS[variant], codes, allowed)
    found = beam_search(FAST[variant], ids, mask, trie, len(codes), restriction)
    for query in range(batch):
        wanted = slow.everything(ids[query], mask[query])
        count = int(allowed.sum())
        got = dict(zip(found.items[query, :count].tolist(), found.log_probs[query, :count].tolist(), strict=True))
        assert got == pytest.approx(wanted, abs=CLOSE)
        assert float(found.log_probs[query].exp().sum()) == pytest.approx(1, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(worlds, st.integers(1, 10), st.integers(0, len(VARIANTS) - 1), ways)
def test_fixed_shapes_and_the_plain_model_give_the_same(
    world: tuple, beams: int, variant: int, way: list[FastRetriever]
) -> None:
    """Three ways through the search: few beams asked, all of them asked, and the model that is trained."""
    seed, items, batch, longest, kind = world
    codes = random_codes(seed, items)
    trie = Trie.build(codes, SIZES)
    restriction, _ = restricted(trie, codes, kind, seed)
    ids, mask = random_queries(batch, seed, longest)
    fast = way[variant]
    found = beam_search(fast, ids, mask, trie, beams, restriction)
    with torch.inference_mode():
        fixed, finite = Search(fast, trie, beams, restriction, fixed=True).run(fast.encode(ids, mask), batch)
    assert all(finite.values())
    plain = beam_search(MODELS[variant], ids, mask, trie, beams, restriction)
    for query in range(batch):
        wanted = [
            (score, item)
            for score, item in zip(plain.log_probs[query].tolist(), plain.items[query].tolist(), strict=True)
            if item != NONE
        ]
        agree(found, query, wanted)
        agree(fixed, query, wanted)


def test_a_query_is_answered_the_same_in_any_company() -> None:
    codes = random_codes(3, 100)
    trie = Trie.build(codes, SIZES)
    ids, mask = random_queries(9, 0)
    for precision in ("float32", "int8"):
        fast = FastRetriever(MODELS[0], precision)  # type: ignore[arg-type]
        together = beam_search(fast, ids, mask, trie, 7)
        for i in range(9):
            shorter = int(mask[i].sum())
            alone = beam_search(fast, ids[i : i + 1, :shorter], mask[i : i + 1, :shorter], trie, 7)
            assert torch.equal(together.items[i], alone.items[0])
            torch.testing.assert_close(together.log_probs[i], alone.log_probs[0], atol=1e-4, rtol=1e-4)
            again = beam_search(fast, ids, mask, trie, 7, encoded=fast.encode(ids, mask))
            assert torch.equal(again.log_probs, together.log_probs)


def test_a_forced_beginning_costs_one_step() -> None:
    """Below a prefix, what is skipped is read together with the first token that anybody asks about."""
    codes = np.array([[1, 2, a, b] for a in range(5) for b in range(3)] + [[3, 0, 0, 0]])
    trie, model = Trie.build(codes, SIZES), MODELS[0]
    fast, steps = FastRetriever(model), []
    stepping = fast.step
    fast.step = lambda *args: (steps.append(args[3]), stepping(*args))[1]  # type: ignore[method-assign]
    ids, mask = random_queries(2, 5)
    found = beam_search(fast, ids, mask, trie, 6, trie.restrict(prefix=(1, 2)))
    assert steps == [2, 3]
    slow = SlowSearch(model, codes, (codes[:, 0] == 1))
    for query in range(2):
        agree(found, query, slow.search(ids[query], mask[query], 6))
    assert (found.token_log_probs[:, :, :2] == 0).all()
    steps.clear()
    with torch.inference_mode():
        fixed = Search(fast, trie, 6, trie.restrict(prefix=(1, 2)), fixed=True).run(fast.encode(ids, mask), 2)[0]
    assert steps == [2, 3]
    torch.testing.assert_close(fixed.log_probs, found.log_probs, atol=CLOSE, rtol=0)


def test_forced_steps_in_the_middle_are_read_later() -> None:
    """Every beam has one child at levels 1 and 2; only the last token tells two items apart."""
    codes = np.array([[a, (a + 1) % 5, a, b] for a in range(4) for b in range(3)])
    trie, model = Trie.build(codes, SIZES), MODELS[0]
    ids, mask = random_queries(3, 6)
    found = beam_search(FAST[0], ids, mask, trie, 5)
    slow = SlowSearch(model, codes)
    for query in range(3):
        agree(found, query, slow.search(ids[query], mask[query], 5))


def test_weights_that_are_not_numbers_are_refused() -> None:
    trie = Trie.build(random_codes(0, 40), SIZES)
    model = loud()
    with torch.no_grad():
        model.heads[1].bias[2] = torch.nan  # type: ignore[union-attr, index, operator]
    with pytest.raises(FloatingPointError, match="level 1"):
        beam_search(FastRetriever(model), *random_queries(2, 0), trie, 5)


def test_a_frozen_copy_is_not_trained() -> None:
    with pytest.raises(ConfigError, match="frozen"):
        FAST[0].train()
    assert FAST[0].train(False) is FAST[0]
    with pytest.raises(ConfigError, match="tokenizer"):
        FAST[0].tokenize(["a boat"])


def test_a_query_without_tokens_and_one_too_long() -> None:
    trie = Trie.build(random_codes(0, 40), SIZES)
    ids = torch.zeros(2, 4, dtype=torch.int64)
    nothing = torch.zeros(2, 4, dtype=torch.bool)
    found, plain = (beam_search(model, ids, nothing, trie, 3) for model in (FAST[0], MODELS[0]))
    torch.testing.assert_close(found.log_probs, plain.log_probs, atol=CLOSE, rtol=0)
    with pytest.raises(ValueError, match="at most 32"):
        FAST[0].encode(torch.full((1, 33), 5), torch.ones(1, 33, dtype=torch.bool))


# Rounded numbers


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_rounded_models_say_nearly_the_same(precision: str) -> None:
    codes = random_codes(4, 60)
    trie = Trie.build(codes, SIZES)
    ids, mask = random_queries(6, 1)
    for variant in (0, 3):
        plain = beam_search(MODELS[variant], ids, mask, trie, len(codes))
        rounded = beam_search(FastRetriever(MODELS[variant], precision), ids, mask, trie, len(codes))  # type: ignore
        for query in range(6):
            wanted = dict(zip(plain.items[query].tolist(), plain.log_probs[query].tolist(), strict=True))
            got = dict(zip(rounded.items[query].tolist(), rounded.log_probs[query].tolist(), strict=True))
            assert got == pytest.approx(wanted, abs=0.2, rel=0.05)
            assert got != pytest.approx(wanted, abs=1e-6)


@pytest.mark.skipif(not halves_exist(), reason="this build of torch has no 16-bit products on a CPU")
@torch.no_grad()
def test_sixteen_bits_lose_nothing_where_they_hold_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "SMALL", 0)
    monkeypatch.setattr(kernels, "library", lambda: None)
    model = loud(half=True)
    fast = FastRetriever(model)
    assert isinstance(fast.decoder.layers[0].up, Halved)
    assert type(FastRetriever(loud()).decoder.layers[0].up) is Packed
    assert type(BY_TORCH[0].decoder.layers[0].up) is Matrix
    weight = torch.randn(24, 32).half().float()
    bias = torch.randn(24)
    for rows in (1, 10, FEW_ROWS, FEW_ROWS + 1):
        x = torch.randn(rows, 32)
        wanted = x @ weight.T + bias
        torch.testing.assert_close(Halved(weight, bias)(x), wanted, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(Halved(weight, bias).gelu(x), nn.functional.gelu(wanted), atol=1e-5, rtol=1e-5)
    codes = random_codes(8, 80)
    trie, slow = Trie.build(codes, SIZES), SlowSearch(model, codes)
    ids, mask = random_queries(3, 8)
    found = beam_search(fast, ids, mask, trie, 9)
    for query in range(3):
        agree(found, query, slow.search(ids[query], mask[query], 9))


@pytest.mark.skipif(not packs(), reason="this build of torch does not pack weights")
@torch.no_grad()
def test_packed_weights_are_the_same() -> None:
    for bias in (torch.randn(24), None):
        linear = nn.Linear(32, 24)
        x = torch.randn(2, 50, 32)
        wanted = nn.functional.linear(x, linear.weight, bias)
        packed = Packed(linear.weight, bias)
        torch.testing.assert_close(packed(x), wanted, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(packed.gelu(x), nn.functional.gelu(wanted), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(packed(x.transpose(0, 1)), wanted.transpose(0, 1), atol=1e-5, rtol=1e-5)


@pytest.mark.skipif(not int8_exists(), reason="this processor does not multiply 8-bit integers exactly")
@torch.no_grad()
def test_eight_bits_round_by_row_and_by_output() -> None:
    weight, bias = torch.randn(24, 64), torch.randn(24)
    x = torch.randn(7, 64) * torch.logspace(-3, 3, 7).unsqueeze(1)
    product = Int8(weight, bias)
    got = product(x)
    wanted = x @ weight.T + bias
    error = (got - wanted).abs().amax(1)
    assert (error <= 0.02 * 64**0.5 * x.abs().amax(1)).all()
    assert torch.equal(torch.cat([product(row.unsqueeze(0)) for row in x]), got)
    assert torch.equal(product(torch.zeros(1, 64))[0], bias)


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("rows", [3, FEW_ROWS + 1])
@torch.no_grad()
def test_a_stack_is_one_matrix_after_the_other(precision: str, rows: int) -> None:
    weights = torch.randn(3, 16, 32).half().float()
    x, added = torch.randn(3, rows, 32), torch.randn(3, rows, 16)
    got = Stack(weights, precision)(x, added)  # type: ignore[arg-type]
    for index in range(3):
        one = matrix(weights[index], None, precision)(x[index]) + added[index]  # type: ignore[arg-type]
        torch.testing.assert_close(got[index], one, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_norm_is_torchs() -> None:
    norm = nn.RMSNorm(48)
    nn.init.normal_(norm.weight)
    for scale in (1e-6, 1e-3, 1.0, 1e4):
        x = torch.randn(5, 48) * scale
        torch.testing.assert_close(Rms(norm.weight, None)(x), norm(x), atol=1e-6, rtol=1e-5)
    assert (Rms(norm.weight, None)(torch.zeros(1, 48)) == 0).all()
