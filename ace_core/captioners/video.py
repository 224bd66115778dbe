"""Clips: GIT (Wang et al. 2022, arXiv 2205.14100), which reads several frames of a clip, each with its own place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ace_core.captioners.field import DESCRIBERS
from ace_core.captioners.writing import Chooser, FieldCaptioner, Writing
from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.media import load_frames
from ace_core.weights import load_part


@DESCRIBERS.register("video")
class ClipDescriber(FieldCaptioner):
    """A GIT captioner by name or folder; one made for pictures is shown the middle frame."""

    name = "video"
    modalities: ClassVar[frozenset[Modality]] = frozenset({"video"})
    default = "microsoft/git-base-vatex"

    def __init__(self, folder: Path, prompt: str, writing: Writing) -> None:
        from transformers import AutoImageProcessor

        super().__init__(folder, prompt, writing)
        self.processor = load_part(folder, "a picture processor", AutoImageProcessor.from_pretrained)
        self.frames: int | None = self.model.config.num_image_with_embedding

    def model_class(self) -> Any:
        from transformers import GitForCausalLM

        return GitForCausalLM

    def read(self, one: Media) -> np.ndarray:
        return load_frames(one.path, self.frames or 1, self.model.config.vision_config.image_size)

    def prepare(self, contents: Sequence[np.ndarray]) -> Sequence[Tensor]:
        """float32 (frames, 3, H, W) each, or (3, H, W) of a captioner made for pictures."""
        frames = [frame for clip in contents for frame in clip]
        pixels = self.processor(frames, return_tensors="pt")["pixel_values"]
        return pixels.view(len(contents), *([self.frames] if self.frames else []), *pixels.shape[-3:])

    def generate(self, inputs: Sequence[Tensor], sentences: int, chooser: Chooser) -> Tensor:
        """The model repeats a batch of clips as a whole to match the rows of text, and so looks at each clip once."""
        ids = [self.tokenizer.cls_token_id, *self.tokenizer(self.prompt, add_special_tokens=False)["input_ids"]]
        rows = torch.tensor([ids], device=self.device).repeat(sentences * len(inputs), 1)
        chooser.draws = chooser.draws.unflatten(0, (-1, sentences)).transpose(0, 1).flatten(0, 1)
        pixels = torch.stack(list(inputs))
        written = self.model.generate(input_ids=rows, pixel_values=pixels, **self.sampling(chooser, 1))
        return written[:, len(ids) :].unflatten(0, (sentences, -1)).transpose(0, 1).flatten(0, 1)
