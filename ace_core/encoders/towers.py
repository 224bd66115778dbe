"""Spaces: texts and items as vectors, whoever made them; trained here over feature tokens, or brought by an encoder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from ace_core.collection import Modality
from ace_core.encoders.base import ENCODERS
from ace_core.encoders.joint import encode_in_parts
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.text import Tokenizer
from ace_core.training.precision import pick_device

REFERENCE = "reference"  # the key under which a space tells which ready encoder brings it

WEIGHTS_VARIABLE = "ACE_WEIGHTS"  # folder of published weights

_TEXTS_AT_ONCE = 512


@runtime_checkable
class Space(Protocol):
    """`scale` times the inner product of a text's and an item's vector is the logit of a match."""

    @property
    def dimension(self) -> int:
        """D"""
        ...

    @property
    def scale(self) -> float: ...

    @property
    def fingerprint(self) -> str:
        """sha256 over what it computes with"""
        ...

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D)."""
        ...

    def encode_items(self, features: Mapping[Modality, np.ndarray], rows: Mapping[Modality, Sequence[int]]) -> Any:
        """Feature tokens (N_m, T, F) of each modality, and at which of N positions they belong: float32 (N, D)."""
        ...

    def to(self, device: torch.device) -> Space:
        """The same space, computing there."""
        ...

    def parameters(self) -> int: ...


class TrainedSpace:
    """A joint space trained here, with the tokenizer that its text tower reads."""

    def __init__(self, model: JointSpace, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model.eval(), tokenizer

    @property
    def config(self) -> JointConfig:
        return self.model.config

    @property
    def dimension(self) -> int:
        return self.config.dimension

    @property
    def scale(self) -> float:
        return float(self.model.scale.detach())

    @cached_property
    def fingerprint(self) -> str:
        return self.model.fingerprint()

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D), unit rows."""
        device, parts = self.model.log_scale.device, [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            ids, mask = self.tokenizer.encode_batch(texts[start : start + _TEXTS_AT_ONCE], self.config.max_tokens)
            parts.append(self.model.encode_text_ids(ids.to(device), mask.to(device)).float().cpu().numpy())
        return np.concatenate(parts)

    def encode_items(
        self, features: Mapping[Modality, np.ndarray], rows: Mapping[Modality, Sequence[int]]
    ) -> np.ndarray:
        """float32 (N, D), unit rows."""
        return _placed(
            {modality: encode_in_parts(self.model, tokens, modality) for modality, tokens in features.items()}, rows
        )

    def to(self, device: torch.device) -> TrainedSpace:
        self.model.to(device)
        return self

    def parameters(self) -> int:
        return sum(weights.numel() for weights in self.model.parameters())


class FieldSpace:
    """The space of a ready encoder with a text tower; its feature tokens are its vectors (T = 1).

    Read back from a bundle, the encoder is loaded when a text is first encoded: generation goes without it.
    """

    def __init__(self, told: Mapping[str, Any], encoder: Any = None) -> None:
        """told: what `describe` gave; encoder: the one it told of, where it is there already."""
        self._told, self._encoder = dict(told), encoder
        self.dimension, self.scale = int(told["dimension"]), float(told["scale"])
        self.fingerprint = str(told["fingerprint"])

    @classmethod
    def of(cls, encoder: Any, weights: Path | None = None) -> FieldSpace:
        """encoder: an `Encoder` with `scale` and `reference()`: `open_clip`, `clap`, or several as `spaces`.

        weights: where its weights were found, if not on the hub; the first place where they are looked for again.
        """
        told = {"dimension": encoder.dimension, "scale": float(encoder.scale), "fingerprint": encoder.fingerprint}
        place = {"weights": str(Path(weights).resolve())} if weights else {}
        return cls(told | place | {REFERENCE: encoder.reference()}, encoder)

    def describe(self) -> dict[str, Any]:
        """JSON values from which the same space can be made again."""
        return dict(self._told)

    @property
    def encoder(self) -> Any:
        if self._encoder is None:
            self._encoder = field_encoder(self._told)
        return self._encoder

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D); unit rows where there is one space, weighted blocks where there are several."""
        parts = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            parts.append(self.encoder.encode_text(texts[start : start + _TEXTS_AT_ONCE]))
        return np.concatenate(parts)

    def encode_items(
        self, features: Mapping[Modality, np.ndarray], rows: Mapping[Modality, Sequence[int]]
    ) -> np.ndarray:
        """float32 (N, D), unit rows."""
        vectors = {m: tokens[:, 0].astype(np.float32) / np.sqrt(tokens.shape[2]) for m, tokens in features.items()}
        return _placed(vectors, rows)

    def to(self, device: torch.device) -> FieldSpace:
        return self  # a ready encoder chooses its device when it is loaded

    def parameters(self) -> int:
        return 0  # trained here


def _placed(vectors: Mapping[Modality, np.ndarray], rows: Mapping[Modality, Sequence[int]]) -> np.ndarray:
    size = next(iter(vectors.values())).shape[1]
    placed = np.zeros((sum(len(positions) for positions in rows.values()), size), dtype=np.float32)
    for modality, found in vectors.items():
        placed[np.asarray(rows[modality])] = found
    return placed


def field_encoder(told: Mapping[str, Any]) -> Any:
    """The ready encoder that `FieldSpace.describe` told of; its weights must be the very same.

    They are looked for in the folder ACE_WEIGHTS, where they were when the bundle was built, and on the hub.
    """
    import ace_core.encoders  # noqa: F401  (registers them)

    places = [place for place in (os.environ.get(WEIGHTS_VARIABLE), told.get("weights")) if place]
    found = next((Path(place) for place in places if Path(place).exists()), None)
    return ENCODERS[told[REFERENCE]["kind"]].from_reference(told[REFERENCE], found)


def here(model: JointSpace, tokenizer: Tokenizer) -> TrainedSpace:
    """A space computing on the GPU where there is one."""
    return TrainedSpace(model.to(pick_device()), tokenizer)
