"""Constrained beam search against slow obvious oracles, on a table of logits instead of a model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ace_core.identifiers.trie import Restriction, Trie
from ace_core.retriever.beam import NONE, BeamResult, Search, beam_search, trace_steps


@dataclass
class Written:
    """What each beam of each query has written, (B, W, t): the mock's whole cache."""

    prefixes: Tensor

    def reorder(self, parents: Tensor) -> Written:
        rows = torch.arange(len(parents)).unsqueeze(1)
        return Written(self.prefixes[rows, parents])


class TableModel(nn.Module):
    """Logits that depend on the query (its first id) and on the whole prefix, by looking into a random table."""

    def __init__(self, level_sizes: tuple[int, ...], seed: int, spread: float = 2.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.tables = [torch.randn(997, size, generator=generator) * spread for size in level_sizes]
        self.widths: list[int] = []  # how many beams each step was asked for

    def encode(self, ids: Tensor, mask: Tensor) -> Tensor:
        return ids[:, 0]

    def start(self, encoded: Tensor, beams: int = 1) -> Written:
        return Written(torch.zeros(len(encoded), beams, 0, dtype=torch.int64))

    def step(
        self, encoded: Tensor, cache: Written, tokens: Tensor | None, level: int, wanted: Tensor | None = None
    ) -> tuple[Tensor, Written]:
        prefixes = cache.prefixes if tokens is None else torch.cat([cache.prefixes, tokens.unsqueeze(-1)], dim=-1)
        self.widths.append(prefixes.shape[1])
        key = encoded.unsqueeze(1) * 7919 + torch.zeros(prefixes.shape[:2], dtype=torch.int64)
        for column in range(level):
            key = key * 31 + prefixes[..., column] + 1
        return key % 997, Written(prefixes)

    def skip(self, encoded: Tensor, cache: Written, tokens: Tensor | None, level: int) -> Written:
        return self.step(encoded, cache, tokens, level)[1]

    def level_logits(self, level: int, hidden: Tensor) -> Tensor:
        return self.tables[level][hidden]


def random_trie(seed: int, items: int, level_sizes: tuple[int, ...]) -> tuple[Trie, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.unique(np.stack([rng.integers(0, size, items) for size in level_sizes], axis=1), axis=0)
    rng.shuffle(codes)
    return Trie.build(codes, level_sizes), codes


def queries(*numbers: int) -> tuple[Tensor, Tensor]:
    ids = torch.tensor(numbers).unsqueeze(1)
    return ids, torch.ones_like(ids, dtype=torch.bool)


def exhaustive(model: TableModel, query: int, codes: np.ndarray, allowed: np.ndarray) -> list[tuple[float, int]]:
    """(log p, item) of every allowed item, best first: softmax by softmax, in double precision."""
    scored = []
    for item in np.flatnonzero(allowed):
        total = 0.0
        for level, token in enumerate(codes[item]):
            total += conditional(model, query, codes, allowed, tuple(codes[item][:level]))[token]
        scored.append((total, int(item)))
    return sorted(scored, reverse=True)


def conditional(
    model: TableModel, query: int, codes: np.ndarray, allowed: np.ndarray, prefix: tuple[int, ...]
) -> dict[int, float]:
    """log p(token | prefix, query) over the tokens that some allowed item has there."""
    level = len(prefix)
    below = codes[allowed & (codes[:, :level] == prefix).all(axis=1)]
    tokens = np.unique(below[:, level])
    tail = torch.tensor([prefix[-1:]]) if prefix else None
    cache = Written(torch.tensor([[prefix[:-1]]], dtype=torch.int64).view(1, 1, max(0, level - 1)))
    hidden, _ = model.step(torch.tensor([query]), cache, tail, level)
    logits = model.level_logits(level, hidden)[0, 0].double()[tokens]
    return dict(zip(tokens.tolist(), logits.log_softmax(0).tolist(), strict=True))


def plain_beam(
    model: TableModel, query: int, codes: np.ndarray, allowed: np.ndarray, beams: int
) -> list[tuple[float, tuple[int, ...]]]:
    """Beam search one prefix at a time."""
    kept: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for _ in range(codes.shape[1]):
        grown = [
            (score + log_prob, (*prefix, token))
            for score, prefix in kept
            for token, log_prob in conditional(model, query, codes, allowed, prefix).items()
        ]
        kept = sorted(grown, key=lambda pair: (-pair[0], pair[1]))[:beams]
    return kept


def random_restriction(trie: Trie, seed: int, share: float) -> tuple[Restriction | None, np.ndarray]:
    if share >= 1:
        return None, np.ones(trie.size, dtype=bool)
    allowed = np.random.default_rng(seed).random(trie.size) < share
    allowed[seed % trie.size] = True
    return trie.restrict(allowed), allowed


worlds = st.tuples(
    st.integers(0, 10_000),  # seed
    st.integers(1, 50),  # items drawn
    st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),  # level sizes
    st.sampled_from([0.3, 0.7, 1.0]),  # share of items allowed
    st.integers(1, 5),  # batch
)


@settings(max_examples=30, deadline=None)
@given(worlds)
def test_wide_beams_are_exact_and_sum_to_one(world: tuple) -> None:
    seed, items, sizes, share, batch = world
    trie, codes = random_trie(seed, items, sizes)
    restriction, allowed = random_restriction(trie, seed, share)
    model = TableModel(sizes, seed)
    beams = len(codes) + seed % 3
    found = beam_search(model, *queries(*range(batch)), trie, beams, restriction)
    assert found.items.shape == found.log_probs.shape == (batch, beams)
    assert found.codes.shape == found.token_log_probs.shape == (batch, beams, len(sizes))
    count = int(allowed.sum())
    for query in range(batch):
        wanted = exhaustive(model, query, codes, allowed)
        by_item = {item: log_prob for log_prob, item in wanted}
        got = found.items[query, :count].tolist()
        assert sorted(got) == sorted(by_item)
        np.testing.assert_allclose(found.log_probs[query, :count], [by_item[item] for item in got], atol=1e-4)
        assert found.log_probs[query, :count].diff().le(0).all()
        assert found.log_probs[query].exp().sum().item() == pytest.approx(1, abs=1e-4)
        assert (found.items[query, count:] == NONE).all()
        assert (found.codes[query, count:] == NONE).all()
        assert found.log_probs[query, count:].isneginf().all()
        np.testing.assert_array_equal(found.codes[query, :count], codes[got])
        np.testing.assert_allclose(
            found.token_log_probs[query, :count].sum(-1), found.log_probs[query, :count], atol=1e-4
        )


@settings(max_examples=40, deadline=None)
@given(worlds, st.integers(1, 12))
def test_narrow_beams_equal_one_prefix_at_a_time(world: tuple, beams: int) -> None:
    seed, items, sizes, share, batch = world
    trie, codes = random_trie(seed, items, sizes)
    restriction, allowed = random_restriction(trie, seed, share)
    model = TableModel(sizes, seed)
    found = beam_search(model, *queries(*range(batch)), trie, beams, restriction)
    for query in range(batch):
        wanted = plain_beam(model, query, codes, allowed, beams)
        got = [tuple(row) for row in found.codes[query, : len(wanted)].tolist()]
        assert got == [prefix for _, prefix in wanted]
        np.testing.assert_allclose(found.log_probs[query, : len(wanted)], [score for score, _ in wanted], atol=1e-4)
        assert (found.items[query, len(wanted) :] == NONE).all()
    alone = [beam_search(model, *queries(query), trie, beams, restriction) for query in range(batch)]
    assert torch.equal(torch.cat([one.items for one in alone]), found.items)


class NodeScores:
    """A guide that looks every child up in a table of its depth: float (B, n_d) each."""

    def __init__(self, trie: Trie, batch: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.tables = [
            2 * torch.randn(batch, trie.nodes(depth), generator=generator) for depth in range(1, trie.length + 1)
        ]

    def scores(self, level: int, nodes: Tensor) -> Tensor:
        return self.tables[level].gather(1, nodes.flatten(1)).view(nodes.shape)


@settings(max_examples=25, deadline=None)
@given(worlds, st.integers(1, 12))
def test_a_guide_is_added_before_the_softmax(world: tuple, beams: int) -> None:
    seed, items, sizes, share, batch = world
    trie, codes = random_trie(seed, items, sizes)
    restriction, allowed = random_restriction(trie, seed, share)
    model, guide = TableModel(sizes, seed), NodeScores(trie, batch, seed)
    found = beam_search(model, *queries(*range(batch)), trie, len(codes), restriction, guide=guide)
    narrow = beam_search(model, *queries(*range(batch)), trie, beams, restriction, guide=guide)
    for query in range(batch):
        wanted = guided(model, guide, query, trie, codes, allowed)
        by_item = dict(zip(found.items[query].tolist(), found.log_probs[query].tolist(), strict=True))
        by_item.pop(NONE, None)
        assert by_item == pytest.approx(
            {item: wanted[tuple(codes[item])] for item in np.flatnonzero(allowed)}, abs=1e-4
        )
        kept: list[tuple[int, ...]] = [()]
        for _ in sizes:
            grown = [prefix for prefix in wanted if prefix and prefix[:-1] in kept]
            kept = sorted(grown, key=lambda prefix: (-wanted[prefix], prefix))[:beams]
        assert [tuple(row) for row in narrow.codes[query].tolist()][: len(kept)] == kept


def guided(
    model: TableModel, guide: NodeScores, query: int, trie: Trie, codes: np.ndarray, allowed: np.ndarray
) -> dict[tuple[int, ...], float]:
    """log p(prefix | query) of every prefix of an allowed item, one softmax after the other."""
    scores: dict[tuple[int, ...], float] = {(): 0.0}
    for level in range(codes.shape[1]):
        for prefix in [prefix for prefix in scores if len(prefix) == level]:
            below = np.unique(codes[allowed & (codes[:, :level] == prefix).all(axis=1)][:, level]).tolist()
            plain = conditional(model, query, codes, allowed, prefix)
            ahead = [float(guide.tables[level][query, trie.find((*prefix, token))[1]]) for token in below]
            logits = torch.tensor([plain[token] for token in below]).double() + torch.tensor(ahead).double()
            for token, log_prob in zip(below, logits.log_softmax(0).tolist(), strict=True):
                scores[(*prefix, token)] = scores[prefix] + log_prob
    return scores


def test_items_are_never_repeated() -> None:
    trie, _ = random_trie(5, 80, (4, 4, 4, 2))
    for beams in (1, 3, 20, 500):
        items = beam_search(TableModel((4, 4, 4, 2), 1), *queries(1, 2, 3), trie, beams).items
        for row in items.tolist():
            real = [item for item in row if item != NONE]
            assert len(real) == len(set(real)) == min(beams, trie.size)


def test_a_token_without_a_rival_costs_exactly_nothing() -> None:
    trie = Trie.build(np.array([[0, 3, 1], [2, 1, 0], [2, 4, 3]]), (3, 5, 4))
    found = beam_search(TableModel((3, 5, 4), 3, spread=40.0), *queries(4), trie, 5)
    row = found.items[0].tolist().index(0)
    assert found.token_log_probs[0, row, 1:].tolist() == [0.0, 0.0]
    only = beam_search(TableModel((3, 5, 4), 3), *queries(4), trie, 5, trie.restrict(np.array([True, False, False])))
    assert only.items[0].tolist() == [0, NONE, NONE, NONE, NONE]
    assert only.log_probs[0, 0].item() == 0.0


@pytest.mark.parametrize("beams", [1, 3, 7, 27])
def test_ties_go_to_the_lower_node(beams: int) -> None:
    codes = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    order = np.random.default_rng(0).permutation(27)
    trie = Trie.build(codes[order], (3, 3, 3))
    found = beam_search(TableModel((3, 3, 3), 0, spread=0.0), *queries(0, 1), trie, beams)
    for row in found.codes.tolist():
        assert row == codes[:beams].tolist()


def test_a_search_never_keeps_more_beams_than_there_are_prefixes() -> None:
    trie, _ = random_trie(2, 40, (3, 4, 5))
    model = TableModel((3, 4, 5), 0)
    beam_search(model, *queries(0), trie, 1000)
    assert model.widths[0] == 1
    assert model.widths[1] <= trie.branching[0]
    assert model.widths[2] <= trie.branching[0] * trie.branching[1]


def test_the_model_is_not_asked_of_what_is_decided() -> None:
    codes = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [2, 0, 0, 0], [2, 0, 0, 1]])
    trie, model = Trie.build(codes, (3, 2, 2, 2)), TableModel((3, 2, 2, 2), 0)
    beam_search(model, *queries(0), trie, 6)
    assert model.widths == [1, 2, 2, 1]  # 0 is decided; then 1-0; then 1-1-0 and 1-1-1
    model.widths.clear()
    traced = beam_search(model, *queries(0), trie, 6, trace=True)
    assert model.widths == [1, 3, 6, 6]
    assert torch.equal(traced.items, beam_search(model, *queries(0), trie, 6).items)


