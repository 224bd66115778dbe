"""What every captioner is: feature tokens in, sentences out, and how likely a sentence is for an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from ace_core.collection import Modality
from ace_core.registry import Registry


@runtime_checkable
class Captioner(Protocol):
    """Feature tokens float16 (N, T, F), as an encoder's `encode_features` gives them -> sentences."""

    fingerprint: str  # sha256 over configuration and weights; part of the cache key

    def generate(
        self,
        features: np.ndarray | Tensor,
        modality: Modality,
        count: int,
        seed: int,
        *,
        keys: Sequence[str] | None = None,
    ) -> list[list[str]]:
        """At most `count` different sentences for each of N items; the same ones for the same seed and keys."""
        ...

    def log_prob(self, features: np.ndarray | Tensor, modality: Modality, ids: Tensor, mask: Tensor) -> Tensor:
        """log p(sentence | item), natural logarithm, of sentences int64 (N, T) bos ... eos, with their mask: (N,)."""
        ...


CAPTIONERS: Registry = Registry("captioner")
