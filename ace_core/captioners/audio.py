"""Sounds: captioners built like Whisper (Kadlcik et al. 2023, arXiv 2305.09690), which write in a given style."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor

from ace_core.captioners.field import DESCRIBERS
from ace_core.captioners.writing import Chooser, FieldCaptioner, Writing
from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.media.audio import load_audio_windows
from ace_core.weights import load_part

WINDOWS = 4  # of a long sound


@DESCRIBERS.register("audio")
class SoundDescriber(FieldCaptioner):
    """The prompt is the style: "clotho > caption: ", "audiocaps > caption: " or "audioset > keywords: "."""

    name = "audio"
    modalities: ClassVar[frozenset[Modality]] = frozenset({"audio"})
    default = "MU-NLPC/whisper-small-audio-captioning"
    default_prompt = "clotho > caption: "

    def __init__(self, folder: Path, prompt: str, writing: Writing) -> None:
        from transformers import WhisperFeatureExtractor

        self.extractor = load_part(folder, "a reader of sounds", WhisperFeatureExtractor.from_pretrained)
        super().__init__(folder, prompt, writing)

    def load_tokenizer(self) -> Any:
        from transformers import WhisperTokenizer

        settings = {"language": "en", "task": "transcribe"}
        return load_part(self.folder, "a tokenizer", WhisperTokenizer.from_pretrained, **settings)

    def model_class(self) -> Any:
        from transformers import WhisperForConditionalGeneration

        return WhisperForConditionalGeneration

    def read(self, one: Media) -> np.ndarray:
        """Windows (W, S) as long as the model hears at once, spread over the sound."""
        return load_audio_windows(one.path, self.extractor.sampling_rate, self.extractor.chunk_length, WINDOWS)

    def prepare(self, contents: Sequence[np.ndarray]) -> Sequence[Tensor]:
        """Log-mel (W, bands, frames) each."""
        rate = self.extractor.sampling_rate
        heard = self.extractor([wave for sound in contents for wave in sound], sampling_rate=rate, return_tensors="pt")
        return heard["input_features"].split([len(sound) for sound in contents])

    @cached_property
    def _beginning(self) -> Tensor:
        """Token ids (1, P): start, language, task, no time stamps, and the style."""
        style = self.tokenizer(self.prompt, add_special_tokens=False)["input_ids"]
        return torch.tensor([[*self.tokenizer.prefix_tokens, *style]], device=self.device)

    def generate(self, inputs: Sequence[Tensor], sentences: int, chooser: Chooser) -> Tensor:
        """An item's sentences are about its windows in turn; each window is heard once."""
        from transformers import GenerationMixin
        from transformers.modeling_outputs import BaseModelOutput

        heard = self.model.get_encoder()(torch.cat(list(inputs))).last_hidden_state
        ends = np.cumsum([len(one) for one in inputs])
        spans = [(end - len(one), len(one)) for one, end in zip(inputs, ends, strict=True)]
        rows = [first + turn % windows for first, windows in spans for turn in range(sentences)]
        # Whisper's own `generate` transcribes speech in segments and takes no beginning of the text.
        written = GenerationMixin.generate(
            self.model,
            encoder_outputs=BaseModelOutput(last_hidden_state=heard[rows]),
            attention_mask=torch.ones(heard[rows].shape[:2], dtype=torch.int64, device=self.device),
            decoder_input_ids=self._beginning.repeat(len(rows), 1),
            **self.sampling(chooser, 1),
        )
        return cast(Tensor, written)[:, self._beginning.shape[1] :]