@settings(max_examples=25, deadline=None)
@given(worlds, st.integers(1, 12))
def test_fixed_shapes_give_the_same(world: tuple, beams: int) -> None:
    seed, items, sizes, share, batch = world
    trie, _ = random_trie(seed, items, sizes)
    restriction, _ = random_restriction(trie, seed, share)
    model = TableModel(sizes, seed)
    found = beam_search(model, *queries(*range(batch)), trie, beams, restriction)
    ids, mask = queries(*range(batch))
    fixed, finite = Search(model, trie, beams, restriction, fixed=True).run(model.encode(ids, mask), batch)
    assert torch.equal(found.items, fixed.items)
    assert torch.equal(found.codes, fixed.codes)
    torch.testing.assert_close(found.log_probs, fixed.log_probs)
    torch.testing.assert_close(found.token_log_probs, fixed.token_log_probs)
    assert all(finite.values())


def test_logits_that_are_not_numbers_are_refused() -> None:
    trie, _ = random_trie(0, 20, (3, 4))
    model = TableModel((3, 4), 0)
    model.tables[1][:] = torch.nan
    with pytest.raises(FloatingPointError, match="level 1"):
        beam_search(model, *queries(0), trie, 3)


def test_the_mode_of_the_model_is_put_back() -> None:
    trie, _ = random_trie(0, 20, (3, 4))
    model = TableModel((3, 4), 0)
    model.train()
    beam_search(model, *queries(0), trie, 3)
    assert model.training
    with pytest.raises(ValueError, match="beam"):
        beam_search(model, *queries(0), trie, 0)


