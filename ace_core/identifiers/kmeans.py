"""K-Means (faiss) that answers for every input: fewer rows than clusters, equal rows, and no cluster left empty."""

from __future__ import annotations

import faiss
import numpy as np

from ace_core.errors import ConfigError, TrainingError

ROWS_A_CLUSTER = 256  # that centres are fitted to, as faiss would have it: more of them move a centre very little


def kmeans(vectors: np.ndarray, clusters: int, seed: int, iterations: int = 25, redo: int = 2) -> np.ndarray:
    """Centres float32 (K', D) of `vectors` float32 (N, D), the best of `redo` seeded runs.

    K' = min(clusters, number of different rows), and every centre is the nearest one of at least one row. Of more
    than `ROWS_A_CLUSTER` x clusters rows a sample of so many is what counts.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if clusters < 1:
        raise ConfigError(f"K-Means needs at least 1 cluster, not {clusters}.")
    if rows.ndim != 2 or not len(rows):
        raise TrainingError(f"K-Means needs vectors (N, D) with N > 0, not {rows.shape}.")
    if not np.isfinite(rows).all():
        raise TrainingError("K-Means was given vectors that are not finite; check what the encoder gave back.")
    rows = rows[drawn(len(rows), ROWS_A_CLUSTER * clusters, seed)]
    distinct = np.unique(rows, axis=0)
    if len(distinct) <= clusters:
        return distinct
    faiss_run = faiss.Kmeans(
        rows.shape[1],
        clusters,
        niter=iterations,
        nredo=redo,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=ROWS_A_CLUSTER,
    )
    faiss_run.train(rows)
    centres = np.array(faiss_run.centroids, dtype=np.float32).reshape(clusters, rows.shape[1])
    return _without_empty(rows, distinct, centres)


def drawn(count: int, most: int, seed: int) -> np.ndarray:
    """Positions of `count` rows in their order, int64: all of them, or `most` drawn at random."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False, shuffle=False))


def nearest(vectors: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest centre of each row, int64 (N,), and its squared distance, float32 (N,)."""
    index = faiss.IndexFlatL2(centres.shape[1])
    index.add(np.ascontiguousarray(centres, dtype=np.float32))
    distances, places = index.search(np.ascontiguousarray(vectors, dtype=np.float32), 1)
    return places[:, 0], distances[:, 0]


def _without_empty(rows: np.ndarray, distinct: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Move every empty centre onto the row that is worst served; each move fills one cluster for good or ends the loop.

    Rows at distance 0 are never taken, so that equal rows do not receive two centres.
    """
    for _ in range(len(centres)):
        places, _ = nearest(rows, centres)
        empty = np.setdiff1d(np.arange(len(centres)), places)
        if not len(empty):
            return centres
        _, distances = nearest(distinct, centres)
        centres[empty[0]] = distinct[np.argmax(distances)]
    places, _ = nearest(rows, centres)
    return centres[np.unique(places)]
