"""A tiny bundle that can read new media: by an encoder of no learning at all, and a captioner of random weights."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ace_core.bundle import new_bundle
from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner
from ace_core.collection import MODALITIES
from ace_core.encoders.base import ENCODERS, Media
from ace_core.encoders.field import FieldEncoder
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.towers import FieldSpace, TrainedSpace
from ace_core.identifiers.codec import Codec, CodecConfig, assign_unique
from ace_core.media import load_audio, load_frames, load_image
from ace_core.parts import VECTOR_TYPE, level_sizes, save_parts, unit_rows
from ace_core.retriever.model import Retriever
from ace_core.text import EOS
from tests.tiny import make_tiny_collection, tiny_parts

SIZE = 16  # dimensions


@ENCODERS.register("plain")
class PlainEncoder(FieldEncoder):
    """A file is its decoded content at a few places, a text the sum of its words' hashes."""

    name = "plain"

    def __init__(self) -> None:
        super().__init__(SIZE, frozenset(MODALITIES), scale=10.0)

    def reference(self) -> dict[str, Any]:
        return {"kind": self.name}

    @classmethod
    def from_reference(cls, reference: Mapping[str, Any], weights: Path | None = None) -> PlainEncoder:
        return cls()

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        return _unit(np.stack([_content(one) for one in media]))

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return _unit(np.stack([sum((_direction(word) for word in text.split()), np.full(SIZE, 0.1)) for text in texts]))


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-6)).astype(np.float32)


def _direction(word: str) -> np.ndarray:
    digest = hashlib.sha256(word.encode("utf-8", "replace")).digest()
    return np.frombuffer(digest[:SIZE], np.uint8) / 128 - 1


def _content(media: Media) -> np.ndarray:
    if media.modality == "image":
        content = load_image(media.path, 16) / 128 - 1
    elif media.modality == "video":
        content = load_frames(media.path, 2, 16) / 128 - 1
    else:
        content = load_audio(media.path, 16_000)
    line = content.astype(np.float64).ravel()
    return line[np.linspace(0, len(line) - 1, SIZE).astype(int)] + 1e-3


def make_readable_bundle(folder: Path, talkative: bool = False) -> Path:
    """`folder`/bundle over `folder`/media, as `make_tiny_bundle` makes it; the path of the bundle.

    The captioner has nothing to say of anything, or, where it is `talkative`, words without sense.
    """
    collection = make_tiny_collection(folder / "media")
    parts = tiny_parts(collection, folder / "codec")
    rows = {modality: collection.of(modality) for modality in MODALITIES}
    media = {m: [Media(collection.media_path(collection[i]), m) for i in places] for m, places in rows.items()}
    features = {modality: PlainEncoder().encode_features(files) for modality, files in media.items()}
    joint = FieldSpace.of(PlainEncoder())
    towers = JointConfig(parts.tokenizer.size, SIZE, dimension=SIZE, queries=2, text_layers=1, text_heads=2)
    dual_tower = TrainedSpace(JointSpace(towers), parts.tokenizer)
    vectors, dual_vectors = (
        unit_rows(torch.from_numpy(space.encode_items(features, rows)).to(VECTOR_TYPE).float().numpy())
        for space in (joint, dual_tower)
    )
    modalities = [item.modality for item in collection]
    config = CodecConfig({"image": 4, "audio": 3, "video": 2}, 2, codebook_size=4, latent=8, hidden=16, steps=0)
    codec = Codec.fit(vectors, modalities, config, folder / "codec")
    codes = assign_unique(codec.encode(vectors, modalities))
    levels = replace(parts.retriever.config, level_sizes=level_sizes(codec, codes))
    sizes = {str(modality): 1 for modality in MODALITIES}, {str(modality): SIZE for modality in MODALITIES}
    writer = CaptionerConfig(parts.tokenizer.size, *sizes, width=16, layers=1, heads=2, d_ff=16, words=16, max_tokens=8)
    captioner = CompactCaptioner(writer, parts.tokenizer)
    with torch.no_grad():
        words = list(parts.tokenizer.words)
        captioner.bias[words] = 8.0 if talkative else -8.0
        captioner.bias[EOS] = 8.0 + math.log(len(words) / 3)  # ends a sentence at every fourth word, or at once
    parts = replace(
        parts,
        retriever=Retriever(levels, parts.tokenizer).eval(),
        codec=codec,
        codes=codes,
        joint=joint,
        vectors=vectors,
        dual_tower=dual_tower,
        dual_vectors=dual_vectors,
        captioner=captioner,
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
