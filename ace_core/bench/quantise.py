"""Building identifiers: K-Means, the RQ-VAE and the assignment, in items a second.

K-Means makes the coarse centres; the RQ-VAE is fitted to what they leave over (start, training and refinement), both
to a sample of a large collection; then every vector is given its codes, and its unique token by the distance to what
its codes stand for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from ace_core.bench.machine import Facts, Setting, arranged, facts
from ace_core.bench.made import clustered_vectors
from ace_core.bench.timing import Tell, about, quiet
from ace_core.collection import MODALITIES, Modality
from ace_core.identifiers.codec import FITTED_ROWS, Codec, CodecConfig, assign_unique
from ace_core.identifiers.kmeans import drawn, kmeans, nearest

_KIND: Modality = "image"
STAGES = ("kmeans", "rqvae", "assign", "unique")


@dataclass(frozen=True)
class QuantiseOptions:
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    dimension: int = 512
    clusters: int = 256
    codec: CodecConfig = field(default_factory=lambda: CodecConfig(coarse={_KIND: 1}))  # of the RQ-VAE alone


@dataclass(frozen=True)
class QuantiseRow:
    items: int
    stage: str  # kmeans, rqvae, assign (vectors -> codes), unique (distances and unique tokens)
    seconds: float
    items_per_second: float


@dataclass(frozen=True)
class QuantiseResult:
    rows: tuple[QuantiseRow, ...]
    options: QuantiseOptions
    facts: Facts


def measure(
    options: QuantiseOptions | None = None, setting: Setting | None = None, tell: Tell = quiet
) -> QuantiseResult:
    """All stages at all sizes, once each."""
    options, setting = options or QuantiseOptions(), setting or Setting()
    rows: list[QuantiseRow] = []
    with arranged(setting):
        run_on = facts(setting)
        tell("making the vectors")
        vectors = clustered_vectors(max(options.sizes), options.dimension, setting.seed)
        for size in sorted(options.sizes):
            seconds = _build(vectors[:size], options, setting.seed, about(f"{size:,} items", tell))
            rows += [
                QuantiseRow(size, stage, round(taken, 4), round(size / taken, 1)) for stage, taken in seconds.items()
            ]
    return QuantiseResult(tuple(rows), options, run_on)


def _build(vectors: np.ndarray, options: QuantiseOptions, seed: int, tell: Tell) -> dict[str, float]:
    """Seconds of every stage on vectors float32 (N, D)."""
    seconds: dict[str, float] = {}

    def stage(name: str, run: Callable[[], Any]) -> Any:
        tell(name)
        began = perf_counter()
        made = run()
        seconds[name] = perf_counter() - began
        return made

    kinds: list[Modality] = [_KIND] * len(vectors)
    centres = stage("kmeans", lambda: kmeans(vectors, options.clusters, seed))
    with tempfile.TemporaryDirectory() as folder:
        some = vectors[drawn(len(vectors), FITTED_ROWS, seed)]
        left = some - centres[nearest(some, centres)[0]]
        fitted = stage("rqvae", partial(Codec.fit, left, kinds[: len(left)], options.codec, Path(folder), seed))
        del some, left
    codec = _joined(centres, fitted)
    codes = stage("assign", lambda: codec.encode(vectors, kinds))
    stage("unique", lambda: assign_unique(codes, codec.distances(vectors, codes)))
    return seconds


def _joined(centres: np.ndarray, fitted: Codec) -> Codec:
    """A codec with these centres and the fitted RQ-VAE."""
    first = MODALITIES.index(_KIND)
    ranges = [[0, 0] if place < first else [len(centres)] * 2 for place in range(len(MODALITIES))]
    ranges[first] = [0, len(centres)]
    codec = Codec(fitted.config, torch.from_numpy(centres), torch.tensor(ranges))
    codec.autoencoder.load_state_dict(fitted.autoencoder.state_dict())
    return codec
