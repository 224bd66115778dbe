"""What the captioners from `transformers` share: media in batches, sentences sampled by seed and content alone."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from ace_core.captioners.cleaning import clean
from ace_core.captioners.field import check_request, content_key, read_ahead
from ace_core.captioners.sampling import nucleus, uniform_draws
from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.errors import ConfigError
from ace_core.training.precision import autocast, pick_device
from ace_core.weights import folder_fingerprint, load_model, load_part, model_folder


@dataclass(frozen=True)
class Writing:
    """How sentences are sampled."""

    temperature: float = 0.9
    top_p: float = 0.9
    max_tokens: int = 48  # of a sentence; one that is not finished by then is dropped
    turns: int = 2  # of drawing, where sentences are alike or degenerate
    items_at_once: int = 8

    def __post_init__(self) -> None:
        if min(self.max_tokens, self.turns, self.items_at_once) < 1 or self.temperature <= 0 or not 0 < self.top_p <= 1:
            raise ConfigError("Writing needs sizes of 1 or more, temperature above 0 and top_p in (0, 1].")


class FieldCaptioner(ABC):
    """A published captioner. The first sentence of an item takes the likeliest token each time; the others are drawn
    from the nucleus of likely ones (Holtzman et al. 2020, arXiv 1904.09751) by numbers of the seed and the content."""

    name: ClassVar[str]
    modalities: ClassVar[frozenset[Modality]]
    default: ClassVar[str]  # name on the model hub
    default_prompt: ClassVar[str] = ""
    cached = True

    def __init__(self, folder: Path, prompt: str, writing: Writing) -> None:
        self.folder, self.prompt, self.writing = folder, prompt, writing
        self.device = pick_device()
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        self.tokenizer = self.load_tokenizer()
        self.model = load_model(folder, self.model_class(), dtype=self.dtype).to(self.device)

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        weights: str | Path | None = None,
        prompt: str | None = None,
        writing: Writing | None = None,
    ) -> Self:
        """model: a folder or a name on the hub (`default`); weights: the folder to look for that name in.

        prompt: how every sentence begins; it is not part of the sentences. `ConfigError` where there are no weights.
        """
        chosen = cls.default_prompt if prompt is None else prompt
        return cls(model_folder(model or cls.default, weights), chosen, writing or Writing())

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the files of the model and how it writes."""
        settings = [self.name, self.prompt, asdict(self.writing), folder_fingerprint(self.folder)]
        return hashlib.sha256(json.dumps(settings).encode()).hexdigest()

    def describe(self, media: Sequence[Media], count: int, seed: int) -> list[list[str]]:
        check_request(self, media, count)
        written: list[list[str]] = []
        for batch, contents in read_ahead(media, self.read, self.writing.items_at_once):
            written += self._describe(self.prepare(contents), [content_key(one) for one in batch], count, seed)
        return written

    def _describe(self, inputs: Sequence[Tensor], keys: Sequence[str], count: int, seed: int) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in keys]
        for turn in range(self.writing.turns):
            lacking = [place for place, texts in enumerate(found) if len(texts) < count]
            if not lacking:
                break
            shape = (count, self.writing.max_tokens)
            draws = np.stack([uniform_draws(seed, turn, keys[place], shape) for place in lacking])
            if turn == 0:
                draws[:, 0] = 0.0  # the likeliest token
            written = self._write([inputs[place] for place in lacking], torch.from_numpy(draws))
            for place, texts in zip(lacking, written, strict=True):
                found[place] = clean([*found[place], *texts], count, prompts=[self.prompt])
        return found

    def _write(self, inputs: Sequence[Tensor], draws: Tensor) -> list[list[str]]:
        """Finished sentences of I items by draws (I, C, L): up to C each."""
        chooser = Chooser(draws.to(self.device), self.writing)
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.inference_mode(), autocast(self.device), torch.random.fork_rng(devices):
            ready = [one.to(self.device, self.dtype) for one in inputs]
            ids = self.generate(ready, draws.shape[1], chooser)
        assert len(ids) == draws.shape[0] * draws.shape[1]
        ended = [len(row) < draws.shape[2] or int(row[-1]) in self.ends for row in ids]
        texts = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        finished: list[list[str]] = [[] for _ in inputs]
        for row, (text, whole) in enumerate(zip(texts, ended, strict=True)):
            if whole:
                finished[row // draws.shape[1]].append(self.mend(text))
        return finished

    def sampling(self, chooser: Chooser, sentences: int) -> dict[str, Any]:
        """Arguments of `generate` that make `chooser` its only source of chance."""
        from transformers import LogitsProcessorList

        return {
            "logits_processor": LogitsProcessorList([chooser]),
            "max_new_tokens": self.writing.max_tokens,
            "num_return_sequences": sentences,
            "do_sample": True,
            "num_beams": 1,
            "temperature": 1.0,
            "top_k": 0,
            "top_p": 1.0,
        }

    @property
    def ends(self) -> set[int]:
        """Token ids that stand at the end of a finished sentence."""
        known = self.model.generation_config
        marks = [known.eos_token_id, known.pad_token_id, self.tokenizer.eos_token_id, self.tokenizer.sep_token_id]
        return {id for mark in marks for id in (mark if isinstance(mark, list) else [mark]) if id is not None}

    def load_tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return load_part(self.folder, "a tokenizer", AutoTokenizer.from_pretrained)

    def mend(self, text: str) -> str:
        """Put right what the captioner is known to get wrong."""
        return text

    @abstractmethod
    def model_class(self) -> Any:
        """The class of `transformers` that reads the folder."""

    @abstractmethod
    def read(self, one: Media) -> np.ndarray:
        """Decode a file; called in worker threads."""

    @abstractmethod
    def prepare(self, contents: Sequence[np.ndarray]) -> Sequence[Tensor]:
        """What was read of I items, as the model takes it: one tensor each."""

    @abstractmethod
    def generate(self, inputs: Sequence[Tensor], sentences: int, chooser: Chooser) -> Tensor:
        """Token ids int64 (I x `sentences`, T) after the prompt, all of an item's sentences together."""


class Chooser:
    """A logits processor that leaves one token possible: the one that the draws say."""

    def __init__(self, draws: Tensor, writing: Writing) -> None:
        self.draws, self.writing, self.step = draws.flatten(0, 1), writing, 0

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """scores (rows, V), of which all but one a row become -inf."""
        draws = self.draws[:, min(self.step, self.draws.shape[1] - 1)]
        token = nucleus(scores, draws, self.writing.temperature, self.writing.top_p)
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter_(-1, token.unsqueeze(-1), 0.0)
