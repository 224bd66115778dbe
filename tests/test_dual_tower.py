"""The vector index against plain matrix products, restricted pools and their edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.dual_tower import VectorIndex
from ace_core.errors import BundleError, ConfigError, QueryError

KINDS = ("flat", "ivf", "hnsw")


def unit(rng: np.random.Generator, rows: int, columns: int = 16) -> np.ndarray:
    vectors = rng.normal(size=(rows, columns)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_flat_search_is_a_sorted_matrix_product(items: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, queries = unit(rng, items), unit(rng, 3)
    allowed = rng.random(items) < 0.5 if seed % 2 else None
    found, scores = VectorIndex(vectors).search(queries, k, allowed)
    pool = np.arange(items) if allowed is None else np.flatnonzero(allowed)
    shown = min(k, len(pool))
    for row, query in enumerate(queries):
        best = np.sort(vectors[pool] @ query)[::-1][:shown]
        np.testing.assert_allclose(scores[row, :shown], best, atol=1e-5)
        np.testing.assert_allclose(vectors[found[row, :shown]] @ query, scores[row, :shown], atol=1e-5)
        assert len(set(found[row, :shown])) == shown
        assert set(found[row, :shown]) <= set(pool)
    assert (found[:, shown:] == -1).all()
    assert (scores[:, shown:] == -np.inf).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_index_fills_k_from_a_restricted_pool(kind: str) -> None:
    rng = np.random.default_rng(1)
    vectors, queries = unit(rng, 2000), unit(rng, 20)
    allowed = np.zeros(2000, dtype=bool)
    allowed[rng.choice(2000, 15, replace=False)] = True
    found, scores = VectorIndex(vectors, kind).search(queries, 20, allowed)  # type: ignore[arg-type]
    assert allowed[found[:, :15]].all()
    assert all(len(set(row)) == 15 for row in found[:, :15].tolist())
    assert (np.diff(scores[:, :15], axis=1) <= 1e-6).all()
    assert (found[:, 15:] == -1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_approximate_search_finds_most_of_what_exact_search_finds(kind: str) -> None:
    rng = np.random.default_rng(2)
    vectors, queries = unit(rng, 3000), unit(rng, 50)
    exact = VectorIndex(vectors).search(queries, 10)[0]
    found = VectorIndex(vectors, kind).search(queries, 10)[0]  # type: ignore[arg-type]
    shared = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), found.tolist(), strict=True)])
    assert shared == 1 if kind == "flat" else shared > 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_very_small_collections(kind: str) -> None:
    vectors = unit(np.random.default_rng(3), 2)
    found, scores = VectorIndex(vectors, kind).search(vectors, 5)  # type: ignore[arg-type]
    assert found[:, 0].tolist() == [0, 1]
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-6)


def test_an_empty_pool_and_no_queries_give_nothing() -> None:
    index = VectorIndex(unit(np.random.default_rng(4), 5))
    found, _ = index.search(index.vectors[:1], 3, np.zeros(5, dtype=bool))
    assert (found == -1).all()
    assert index.search(index.vectors[:0], 3)[0].shape == (0, 3)


def test_what_is_not_finite_is_refused() -> None:
    vectors = unit(np.random.default_rng(5), 4)
    query = np.full((1, 16), np.nan, dtype=np.float32)
    with pytest.raises(QueryError, match="not finite"):
        VectorIndex(vectors).search(query, 1)
    vectors[2, 3] = np.inf
    with pytest.raises(BundleError, match="finite"):
        VectorIndex(vectors)


def test_an_unknown_index_is_named() -> None:
    with pytest.raises(ConfigError, match="known: flat, ivf, hnsw"):
        VectorIndex(np.eye(2, dtype=np.float32), "tree")  # type: ignore[arg-type]
