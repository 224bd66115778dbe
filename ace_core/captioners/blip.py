"""Pictures: BLIP (Li et al. 2022, arXiv 2201.12086) and BLIP-2 (Li et al. 2023, arXiv 2301.12597)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ace_core.captioners.field import DESCRIBERS
from ace_core.captioners.writing import Chooser, FieldCaptioner, Writing
from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.errors import ConfigError
from ace_core.media import load_image
from ace_core.weights import load_part

_INVENTED = re.compile(r"\b(?:an? )?araff?ed?\b ?", re.I)  # no word, but BLIP's larger captioner begins with it


@DESCRIBERS.register("blip")
class BlipDescriber(FieldCaptioner):
    """The BLIP family; which of the two is told by the folder's configuration."""

    name = "blip"
    modalities: ClassVar[frozenset[Modality]] = frozenset({"image"})
    default = "Salesforce/blip-image-captioning-base"

    def __init__(self, folder: Path, prompt: str, writing: Writing) -> None:
        from transformers import AutoImageProcessor

        super().__init__(folder, prompt, writing)
        self.processor = load_part(folder, "a picture processor", AutoImageProcessor.from_pretrained)

    def model_class(self) -> Any:
        from transformers import AutoConfig, Blip2ForConditionalGeneration, BlipForConditionalGeneration

        kind = load_part(self.folder, "a configuration", AutoConfig.from_pretrained).model_type
        known = {"blip": BlipForConditionalGeneration, "blip-2": Blip2ForConditionalGeneration}
        if kind not in known:
            raise ConfigError(f"{self.folder} holds a model of type {kind!r}; give one of {', '.join(known)}.")
        return known[kind]

    def read(self, one: Media) -> np.ndarray:
        return load_image(one.path)

    def prepare(self, contents: Sequence[np.ndarray]) -> Sequence[Tensor]:
        """float32 (3, H, W) each."""
        return self.processor(list(contents), return_tensors="pt")["pixel_values"]

    @cached_property
    def _beginning(self) -> Tensor:
        """Token ids (1, P) of the prompt; BLIP-2 also wants one place for each token of the picture."""
        ids = self.tokenizer(self.prompt)["input_ids"]
        if self.model.config.model_type == "blip-2":
            ids = [self.model.config.image_token_index] * self.model.config.num_query_tokens + ids
        return torch.tensor([ids], device=self.device)

    def generate(self, inputs: Sequence[Tensor], sentences: int, chooser: Chooser) -> Tensor:
        beginning = self._beginning.repeat(len(inputs), 1)
        written = self.model.generate(
            pixel_values=torch.stack(list(inputs)),
            input_ids=beginning,
            attention_mask=torch.ones_like(beginning),
            **self.sampling(chooser, sentences),
        )
        # BLIP takes the mark of the end off the prompt; a decoder that is asked by an encoder starts with one token.
        kind, text = self.model.config.model_type, self.model.config.text_config
        asked = getattr(text, "is_encoder_decoder", False)
        return written[:, 1 if asked else beginning.shape[1] - (kind == "blip") :]

    def mend(self, text: str) -> str:
        return _INVENTED.sub("", text)

    @property
    def ends(self) -> set[int]:
        text = self.model.config.text_config
        marks = [getattr(text, name, None) for name in ("eos_token_id", "sep_token_id", "pad_token_id")]
        return super().ends | {mark for mark in marks if mark is not None}
