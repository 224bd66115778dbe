"""CLAP (arXiv 2211.06687): sounds of any length and texts, by laion-clap or by transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ace_core.encoders.base import ENCODERS, Media
from ace_core.encoders.clap_laion import LaionTowers, laion_is_there
from ace_core.encoders.clap_transformers import CONFIGS, TransformersTowers
from ace_core.encoders.clap_words import FILE
from ace_core.encoders.field import FieldEncoder, probe_tokens, require_same, text_vectors
from ace_core.encoders.views import encode_views
from ace_core.encoders.windows import sound_windows
from ace_core.errors import ConfigError
from ace_core.files import read_json
from ace_core.training.precision import autocast, pick_device
from ace_core.weights import checked_sha256, find_weights, hub_file, out_of_reach

LAION = ("HTSAT-tiny", "630k-audioset-best")  # the default where laion-clap can be imported
TRANSFORMERS = "laion/clap-htsat-unfused"  # and where it cannot
LOCAL = "local-dir:"  # before the path of a folder of transformers
LAION_HUB = "lukewys/laion_clap"


class Towers(Protocol):
    library: str
    dimension: int  # D
    scale: float
    rate: int  # Hz
    length: int  # samples of a window
    config: str  # sha256 of the configuration

    def prepare(self, windows: np.ndarray) -> Tensor:
        """float32 (W, length) -> what `sounds` takes, (W, ...); called in worker threads."""
        ...

    def sounds(self, prepared: Tensor) -> Tensor:
        """(B, ...) -> (B, D), of any length."""
        ...

    def texts(self, texts: list[str]) -> Tensor:
        """(B, D), of any length."""
        ...

    def tokenize(self, texts: list[str]) -> Tensor:
        """Token ids (B, T)."""
        ...


@ENCODERS.register("clap")
class ClapEncoder(FieldEncoder):
    """A sound is the mean of the unit vectors of its windows, brought to unit length; see `windows.py`."""

    name = "clap"

    def __init__(self, towers: Towers, model: str, pretrained: str, sha256: str) -> None:
        """Use `load` or `from_reference`. sha256: of the file of weights."""
        self.towers, self.model, self.pretrained, self.sha256 = towers, model, pretrained, sha256
        self._device = pick_device()
        self._tokens = probe_tokens(towers.tokenize)
        self._batch = 64 if self._device.type == "cuda" else 8
        super().__init__(towers.dimension, frozenset({"audio"}), towers.scale)

    @classmethod
    def load(
        cls,
        model: str | None = None,
        pretrained: str | None = None,
        weights: Path | None = None,
        *,
        sha256: str | None = None,
    ) -> ClapEncoder:
        """model, pretrained: a configuration of laion-clap and the name of one of its checkpoints; or as `model` a
        ClapModel of transformers, `owner/name` on the hub or `local-dir:folder`, which is also the default where
        laion-clap cannot be imported.
        weights: a checkpoint of laion-clap, or a folder that holds one and RoBERTa's tokenizer.json; or a folder of
        transformers (config.json, preprocessor_config.json, tokenizer.json, weights). Nothing is fetched then, but a
        tokenizer that is not there.

        Raises `ConfigError` for unknown names and for weights that cannot be reached or do not fit, and `BundleError`
        where the weights have another sha256 than the one given.
        """
        place = None if weights is None else Path(weights)
        if place is None and model is not None and model.startswith(LOCAL):
            place = Path(model.removeprefix(LOCAL))
        if place is not None and _of_transformers(place):
            file = find_weights(place, ("model", "pytorch_model"))
            return cls._transformers(place, file, model or f"{LOCAL}{place}", sha256)
        if model is not None and model.startswith(LOCAL):
            raise out_of_reach(f"A ClapModel of transformers in {place}")
        if model is None and place is None and not laion_is_there():
            model = TRANSFORMERS
        if place is None and model is not None and "/" in model:
            file = hub_file(model, "model.safetensors", "pytorch_model.bin")
            return cls._transformers(_hub_folder(model), file, model, sha256)
        if not laion_is_there():
            raise ConfigError(
                f"laion-clap cannot be imported here; install it, or name a model such as {TRANSFORMERS}."
            )
        return cls._laion(model or LAION[0], pretrained or LAION[1], place, sha256)

    @classmethod
    def _laion(cls, model: str, pretrained: str, place: Path | None, sha256: str | None) -> ClapEncoder:
        file = hub_file(LAION_HUB, f"{pretrained}.pt") if place is None else find_weights(place, (pretrained,))
        found = checked_sha256(file, sha256)
        return cls(LaionTowers(model, file, pick_device()), model, pretrained, found)

    @classmethod
    def _transformers(cls, folder: Path, file: Path, model: str, sha256: str | None) -> ClapEncoder:
        found = checked_sha256(file, sha256)
        return cls(TransformersTowers(folder, file, pick_device()), model, "", found)

    @classmethod
    def from_reference(cls, reference: Mapping[str, Any], weights: Path | None = None) -> ClapEncoder:
        """The encoder that `reference()` told of; `BundleError` where its weights are not the very same."""
        encoder = cls.load(reference["model"], reference["pretrained"], weights, sha256=reference["sha256"])
        require_same(encoder.reference(), dict(reference))
        return encoder

    def reference(self) -> dict[str, Any]:
        """kind, library, model, pretrained, sha256 (weights), config and tokens (sha256 of how texts are cut)."""
        return {
            "kind": self.name,
            "library": self.towers.library,
            "model": self.model,
            "pretrained": self.pretrained,
            "sha256": self.sha256,
            "config": self.towers.config,
            "tokens": self._tokens,
        }

    @torch.inference_mode()
    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """float32 (N, D), unit rows."""
        self.refuse_unknown(media)
        # A sound that is decoded may be large, so fewer of them wait than of pictures.
        return encode_views(media, self._windows, self._encode, self.dimension, self._batch, ahead=8)

    @torch.inference_mode()
    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D), unit rows; a text of more than 77 tokens keeps its beginning."""
        return text_vectors(texts, self._encode_texts, self.dimension, batch=256)

    def _windows(self, media: Media) -> Tensor:
        return self.towers.prepare(sound_windows(media.path, self.towers.rate, self.towers.length))

    def _encode(self, views: Tensor) -> Tensor:
        with autocast(self._device):
            return self.towers.sounds(views)

    def _encode_texts(self, texts: list[str]) -> Tensor:
        with autocast(self._device):
            return self.towers.texts(texts)


def _of_transformers(folder: Path) -> bool:
    """Whether the folder's configuration is a ClapModel's; RoBERTa's may lie beside a checkpoint of laion-clap."""
    try:
        return read_json(folder / CONFIGS[0]).get("model_type") == "clap"
    except (OSError, ValueError, AttributeError):
        return False


def _hub_folder(repository: str) -> Path:
    """The folder of a repository of the hub, with all but the weights fetched."""
    return [hub_file(repository, name).parent for name in (FILE, *CONFIGS)][-1]