@settings(max_examples=25, deadline=None)
@given(worlds, st.integers(1, 8))
def test_the_trace_tells_what_happened(world: tuple, beams: int) -> None:
    seed, items, sizes, share, batch = world
    trie, codes = random_trie(seed, items, sizes)
    restriction, allowed = random_restriction(trie, seed, share)
    model = TableModel(sizes, seed)
    found = beam_search(model, *queries(*range(batch)), trie, beams, restriction, trace=True)
    for query in range(batch):
        check_trace(found, query, trie, codes, model, allowed, beams)


def check_trace(
    found: BeamResult, query: int, trie: Trie, codes: np.ndarray, model: TableModel, allowed: np.ndarray, beams: int
) -> None:
    steps = trace_steps(found, query, trie)
    assert [step.level for step in steps] == list(range(trie.length))
    for level, step in enumerate(steps):
        kept = [node for node in step.nodes if node.kept]
        pruned = [node for node in step.nodes if not node.kept]
        assert list(step.nodes) == kept + pruned
        assert 1 <= len(kept) <= beams
        scores = [node.log_prob for node in kept]
        assert scores == sorted(scores, reverse=True)
        assert [node.log_prob for node in pruned] == sorted((n.log_prob for n in pruned), reverse=True)
        assert not pruned or (len(kept) == beams and pruned[0].log_prob <= scores[-1])
        assert len({node.prefix for node in step.nodes}) == len(step.nodes)
        for node in step.nodes:
            assert len(node.prefix) == level + 1
            assert node.items_below == (codes[:, : level + 1] == node.prefix).all(axis=1).sum()
            before = 0.0
            if level:
                parent = steps[level - 1].nodes[node.parent]
                assert parent.kept
                assert parent.prefix == node.prefix[:-1]
                before = parent.log_prob
            else:
                assert node.parent is None
            assert node.log_prob == pytest.approx(before + math.log(node.token_probability), abs=1e-4)
            asked = conditional(model, query, codes, allowed, node.prefix[:-1])
            assert math.log(node.token_probability) == pytest.approx(asked[node.prefix[-1]], abs=1e-4)
    last = [node.prefix for node in steps[-1].nodes if node.kept]
    assert last == [tuple(row) for row in found.codes[query].tolist() if row[0] != NONE]
