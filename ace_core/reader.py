"""Reads new media as the build read the collection's: feature tokens, the vectors of both spaces, pseudo-queries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ace_core.bundle import Bundle
from ace_core.captioners.writer import CompactCaptioner
from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import Encoder, Media
from ace_core.encoders.towers import Space
from ace_core.errors import MediaError
from ace_core.media.guard import NOUNS
from ace_core.parts import VECTOR_TYPE, Parts, load_captioner, load_encoder
from ace_core.training.precision import pick_device

PSEUDO_QUERIES = {"count": 8, "seed": 0}  # where the bundle does not say how its own were written


class Reader:
    """A bundle's encoder and captioner; each is read from disk when it is first needed."""

    def __init__(self, bundle: Bundle, parts: Parts) -> None:
        self.bundle, self.parts = bundle, parts

    @cached_property
    def encoder(self) -> Encoder | None:
        return load_encoder(self.bundle)

    @cached_property
    def captioner(self) -> CompactCaptioner | None:
        if not self.bundle.has("captioner"):
            return None
        captioner = load_captioner(self.bundle)
        captioner.tokenizer = self.parts.tokenizer
        return captioner.to(pick_device())

    def refusal(self, modality: Modality) -> str | None:
        """One sentence on why media of a kind cannot be read; None where they can."""
        if self.encoder is None:
            return "This bundle was built from ready vectors, so it cannot read new media; build one with an encoder."
        first, end = self.parts.codec.ranges[MODALITIES.index(modality)].tolist()
        if modality not in self.encoder.modalities or first == end:
            return f"This bundle was built without {NOUNS[modality]}s, so it has no identifiers for one; build it anew."
        return None

    def features(self, media: Sequence[Media]) -> list[np.ndarray | MediaError]:
        """Feature tokens float16 (T, F) of each file, all of one modality, or what is wrong with it."""
        assert self.encoder is not None
        try:
            return list(self.encoder.encode_features(media))
        except MediaError as error:
            if len(media) == 1:
                return [error]
        return [outcome for one in media for outcome in self.features([one])]

    def vectors(self, features: np.ndarray, modality: Modality) -> tuple[np.ndarray, np.ndarray]:
        """Features (n, T, F) -> (n, D) in the identifiers' space and (n, D') in the dual tower's, as they are stored.

        float16; `unit_rows` of them are the vectors that are computed with.
        """

        def stored(space: Space) -> np.ndarray:
            vectors = space.encode_items({modality: features}, {modality: range(len(features))})
            return torch.from_numpy(vectors).to(VECTOR_TYPE).numpy()

        return stored(self.parts.joint), stored(self.parts.dual_tower)

    def pseudo_queries(self, features: np.ndarray, modality: Modality, keys: Sequence[str]) -> list[list[str]]:
        """What the bundle's captioner writes of features (n, T, F), as in the build; nothing where there is none.

        keys: sha256 of each file.
        """
        if self.captioner is None or modality not in self.captioner.readers:
            return [[] for _ in keys]
        how: dict[str, Any] = PSEUDO_QUERIES | dict(self.bundle.config.get("stages", {}).get("pseudo_queries", {}))
        return self.captioner.generate(features, modality, int(how["count"]), int(how["seed"]), keys=keys)
