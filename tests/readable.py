"""A tiny bundle that can read new media, by an encoder of no learning at all and a captioner of random weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ace_core.bundle import new_bundle
from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner
from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import Media
from ace_core.identifiers.codec import Codec, CodecConfig, assign_unique
from ace_core.media import load_audio, load_frames, load_image
from ace_core.parts import VECTOR_TYPE, level_sizes, save_parts, unit_rows
from ace_core.retriever.model import Retriever
from tests.tiny import make_tiny_collection, tiny_parts

TOKENS, SIZE = 4, 8  # of a file's features


class PlainEncoder:
    """The decoded file itself, sampled at a few places; the joint space over it has random weights."""

    name = "plain"
    fingerprint = "plain"
    dimension, feature_dimension = 16, SIZE
    modalities: frozenset[Modality] = frozenset(MODALITIES)

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        return np.stack([_features(one) for one in media]).astype(np.float16)


def _features(media: Media) -> np.ndarray:
    if media.modality == "image":
        content = load_image(media.path, 16) / 128 - 1
    elif media.modality == "video":
        content = load_frames(media.path, 2, 16) / 128 - 1
    else:
        content = load_audio(media.path, 16_000)
    line = content.astype(np.float64).ravel()
    return line[np.linspace(0, len(line) - 1, TOKENS * SIZE).astype(int)].reshape(TOKENS, SIZE)


def use_plain_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles are read with the encoder that `make_readable_bundle` was made with, which no file holds."""
    monkeypatch.setattr("ace_core.reader.load_encoder", lambda bundle: PlainEncoder())


def make_readable_bundle(folder: Path) -> Path:
    """`folder`/bundle over `folder`/media, as `make_tiny_bundle` makes it; the path of the bundle."""
    collection = make_tiny_collection(folder / "media")
    parts = tiny_parts(collection, folder / "codec")
    rows = {modality: collection.of(modality) for modality in MODALITIES}
    media = {m: [Media(collection.media_path(collection[i]), m) for i in places] for m, places in rows.items()}
    features = {modality: PlainEncoder().encode_features(files) for modality, files in media.items()}
    vectors, dual_vectors = (
        unit_rows(torch.from_numpy(space.encode_items(features, rows)).to(VECTOR_TYPE).float().numpy())
        for space in (parts.joint, parts.dual_tower)
    )
    modalities = [item.modality for item in collection]
    config = CodecConfig({"image": 4, "audio": 3, "video": 2}, 2, codebook_size=4, latent=8, hidden=16, steps=0)
    codec = Codec.fit(vectors, modalities, config, folder / "codec")
    codes = assign_unique(codec.encode(vectors, modalities))
    levels = replace(parts.retriever.config, level_sizes=level_sizes(codec, codes))
    sizes = {str(modality): TOKENS for modality in MODALITIES}, {str(modality): SIZE for modality in MODALITIES}
    writer = CaptionerConfig(parts.tokenizer.size, *sizes, width=16, layers=1, heads=2, d_ff=16, words=16, max_tokens=8)
    parts = replace(
        parts,
        retriever=Retriever(levels, parts.tokenizer).eval(),
        codec=codec,
        codes=codes,
        vectors=vectors,
        dual_vectors=dual_vectors,
        captioner=CompactCaptioner(writer, parts.tokenizer),
    )
    stages = {"pseudo_queries": {"count": 2, "seed": 0}}
    with new_bundle(folder / "bundle") as staged:
        save_parts(staged, folder / "bundle", parts, collection, folder / "media" / "manifest.jsonl", {}, stages)
    return folder / "bundle"


def paint(path: Path, seed: int) -> Path:
    """A picture of its own for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((48, 48), Image.Resampling.NEAREST).save(path)
    return path
