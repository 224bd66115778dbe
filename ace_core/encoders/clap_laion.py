"""CLAP as laion-clap builds it (arXiv 2211.06687), filled with tensors that were read safely.

The package's own constructor is not used: it fetches RoBERTa and unpickles checkpoints.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ace_core.encoders.clap_words import Words, roberta_folder
from ace_core.encoders.field import sha256_json
from ace_core.errors import ConfigError
from ace_core.weights import read_tensors, reading

_PACKAGE = "ace_core.encoders._laion_clap"


class LaionTowers:
    """Windows of sound and texts -> vectors; see `clap.Towers`."""

    library = "laion-clap"

    def __init__(self, model: str, weights: Path, device: torch.device) -> None:
        """model: a name among laion-clap's `model_configs`; weights: a file, with RoBERTa's tokenizer beside it."""
        config = _config(model)
        tensors = read_tensors(weights)
        for old in [name for name in tensors if name.endswith("position_ids")]:
            del tensors[old]  # a buffer that counts from 0 on, and that RoBERTa no longer stores
        if any(".mel_conv2d." in name for name in tensors):
            raise ConfigError(
                f"{weights} was trained with fusion; use the form without: windows hear a long sound whole."
            )
        with reading(weights):
            self._model = _build(config, tensors)
            self._model.load_state_dict(tensors)
        self._model.to(device).eval().requires_grad_(False)
        for exact in (self._model.audio_branch.spectrogram_extractor, self._model.audio_branch.logmel_extractor):
            exact.forward = torch.autocast(device.type, enabled=False)(exact.forward)  # quiet bands drown in bf16
        self._words, self._device = Words(roberta_folder(weights.parent)), device
        self.rate: int = config["audio_cfg"]["sample_rate"]
        self.length: int = config["audio_cfg"]["clip_samples"]
        self.dimension: int = self._model.joint_embed_shape
        self.scale = float(self._model.logit_scale_a.exp())  # the one of the two that its training uses
        self.config = sha256_json(config)

    def prepare(self, windows: np.ndarray) -> Tensor:
        """int16 (W, length): rounded towards zero as in training."""
        return torch.from_numpy((windows.clip(-1, 1) * 32767).astype(np.int16))

    def sounds(self, prepared: Tensor) -> Tensor:
        waves = prepared.to(self._device).float() / 32767
        heard = self._model.encode_audio({"waveform": waves}, device=self._device)["embedding"]
        return self._model.audio_projection(heard)

    def texts(self, texts: list[str]) -> Tensor:
        return self._model.encode_text(self._words(texts), device=self._device)

    def tokenize(self, texts: list[str]) -> Tensor:
        return self._words(texts)["input_ids"]


def laion_is_there() -> bool:
    """Whether laion-clap, and what its model needs, can be imported."""
    try:
        _module("model")
    except (ImportError, OSError):
        return False
    return True


def _module(part: str) -> ModuleType:
    """A module of laion-clap's `clap_module`, imported under a name of our own.

    The package itself would bring in a trainer, a downloader and a tracker of experiments, and put its folder on the
    path of every import.
    """
    if _PACKAGE not in sys.modules:
        found = importlib.util.find_spec("laion_clap")
        if found is None or found.origin is None:
            raise ImportError("laion_clap is not installed")
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(Path(found.origin).parent / "clap_module")]
        sys.modules[_PACKAGE] = package
    cache = os.environ.get("NUMBA_CACHE_DIR")
    try:
        with warnings.catch_warnings(action="ignore"):
            return importlib.import_module(f"{_PACKAGE}.{part}")
    finally:  # it moves numba's cache to a folder that everybody may write to
        os.environ.pop("NUMBA_CACHE_DIR", None)
        if cache is not None:
            os.environ["NUMBA_CACHE_DIR"] = cache


def _config(model: str) -> dict[str, Any]:
    folder = Path(str(_module("model").__file__)).parent / "model_configs"
    known = sorted(path.stem for path in folder.glob("*.json") if "audio_cfg" in path.read_text(encoding="utf-8"))
    if model not in known:
        raise ConfigError(f"laion-clap has no model {model!r}; known: {', '.join(known)}.")
    config = json.loads((folder / f"{model}.json").read_text(encoding="utf-8"))
    config["text_cfg"]["model_type"] = "roberta"
    return config


def _build(config: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    """The architecture alone: where it asks a hub for RoBERTa, it gets one of the shape that the tensors have."""
    from transformers import RobertaModel

    shape = _text_shape(tensors)
    module = _module("model")
    vars(module)["RobertaModel"] = SimpleNamespace(from_pretrained=lambda _: RobertaModel(shape))
    vars(_module("htsat"))["trunc_normal_"] = lambda values, **_: values  # slow, and every value is replaced
    with warnings.catch_warnings(action="ignore"):
        return module.CLAP(**config)


def _text_shape(tensors: dict[str, Tensor]) -> Any:
    from transformers import RobertaConfig

    def sizes(name: str) -> tuple[int, ...]:
        return tuple(tensors[f"text_branch.{name}.weight"].shape)

    layers = {name.split(".")[3] for name in tensors if name.startswith("text_branch.encoder.layer.")}
    words, width = sizes("embeddings.word_embeddings")
    return RobertaConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=len(layers),
        num_attention_heads=width // 64,
        intermediate_size=sizes("encoder.layer.0.intermediate.dense")[0],
        max_position_embeddings=sizes("embeddings.position_embeddings")[0],
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
