"""Any open_clip model (arXiv 2212.07143, github.com/mlfoundations/open_clip): pictures, frames of clips, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ace_core.config import from_json
from ace_core.encoders.base import ENCODERS, Media
from ace_core.encoders.field import FieldEncoder, probe_tokens, require_same, text_vectors
from ace_core.encoders.open_clip_model import CONFIG, LOCAL, ClipShape, build, checkpoint, default_model, locate
from ace_core.encoders.views import encode_views
from ace_core.media import load_frames, load_image
from ace_core.training.precision import autocast, pick_device
from ace_core.weights import checked_sha256


@ENCODERS.register("open_clip")
class OpenClipEncoder(FieldEncoder):
    """A clip is the mean of the unit vectors of `frames` frames spread evenly over it, brought to unit length."""

    name = "open_clip"

    def __init__(self, shape: ClipShape, weights: Path, sha256: str | None = None) -> None:
        """Use `load` or `from_reference`. weights: the file; sha256: of that file, where it is known."""
        self.shape = shape
        self.sha256 = checked_sha256(weights, sha256)
        self._device = pick_device()
        self._parts = build(shape, weights)
        self._parts.model.to(self._device)
        self._tokens = probe_tokens(self._parts.tokenize)
        self._batch, self._ahead = (256, 128) if self._device.type == "cuda" else (32, 32)
        scale = float(self._parts.model.logit_scale.detach().exp())
        super().__init__(int(shape.architecture["embed_dim"]), frozenset({"image", "video"}), scale)

    @classmethod
    def load(
        cls,
        model: str | None = None,
        pretrained: str | None = None,
        weights: Path | None = None,
        *,
        frames: int = 8,
        sha256: str | None = None,
    ) -> OpenClipEncoder:
        """model, pretrained: a pair that open_clip knows, or `hf-hub:owner/name`, or `local-dir:folder`; by default one
        that suits the machine. weights: a file of weights, or a folder that holds one, with `open_clip_config.json`
        beside it where open_clip does not know the model by name; then nothing is fetched. frames: of a clip.

        Raises `ConfigError` for unknown names and for weights that cannot be reached or do not fit, and `BundleError`
        where the weights have another sha256 than the one given.
        """
        place = None if weights is None else Path(weights)
        if model is None:
            told = place is not None and (place / CONFIG).is_file()
            model, default = (f"{LOCAL}{place}", "") if told else default_model()
            pretrained = default if pretrained is None else pretrained
        shape, file = locate(model, pretrained or "", place, frames)
        return cls(shape, file, sha256)

    @classmethod
    def from_reference(cls, reference: Mapping[str, Any], weights: Path | None = None) -> OpenClipEncoder:
        """The encoder that `reference()` told of; `BundleError` where its weights are not the very same."""
        told = {key: value for key, value in reference.items() if key not in ("kind", "sha256", "tokens")}
        shape = from_json(ClipShape, told)
        file = checkpoint(shape.model, shape.pretrained, None if weights is None else Path(weights))
        encoder = cls(shape, file, reference["sha256"])
        require_same(encoder.reference(), dict(reference))
        return encoder

    def reference(self) -> dict[str, Any]:
        """kind, model, pretrained, architecture, preprocess, frames, sha256 (weights), tokens (how texts are cut)."""
        return {"kind": self.name, "sha256": self.sha256, "tokens": self._tokens, **asdict(self.shape)}

    @torch.inference_mode()
    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """float32 (N, D), unit rows; pictures and clips may be mixed."""
        self.refuse_unknown(media)
        return encode_views(media, self._views, self._encode, self.dimension, self._batch, self._ahead)

    @torch.inference_mode()
    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D), unit rows; a text longer than the model's context keeps its beginning."""
        return text_vectors(texts, self._encode_texts, self.dimension, batch=256)

    def _views(self, media: Media) -> Tensor:
        """float32 (V, 3, H, W): a picture, or the frames of a clip, as the model was trained on them."""
        video = media.modality == "video"
        pixels = load_frames(media.path, self.shape.frames) if video else load_image(media.path)[None]
        return torch.stack([self._parts.prepare(Image.fromarray(picture)) for picture in pixels])

    def _encode(self, views: Tensor) -> Tensor:
        with autocast(self._device):
            return self._parts.model.encode_image(views.to(self._device))

    def _encode_texts(self, texts: list[str]) -> Tensor:
        with autocast(self._device):
            return self._parts.model.encode_text(self._parts.tokenize(texts).to(self._device))
