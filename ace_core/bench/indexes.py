"""The vector indexes of the dual tower, built with every thread, with their memory and what they find."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch

from ace_core.dual_tower import IndexKind, VectorIndex

_SLACK = 1e-6  # of an inner product: what rounding may swap


class MeasuredIndex(VectorIndex):
    """A `VectorIndex` that knows what it cost."""

    build_seconds: float = 0.0

    @classmethod
    def build(cls, vectors: np.ndarray, kind: IndexKind, threads: int) -> MeasuredIndex:
        """Built with `threads` threads; searched with the one thread that the dual tower uses."""
        import faiss

        VectorIndex(vectors[:1])  # the first index of a process sets faiss to one thread
        faiss.omp_set_num_threads(threads)
        began = perf_counter()
        try:
            index = cls(vectors, kind)
        finally:
            faiss.omp_set_num_threads(1)
        index.build_seconds = round(perf_counter() - began, 3)
        return index

    @property
    def memory_bytes(self) -> int:
        """Of the index: its own copy of the vectors and what it adds to find its way in them."""
        count, dimension = self.vectors.shape
        held = count * dimension * 4
        if self.kind == "ivf":
            held += self._index.nlist * dimension * 4 + count * 8  # centres, and the items' numbers
        elif self.kind == "hnsw":
            graph = self._index.hnsw
            held += graph.neighbors.size() * 4 + graph.offsets.size() * 8 + graph.levels.size() * 4
        return held


def exact_scores(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The k-th largest inner product of each query float32 (Q, D) with `vectors` (N, D), by brute force: (Q,)."""
    found = torch.from_numpy(queries) @ torch.from_numpy(vectors).T
    return found.topk(min(k, len(vectors)), dim=1).values[:, -1].numpy()


def recall(index: VectorIndex, queries: np.ndarray, k: int) -> float:
    """Share of each query's k best items that the index finds, in [0, 1]; equally good items count alike."""
    least = exact_scores(index.vectors, queries, k)
    _, scores = index.search(queries, k)
    wanted = min(k, len(index))
    return round(float((scores[:, :wanted] >= least[:, None] - _SLACK).mean()), 4)
