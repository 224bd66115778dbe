"""CLAP as transformers builds it, from a folder: config.json, preprocessor_config.json, a tokenizer and weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ace_core.encoders.clap_words import Words
from ace_core.encoders.field import sha256_json
from ace_core.errors import ConfigError
from ace_core.files import read_json
from ace_core.weights import read_tensors, reading

CONFIGS = ("config.json", "preprocessor_config.json")


class TransformersTowers:
    """Windows of sound and texts -> vectors; see `clap.Towers`."""

    library = "transformers"

    def __init__(self, folder: Path, weights: Path, device: torch.device) -> None:
        from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

        try:
            self.config = sha256_json([read_json(folder / name) for name in CONFIGS])
            config = ClapConfig.from_pretrained(str(folder), local_files_only=True)
            self._mel = ClapFeatureExtractor.from_pretrained(str(folder), local_files_only=True)
        except Exception as error:  # each of the three raises kinds of its own
            raise ConfigError(f"{folder} holds no CLAP of transformers ({error}); fetch the folder again.") from error
        tensors = read_tensors(weights)
        with reading(weights):
            loaded: Any = ClapModel.from_pretrained(
                None, config=config, state_dict=tensors, dtype=torch.float32, output_loading_info=True
            )
            self._model, found = loaded
            lacking = [*sorted(found["missing_keys"]), *sorted(map(str, found["mismatched_keys"]))]
            lacking = [name for name in lacking if not name.endswith("_ids")]  # buffers that always hold the same
            if lacking:
                raise ValueError(f"{len(lacking)} tensors are missing or of another shape, {lacking[0]} first")
        self._model.to(device).eval().requires_grad_(False)
        self._words, self._device = Words(folder), device
        self.rate: int = self._mel.sampling_rate
        self.length: int = self._mel.nb_max_samples
        self.dimension: int = config.projection_dim
        self.scale = float(self._model.logit_scale_a.exp())

    def prepare(self, windows: np.ndarray) -> Tensor:
        """Log-mel pictures float32 (W, 1 or 4, frames, bands), of sounds rounded towards zero to 16 bits."""
        waves = (windows.clip(-1, 1) * 32767).astype(np.int16) / 32767
        heard = self._mel(list(waves), sampling_rate=self.rate, return_tensors="np")["input_features"]
        return torch.from_numpy(np.asarray(heard, dtype=np.float32))

    def sounds(self, prepared: Tensor) -> Tensor:
        longer = torch.zeros(len(prepared), 1, dtype=torch.bool)  # a window is never longer than a window
        return self._model.get_audio_features(prepared.to(self._device), is_longer=longer).pooler_output

    def texts(self, texts: list[str]) -> Tensor:
        ids = {name: value.to(self._device) for name, value in self._words(texts).items()}
        return self._model.get_text_features(**ids).pooler_output

    def tokenize(self, texts: list[str]) -> Tensor:
        return self._words(texts)["input_ids"]
