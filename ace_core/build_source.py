"""Where a build takes its vectors from: a compact encoder trained here, another bundle, or ready vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ace_core.collection import Collection
from ace_core.encoders.precomputed import PrecomputedEncoder


@dataclass(frozen=True)
class Source:
    """Where the items' vectors come from; with none of these a compact encoder is trained on the collection."""

    embeddings: Path | None = None  # .npz of ready vectors
    bundle: Path | None = None  # take encoder and captioner of another bundle
    extra: Collection | None = None  # further media that teach a compact encoder, and are not searched


def precomputed(path: Path) -> PrecomputedEncoder:
    """Vectors that are never negative come from a ReLU and gain from square roots."""
    with np.load(path, allow_pickle=False) as archive:
        positive = "embeddings" in archive.files and bool((archive["embeddings"] >= 0).all())
    return PrecomputedEncoder(path, "sqrt" if positive else "none")
