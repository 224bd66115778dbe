"""Looking ahead against the sums it stands for, and through the search against the dual tower's own softmax."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ace_core.errors import ConfigError
from ace_core.identifiers.trie import Trie
from ace_core.retriever.beam import beam_search
from ace_core.retriever.look_ahead import LookAhead
from tests.test_beam import TableModel, queries, random_restriction, random_trie

SCALE = 7.0
worlds = st.tuples(
    st.integers(0, 10_000),
    st.integers(1, 60),
    st.sampled_from([(3, 4, 2), (5, 3, 3, 2), (2, 2)]),
    st.sampled_from([0.3, 0.7, 1.0]),
)


class Silent(TableModel):
    """A decoder that has no opinion."""

    def level_logits(self, level: int, hidden: Tensor) -> Tensor:
        return torch.zeros_like(super().level_logits(level, hidden))


def vectors_of(seed: int, rows: int, dimension: int = 6) -> np.ndarray:
    rows_of = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return rows_of / np.linalg.norm(rows_of, axis=1, keepdims=True)


def nodes_of(trie: Trie, codes: np.ndarray, depth: int) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """Every prefix of that depth, in the trie's order, and which items carry it."""
    prefixes = sorted({tuple(row[:depth]) for row in codes.tolist()})
    return [(prefix, (codes[:, :depth] == prefix).all(axis=1)) for prefix in prefixes]


@settings(max_examples=30, deadline=None)
@given(worlds)
def test_nodes_are_worth_what_lies_under_them(world: tuple) -> None:
    seed, items, sizes, share = world
    trie, codes = random_trie(seed, items, sizes)
    restriction, allowed = random_restriction(trie, seed, share)
    vectors, query = vectors_of(seed, len(codes)), vectors_of(seed + 1, 3)
    logits = SCALE * query @ vectors.T
    exact = LookAhead(trie, vectors, SCALE, "items").see(torch.from_numpy(query), restriction)
    means = LookAhead(trie, vectors, SCALE, "means").see(torch.from_numpy(query), restriction)
    nearer = LookAhead(trie, vectors, SCALE, "children").see(torch.from_numpy(query), restriction)
    for depth in range(1, len(sizes) + 1):
        for node, (prefix, members) in enumerate(nodes_of(trie, codes, depth)):
            if not (members & allowed).any():
                continue
            wanted = np.log(np.exp(logits[:, members & allowed].astype(np.float64)).sum(axis=1))
            assert exact.by_depth[depth - 1][:, node].numpy() == pytest.approx(wanted, abs=1e-3)
            mean = np.log(members.sum()) + SCALE * query @ vectors[members].mean(axis=0)
            assert means.by_depth[depth - 1][:, node].numpy() == pytest.approx(mean, abs=1e-3)
            if depth < len(sizes):
                below = [m for child, m in nodes_of(trie, codes, depth + 1) if child[:depth] == prefix]
                parts = [
                    np.log(m.sum()) + SCALE * query @ vectors[m].mean(axis=0) for m in below if (m & allowed).any()
                ]
                summed = np.log(np.exp(np.stack(parts).astype(np.float64)).sum(axis=0))
                assert nearer.by_depth[depth - 1][:, node].numpy() == pytest.approx(summed, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(worlds)
def test_an_undecided_decoder_writes_the_dual_towers_softmax(world: tuple) -> None:
    seed, items, sizes, share = world
    trie, codes = random_trie(seed, items, sizes)
    restriction, allowed = random_restriction(trie, seed, share)
    vectors, query = vectors_of(seed, len(codes)), vectors_of(seed + 1, 2)
    sight = LookAhead(trie, vectors, SCALE).see(torch.from_numpy(query), restriction)
    found = beam_search(Silent(sizes, seed), *queries(0, 1), trie, len(codes), restriction, guide=sight)
    logits = np.where(allowed, SCALE * query @ vectors.T, -np.inf).astype(np.float64)
    wanted = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    for row in range(2):
        kept = found.items[row] >= 0
        assert int(kept.sum()) == int(allowed.sum())
        assert found.log_probs[row][kept].numpy() == pytest.approx(
            wanted[row][found.items[row][kept].numpy()], abs=2e-3
        )


def test_scores_are_finite_where_everything_is_forbidden_or_far() -> None:
    trie, codes = random_trie(3, 40, (4, 4, 2))
    only = np.zeros(len(codes), dtype=bool)
    only[5] = True
    for ahead in ("items", "children", "means"):
        look = LookAhead(trie, vectors_of(3, len(codes)), 500.0, ahead)
        sight = look.see(torch.from_numpy(vectors_of(4, 1)), trie.restrict(only))
        assert all(bool(scores.isfinite().all()) for scores in sight.by_depth)
        found = beam_search(TableModel((4, 4, 2), 3), *queries(0), trie, 5, trie.restrict(only), guide=sight)
        assert found.items[0].tolist() == [5, -1, -1, -1, -1]


def test_an_unknown_way_to_look_is_refused() -> None:
    trie, codes = random_trie(1, 10, (3, 3))
    with pytest.raises(ConfigError, match="items, children, means"):
        LookAhead(trie, vectors_of(1, len(codes)), SCALE, "far")  # type: ignore[arg-type]
