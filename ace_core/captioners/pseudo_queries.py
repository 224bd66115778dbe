"""Pseudo-queries: what a captioner wrote for each item, kept so that a killed run goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from ace_core.captioners.base import Captioner
from ace_core.captioners.text_cache import TextCache
from ace_core.collection import Modality
from ace_core.errors import TrainingError

ITEMS_AT_ONCE = 256  # written and synced together


def write_pseudo_queries(
    captioner: Captioner,
    features: np.ndarray | Tensor,
    modality: Modality,
    keys: Sequence[str],
    path: Path,
    *,
    count: int,
    seed: int,
    progress: bool = True,
) -> list[list[str]]:
    """At most `count` sentences for each of N items (N, T, F), in their order.

    `keys` (N,) name the items' content (its sha256). `path` (JSON Lines) holds one line an item, by key and by what
    wrote it; lines of another captioner, count or seed are kept and not used.
    """
    if len(keys) != len(features):
        raise TrainingError(f"Every item needs a key (the sha256 of its content): {len(features)}, not {len(keys)}.")

    def write(places: list[int]) -> list[list[str]]:
        return captioner.generate(features[places], modality, count, seed, keys=[keys[place] for place in places])

    cache = TextCache(path, f"{captioner.fingerprint}/{modality}/{count}/{seed}")
    return cache.complete(keys, write, at_once=ITEMS_AT_ONCE, title="pseudo-queries", progress=progress)
