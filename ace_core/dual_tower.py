"""The classic answer: a text tower beside item vectors, and a faiss index between them.

The index is rebuilt from the vectors at start and never stored: an index file is not data one should trust.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ace_core.errors import BundleError, ConfigError, QueryError

if TYPE_CHECKING:
    from ace_core.encoders.towers import Space

IndexKind = Literal["flat", "ivf", "hnsw"]

_IVF_PROBES = 16
_HNSW_LINKS = 32
_HNSW_SEARCH = 64


@functools.cache
def _faiss() -> Any:
    import faiss

    # faiss brings an OpenMP runtime of its own beside torch's. On macOS the two crash each other; elsewhere its
    # threads, waiting in a spin, make the next torch call several times slower.
    faiss.omp_set_num_threads(1)
    return faiss


class VectorIndex:
    """Maximum inner product over unit vectors: `flat` (exact), `ivf` or `hnsw` (approximate, faster when large)."""

    def __init__(self, vectors: np.ndarray, kind: IndexKind = "flat") -> None:
        """vectors: float32 (N, D), rows of unit length."""
        if kind not in get_args(IndexKind):
            raise ConfigError(f"There is no index {kind!r}; known: {', '.join(get_args(IndexKind))}.")
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if self.vectors.ndim != 2 or not len(self.vectors) or not np.isfinite(self.vectors).all():
            raise BundleError("The item vectors must be a (N, D) table of finite numbers; build the bundle again.")
        self.kind = kind
        self._index = self._build()

    def __len__(self) -> int:
        return len(self.vectors)

    def _build(self) -> Any:
        faiss = _faiss()
        count, dimension = self.vectors.shape
        if self.kind == "hnsw":
            index = faiss.IndexHNSWFlat(dimension, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
        elif self.kind == "ivf":
            lists = max(1, min(int(count**0.5), count // 39))  # 39: the fewest points a list k-means asks for
            index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
            index.train(self.vectors)
        else:
            index = faiss.IndexFlatIP(dimension)
        index.add(self.vectors)
        return index

    def search(self, queries: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k best items of each query, best first.

        queries float32 (Q, D); allowed bool (N,): the pool, None for all.
        Returns items int64 (Q, k) and inner products float32 (Q, k), padded with -1 and -inf where there are fewer.
        Every pool of at least k items gives k answers, whatever the index.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if not np.isfinite(queries).all():
            raise QueryError("The query's vector holds values that are not finite; the text tower is broken.")
        pool = len(self) if allowed is None else int(allowed.sum())
        items = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        found = min(k, pool)
        if not found or not len(queries):
            return items, scores
        scores[:, :found], items[:, :found] = self._index.search(queries, found, params=self._parameters(allowed))
        short = (items[:, :found] < 0).any(axis=1)  # a restricted approximate search may run dry
        if short.any():
            items[short, :found], scores[short, :found] = self._exact(queries[short], found, allowed)
        return items, scores

    def _parameters(self, allowed: np.ndarray | None) -> Any:
        faiss = _faiss()
        selector = None if allowed is None else faiss.IDSelectorBatch(np.flatnonzero(allowed).astype(np.int64))
        if self.kind == "ivf":
            return faiss.SearchParametersIVF(sel=selector, nprobe=_IVF_PROBES)
        if self.kind == "hnsw":
            return faiss.SearchParametersHNSW(sel=selector, efSearch=_HNSW_SEARCH)
        return None if selector is None else faiss.SearchParameters(sel=selector)

    def _exact(self, queries: np.ndarray, k: int, allowed: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        pool = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        scores = queries @ self.vectors[pool].T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return pool[best], np.take_along_axis(scores, best, axis=1)


class DualTower:
    """text -> vector -> nearest item vectors."""

    def __init__(self, space: Space, vectors: np.ndarray, kind: IndexKind = "flat") -> None:
        """vectors: float32 (N, D), the items in that space, in the collection's order."""
        self.space = space
        self.index = VectorIndex(vectors, kind)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D)."""
        return self.space.encode_texts(list(texts))

    def search(
        self, texts: str | Sequence[str], k: int, allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Items int64 (Q, k) and cosines float32 (Q, k) of one text or several; see `VectorIndex.search`."""
        return self.index.search(self.encode([texts] if isinstance(texts, str) else texts), k, allowed)

    def log_probabilities(self, queries: np.ndarray, scale: float, allowed: np.ndarray | None = None) -> np.ndarray:
        """Log-softmax over the pool of the scaled cosines: float32 (Q, N), -inf outside the pool."""
        scores = scale * (queries @ self.index.vectors.T)
        if allowed is not None:
            scores[:, ~allowed] = -np.inf
        peak = scores.max(axis=1, keepdims=True)
        return scores - peak - np.log(np.exp(scores - peak).sum(axis=1, keepdims=True))
