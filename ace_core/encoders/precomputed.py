"""Anybody's vectors: an .npz file with `ids` (N,) and `embeddings` (N, F), used as they are."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import ENCODERS, Media
from ace_core.errors import CollectionError, ConfigError
from ace_core.files import sha256_file

Transform = Literal["none", "sqrt"]


@ENCODERS.register("precomputed")
class PrecomputedEncoder:
    """Vectors looked up by id. It has no text tower: a joint space is trained on its features (T = 1) instead."""

    name = "precomputed"

    def __init__(self, path: Path, transform: Transform = "none") -> None:
        """transform: "sqrt" takes signed square roots first (the power normalisation of Perronnin et al. 2010), which
        helps where a few large values drown the rest, as after a ReLU."""
        if transform not in get_args(Transform):
            raise ConfigError(f"There is no transform {transform!r}; known: {', '.join(get_args(Transform))}.")
        self.path, self.transform = Path(path), transform
        ids, embeddings = _read(self.path)
        if transform == "sqrt":
            embeddings = np.sign(embeddings) * np.sqrt(np.abs(embeddings))
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        self._vectors = embeddings / np.maximum(lengths, 1e-12)
        self._row = {name: row for row, name in enumerate(ids)}
        self.dimension = self.feature_dimension = embeddings.shape[1]
        self.modalities: frozenset[Modality] = frozenset(MODALITIES)

    @classmethod
    def load(cls, path: Path, transform: Transform = "none") -> PrecomputedEncoder:
        return cls(path, transform)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the file, and the transform."""
        return f"{sha256_file(self.path)}-{self.transform}"

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        """float16 (N, 1, F): unit vectors times the root of F, so that values are near 1 and float16 keeps them."""
        scaled = self._rows(media) * np.sqrt(self.feature_dimension, dtype=np.float32)
        return scaled[:, None].astype(np.float16)

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """float32 (N, D), unit rows."""
        return self._rows(media).astype(np.float32)

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        raise ConfigError(f"{self.path.name} holds vectors of items only; train a joint space for texts.")

    def _rows(self, media: Sequence[Media]) -> np.ndarray:
        missing = [one.id for one in media if one.id not in self._row]
        if missing:
            named = ", ".join(repr(name) for name in missing[:3]) + (", ..." if len(missing) > 3 else "")
            raise CollectionError(f"{self.path.name} has no vector for {len(missing)} of {len(media)} items: {named}.")
        return self._vectors[[self._row[one.id] for one in media]]


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    """ids (N,) and embeddings float32 (N, F) of an .npz file, checked."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = sorted({"ids", "embeddings"} - set(archive.files))
            if missing:
                raise CollectionError(f"{path}: the array {missing[0]!r} is missing; save ids and embeddings.")
            ids, embeddings = archive["ids"], archive["embeddings"]
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise CollectionError(f"{path} cannot be read as an .npz of plain arrays ({error}); save it again.") from error
    if embeddings.ndim != 2 or not embeddings.size or embeddings.dtype.kind not in "fiu":
        found = f"{embeddings.dtype} {embeddings.shape}"
        raise CollectionError(f"{path}: 'embeddings' must be numbers (N, F), not {found}.")
    if ids.shape != (len(embeddings),):
        raise CollectionError(f"{path}: {ids.shape} 'ids' do not fit {len(embeddings)} embeddings; give one a row.")
    vectors = embeddings.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise CollectionError(f"{path}: the embedding of {str(ids[bad[0]])!r} holds values that are not finite.")
    names = [str(name) for name in ids]
    if len(set(names)) < len(names):
        twice = next(name for row, name in enumerate(names) if name in names[:row])
        raise CollectionError(f"{path}: the id {twice!r} is there twice; ids must be unique.")
    return names, vectors
