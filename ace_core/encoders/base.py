"""What every encoder is: media and text in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from ace_core.collection import Modality
from ace_core.registry import Registry


@dataclass(frozen=True)
class Media:
    """One file to encode; `id` is what a precomputed encoder looks up."""

    path: Path
    modality: Modality
    id: str = ""


@runtime_checkable
class Encoder(Protocol):
    """media -> (N, D) float32 and text -> (Q, D) float32, rows of unit length, in one space of D dimensions."""

    name: str
    dimension: int  # D
    feature_dimension: int  # F
    modalities: frozenset[Modality]
    fingerprint: str  # sha256 over weights and configuration; part of the cache key

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        """Feature tokens before pooling, float16 (N, T, F): what the captioner and the joint space read.

        T may differ by modality but is fixed within one; a precomputed encoder has T = 1.
        """
        ...

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """(N, D) float32, unit rows. A file that cannot be decoded raises `MediaError` naming it."""
        ...

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """(Q, D) float32, unit rows. Raises `ConfigError` where the encoder has no text tower."""
        ...


ENCODERS: Registry = Registry("encoder")
