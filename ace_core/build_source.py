"""What a build begins with: who makes the vectors, and who else says something about the items.

Vectors come from a compact encoder trained on the collection, the encoder of another bundle, a published encoder, or a
file of ready vectors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from ace_core.collection import Collection, Modality
from ace_core.encoders.precomputed import PrecomputedEncoder
from ace_core.encoders.towers import WEIGHTS_VARIABLE
from ace_core.errors import ConfigError

FIELD = ("open_clip", "clap", "spaces")  # published encoders that read media and texts


@dataclass(frozen=True)
class Source:
    """With none of the first three a compact encoder is trained on the collection."""

    embeddings: Path | None = None  # .npz of ready vectors
    bundle: Path | None = None  # take encoder and captioner of another bundle
    encoder: str | None = None  # a published one: NAME or NAME:MODEL or NAME:MODEL,PRETRAINED
    weights: Path | None = None  # folder of its weights; None: the hub or its cache
    extra: Collection | None = None  # further media that teach a compact encoder, and are not searched
    describers: tuple[str, ...] = ()  # further texts about the items: NAME or NAME=MODEL


def precomputed(path: Path) -> PrecomputedEncoder:
    """Vectors that are never negative come from a ReLU and gain from square roots."""
    with np.load(path, allow_pickle=False) as archive:
        positive = "embeddings" in archive.files and bool((archive["embeddings"] >= 0).all())
    return PrecomputedEncoder(path, "sqrt" if positive else "none")


def published(told: str, weights: Path | None, modalities: Sequence[Modality]) -> Any:
    """The published encoder that `told` names; it must read every one of `modalities`."""
    from ace_core.encoders import ENCODERS

    name, _, rest = told.partition(":")
    if name not in FIELD:
        raise ConfigError(f"There is no published encoder {name!r}; known: {', '.join(FIELD)}.")
    place = weights or weights_folder()
    if name == "spaces":
        encoder = ENCODERS[name].load(modalities=modalities, weights=place)
    else:
        model, _, pretrained = rest.partition(",")
        encoder = ENCODERS[name].load(model=model or None, pretrained=pretrained or None, weights=place)
    strange = sorted(set(modalities) - encoder.modalities)
    if strange:
        raise ConfigError(f"The encoder {name} does not read {strange[0]}; use --encoder spaces for all modalities.")
    return encoder


def weights_folder() -> Path | None:
    """The folder ACE_WEIGHTS, where it is set."""
    found = os.environ.get(WEIGHTS_VARIABLE)
    return Path(found) if found else None


def describer(told: str, encoder: Callable[[], Any], root: Path, weights: Path | None) -> Any:
    """The describer that `told` names; `encoder` gives the one whose text tower tags are compared with."""
    from ace_core.captioners.describers import DESCRIBERS

    name, _, model = told.partition("=")
    kind = cast(Any, DESCRIBERS[name])
    if name == "tags":
        return kind.load(model or None, encoder=encoder())
    if name == "names":
        return kind.load(root)
    if name == "sidecar":
        return kind.load(model or None, root=root if model else None)
    return kind.load(model or None, weights=weights or weights_folder())
