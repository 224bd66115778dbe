"""What published encoders share: a vector a medium, a text tower, a reference from which they are loaded again."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.errors import BundleError, ConfigError

NAMES = ("model", "pretrained")  # of a reference: how the model was called, not what it computes

_PROBE = "A dog barks twice; 3 children (aged 7) are laughing, & it's raining -- naïve café?"


class FieldEncoder(ABC):
    """Media and texts -> unit vectors of one space; `scale` times their inner product is the logit of a match."""

    name: ClassVar[str]

    def __init__(self, dimension: int, modalities: frozenset[Modality], scale: float) -> None:
        self.dimension = self.feature_dimension = dimension
        self.modalities = modalities
        self.scale = scale

    @abstractmethod
    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """float32 (N, D), unit rows; modalities may be mixed. `MediaError` names a file that cannot be decoded."""

    @abstractmethod
    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D), unit rows."""

    @abstractmethod
    def reference(self) -> dict[str, Any]:
        """JSON values from which `from_reference` loads the very same encoder; weights by their sha256."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the weights' sha256 and everything else that decides what is computed."""
        told = {key: value for key, value in self.reference().items() if key not in NAMES}
        return sha256_json(told)

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        """float16 (N, 1, D): unit vectors times the root of D, so that values are near 1 and float16 keeps them."""
        scaled = self.encode_media(media) * np.sqrt(self.dimension, dtype=np.float32)
        return scaled[:, None].astype(np.float16)

    def pool_features(self, features: np.ndarray, modality: Modality) -> np.ndarray:
        """Feature tokens (N, 1, D) as `encode_features` gave them -> unit vectors float32 (N, D)."""
        vectors = features[:, 0].astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)

    def refuse_unknown(self, media: Sequence[Media]) -> None:
        """`ConfigError` where a medium is of a modality that the encoder does not read."""
        strange = sorted({one.modality for one in media} - self.modalities)
        if strange:
            raise ConfigError(f"The encoder {self.name} knows {', '.join(sorted(self.modalities))}, not {strange[0]}.")


def text_vectors(texts: Sequence[str], encode: Callable[[list[str]], Tensor], dimension: int, batch: int) -> np.ndarray:
    """encode: up to `batch` texts -> (B, D); unit vectors float32 (Q, D)."""
    parts = [torch.empty(0, dimension)]
    for start in range(0, len(texts), batch):
        parts.append(normalize(encode(list(texts[start : start + batch])).float().cpu(), dim=-1))
    return torch.cat(parts).numpy()


def sha256_json(value: Any) -> str:
    """Hex sha256 of JSON values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def probe_tokens(tokenize: Callable[[list[str]], Any]) -> str:
    """sha256 of the token ids of one sentence: tokenizers that cut it alike are taken for the same."""
    return sha256_json(torch.as_tensor(tokenize([_PROBE])).tolist())


def require_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """`BundleError` where an encoder that was loaded again computes something else than the one `expected` tells of."""
    for key in sorted((set(found) | set(expected)) - set(NAMES)):
        if found.get(key) != expected.get(key):
            raise BundleError(
                f"The encoder {expected.get('kind')} ({expected.get('model')}) is not the one used before, its {key} "
                "differs; give the same weights and the same packages, or build again."
            )
