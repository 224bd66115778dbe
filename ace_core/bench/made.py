"""Made-up collections of any size: identifiers with uneven neighbourhoods, vectors in clusters, queries of tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ace_core.errors import ConfigError

_CLUSTERS = 1000
_NOISE, _QUERY_NOISE = 0.7, 0.35  # length of what is added to a centre, and to an item to make a query near it
_CHUNK = 65_536  # rows made at once
_FIRST_WORD = 4  # token ids below are special


def random_identifiers(count: int, level_sizes: Sequence[int], seed: int) -> np.ndarray:
    """Different identifiers int64 (N, L), N = count. After every prefix a few tokens are frequent and many are rare.

    The r-th most frequent token of 256 has a share in proportion to 1 / (r + 16): the first is about six times as
    frequent as the mean, as neighbourhoods of K-Means are. Which tokens these are differs from prefix to prefix.
    """
    space = math.prod(level_sizes)
    if not 0 < count <= space // 4 or space >= 2**62:
        raise ConfigError(f"{count:,} identifiers cannot be drawn from {space:,}; ask for 1 to a quarter of them.")
    rng = np.random.default_rng(seed)
    keys = np.empty(0, dtype=np.int64)
    while len(keys) < count:
        drawn = _draw(rng, count - len(keys) + count // 4 + 16, level_sizes)
        keys = np.unique(np.concatenate([keys, drawn]))
    return np.stack(np.unravel_index(rng.permutation(keys)[:count], tuple(level_sizes)), axis=1)


def _draw(rng: np.random.Generator, count: int, level_sizes: Sequence[int]) -> np.ndarray:
    """Identifiers, some equal, each as one number int64 (count,)."""
    key = np.zeros(count, dtype=np.int64)
    for size in level_sizes:
        shares = 1 / (np.arange(size) + size / 16)
        rank = rng.choice(size, count, p=shares / shares.sum())
        favourite = (key * 2_654_435_761 + 40_503) % 1_000_003 % size
        key = key * size + (rank + favourite) % size
    return key


def clustered_vectors(count: int, dimension: int, seed: int) -> np.ndarray:
    """Unit vectors float32 (N, D) around 1,000 centres, with directions of very different weight, as encoders give."""
    rng = np.random.default_rng(seed)
    centres = _unit(rng.standard_normal((_CLUSTERS, dimension), dtype=np.float32))
    vectors = np.empty((count, dimension), dtype=np.float32)
    for start in range(0, count, _CHUNK):
        rows = vectors[start : start + _CHUNK]
        rows[:] = _unit(centres[rng.integers(_CLUSTERS, size=len(rows))] + _NOISE * _noise(rng, rows.shape))
    return vectors


def queries_near(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Unit vectors float32 (Q, D), each near some row of `vectors` float32 (N, D)."""
    rng = np.random.default_rng(seed)
    near = vectors[rng.integers(len(vectors), size=count)]
    return _unit(near + _QUERY_NOISE * _noise(rng, near.shape))


def random_queries(count: int, tokens: int, vocabulary: int, seed: int) -> tuple[Tensor, Tensor]:
    """Token ids int64 (Q, T) and a mask bool (Q, T) without padding."""
    rng = np.random.default_rng(seed)
    ids = torch.from_numpy(rng.integers(_FIRST_WORD, vocabulary, size=(count, tokens)))
    return ids, torch.ones_like(ids, dtype=torch.bool)


def _noise(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of a length near 1 whose d-th feature has a variance in proportion to 1 / d."""
    weights = (1 + np.arange(shape[1], dtype=np.float32)) ** -0.5
    return rng.standard_normal(shape, dtype=np.float32) * (weights / np.linalg.norm(weights))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
