"""The compact captioner: a small causal transformer that reads an item's feature tokens and writes sentences about it.

Each feature token first says which words it shows, and the embedding of what it says is added to it; so what the
memory carries lies in the space of words from the start, and the sentence has only to be ordered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ace_core.captioners.base import CAPTIONERS
from ace_core.captioners.decoder import DecoderLayer, KeysValues
from ace_core.captioners.sampling import is_degenerate, nucleus, uniform_draws
from ace_core.collection import MODALITIES, Modality
from ace_core.config import to_json
from ace_core.errors import ConfigError
from ace_core.text import BOS, EOS, PAD, UNK, Tokenizer
from ace_core.training.loop import LoopConfig

ITEMS_AT_ONCE = 64
MEMORY_TOKENS = 8  # at least; an item with fewer feature tokens has each of them projected to several


@dataclass(frozen=True)
class CaptionerConfig:
    vocab_size: int
    feature_tokens: dict[str, int]  # T by modality
    feature_sizes: dict[str, int]  # F by modality
    width: int = 192
    layers: int = 3
    heads: int = 4
    d_ff: int = 768
    dropout: float = 0.1
    words: int = 512  # how many of the commonest words feature tokens may say
    max_tokens: int = 40  # longest sentence, bos and eos included
    captions_an_item: int = 4  # captions of one item in a batch; they share its memory
    word_dropout: float = 0.1  # share of the read (not the written) tokens that training hides
    label_smoothing: float = 0.05
    presence_weight: float = 0.2  # of the loss that asks feature tokens for the words of the item's captions
    evenness: float = 0.0  # 0: items are drawn alike in training, whatever their kind; 1: kinds are drawn alike
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(steps=1500, batch_size=128, learning_rate=1e-3))

    def __post_init__(self) -> None:
        unknown = sorted(set(self.feature_tokens) - set(MODALITIES))
        if unknown or not self.feature_tokens or set(self.feature_tokens) != set(self.feature_sizes):
            raise ConfigError(f"CaptionerConfig: feature_tokens and feature_sizes need the same of {MODALITIES}.")
        sizes = (*self.feature_tokens.values(), *self.feature_sizes.values(), self.words, self.captions_an_item)
        if min(*sizes, self.layers, self.heads, self.width, self.d_ff) < 1 or self.max_tokens < 3:
            raise ConfigError("CaptionerConfig: sizes must be at least 1 and max_tokens at least 3.")
        if self.width % self.heads:
            raise ConfigError(f"CaptionerConfig.heads must divide width; {self.heads} does not divide {self.width}.")
        if not all(0 <= share < 1 for share in (self.dropout, self.word_dropout, self.label_smoothing)):
            raise ConfigError("CaptionerConfig: dropout, word_dropout and label_smoothing must be in [0, 1).")
        if not 0 <= self.evenness <= 1:
            raise ConfigError(f"CaptionerConfig.evenness must be in [0, 1], not {self.evenness}.")


class Memory(NamedTuple):
    """What the decoder needs of I items: keys and values a layer, and how strongly each item shows each word."""

    layers: tuple[KeysValues, ...]
    words: Tensor  # logits (I, words)

    def take(self, items: Tensor) -> Memory:
        """The memory of the items at positions int64 (I',)."""
        return Memory(tuple(KeysValues(kv.keys[items], kv.values[items]) for kv in self.layers), self.words[items])


class FeatureReader(nn.Module):
    """Feature tokens (I, T, F) of one modality -> (I, S, width), S >= MEMORY_TOKENS."""

    mean: Tensor  # (F,)
    std: Tensor  # (F,)

    def __init__(self, tokens: int, size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("std", torch.ones(size))
        self.width, self.repeat = width, -(-MEMORY_TOKENS // tokens)
        self.project = nn.Linear(size, self.repeat * width)
        self.position = nn.Parameter(0.02 * torch.randn(tokens * self.repeat, width))
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor) -> Tensor:
        x = self.project((features.float() - self.mean) / self.std)
        return self.norm(x.view(len(x), -1, self.width) + self.position)

    def measure(self, features: np.ndarray | Tensor, rows: int = 2048) -> None:
        """Set mean and standard deviation from up to `rows` evenly spaced items of (N, T, F)."""
        sample = torch.as_tensor(features[:: max(1, len(features) // rows)]).double().flatten(0, 1)
        self.mean.copy_(sample.mean(0))
        self.std.copy_(sample.std(0, correction=0).clamp(min=1e-3))


@CAPTIONERS.register("compact")
class CompactCaptioner(nn.Module):
    """p(sentence | item). The tokenizer is needed to write sentences, not to score them."""

    word_ids: Tensor  # int64 (words,) token ids of the words that feature tokens may say

    def __init__(self, config: CaptionerConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__()
        self.config, self.tokenizer = config, tokenizer
        width = config.width
        self.register_buffer("word_ids", torch.zeros(config.words, dtype=torch.int64))
        self.readers = nn.ModuleDict(
            {name: FeatureReader(t, config.feature_sizes[name], width) for name, t in config.feature_tokens.items()}
        )
        self.embedding = nn.Embedding(config.vocab_size, width)  # of the words read, said and written
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.word_bias = nn.Parameter(torch.zeros(config.words))
        self.memory_norm = nn.LayerNorm(width)
        self.position = nn.Parameter(0.02 * torch.randn(config.max_tokens, width))
        self.layers = nn.ModuleList(
            DecoderLayer(width, config.heads, config.d_ff, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    @property
    def device(self) -> torch.device:
        return self.bias.device

    @property
    def fingerprint(self) -> str:
        """sha256 over configuration and weights."""
        digest = hashlib.sha256(json.dumps(to_json(self.config), sort_keys=True).encode())
        for name, tensor in sorted(self.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def reader(self, modality: Modality) -> FeatureReader:
        if modality not in self.readers:
            raise ConfigError(f"This captioner knows {', '.join(self.readers)}, not {modality}.")
        return cast(FeatureReader, self.readers[modality])

    def remember(self, features: np.ndarray | Tensor, modality: Modality) -> Memory:
        """Read feature tokens (I, T, F) once for any number of sentences."""
        x = self.reader(modality)(torch.as_tensor(features).to(self.device))
        vocabulary = self.embedding(self.word_ids)
        said = x @ vocabulary.T + self.word_bias
        scale = self.config.width**0.5
        memory = self.memory_norm(x + scale * torch.softmax(said.float(), dim=-1).to(x.dtype) @ vocabulary)
        return Memory(
            tuple(cast(DecoderLayer, layer).remember(memory) for layer in self.layers), said.float().logsumexp(1)
        )

    def forward(self, memory: Memory, ids: Tensor) -> Tensor:
        """Sentences int64 (I, C, L), C of each item -> logits (I, C, L, V) of the token after each position."""
        return self.logits(self.read(memory, ids)[0])

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., width) -> float32 (..., V)."""
        return F.linear(hidden, self.embedding.weight, self.bias).float()

    def read(
        self, memory: Memory, ids: Tensor, past: list[KeysValues] | None = None, start: int = 0
    ) -> tuple[Tensor, list[KeysValues]]:
        """Sentences int64 (I, C, L), or their one next token at `start` after `past` -> (I, C, L, width), new past."""
        if start + ids.shape[-1] > self.config.max_tokens:
            raise ConfigError(f"This captioner reads sentences of {self.config.max_tokens} tokens at most.")
        scale = self.config.width**0.5
        x = scale * self.embedding(ids) + self.position[start : start + ids.shape[-1]]
        kept = []
        for number, (layer, looked_at) in enumerate(zip(self.layers, memory.layers, strict=True)):
            x, keys_values = layer(x, looked_at, past[number] if past else None)
            kept.append(keys_values)
        return self.norm(x), kept

    @torch.no_grad()
    def log_prob(self, features: np.ndarray | Tensor, modality: Modality, ids: Tensor, mask: Tensor) -> Tensor:
        """log p(sentence | item), natural logarithm, float32.

        features (N, T, F); ids int64 and mask bool (N, L), bos ... eos as the tokenizer gives them -> (N,);
        or (N, C, L), C sentences of each item -> (N, C).
        """
        was_training = self.training
        self.eval()
        table, marks = (part if part.ndim == 3 else part.unsqueeze(1) for part in (ids, mask))
        parts = []
        for start in range(0, len(table), ITEMS_AT_ONCE):
            rows = slice(start, start + ITEMS_AT_ONCE)
            parts.append(self._score(self.remember(features[rows], modality), table[rows], marks[rows]))
        self.train(was_training)
        scores = torch.cat(parts) if parts else torch.empty(table.shape[:2], device=self.device)
        return scores if ids.ndim == 3 else scores.squeeze(1)

    def _score(self, memory: Memory, ids: Tensor, mask: Tensor) -> Tensor:
        ids, mask = ids.to(self.device), mask.to(self.device)
        steps = self(memory, ids[..., :-1]).log_softmax(-1).gather(-1, ids[..., 1:].unsqueeze(-1)).squeeze(-1)
        return steps.masked_fill(~mask[..., 1:], 0).sum(-1)

    @torch.no_grad()
    def generate(
        self,
        features: np.ndarray | Tensor,
        modality: Modality,
        count: int,
        seed: int,
        *,
        keys: Sequence[str] | None = None,
        temperature: float = 0.9,
        top_p: float = 0.9,
        turns: int = 4,
    ) -> list[list[str]]:
        """At most `count` different sentences for each of N items (N, T, F), in the order they were drawn.

        `keys` (N,), by default the positions, name the items: seed and key alone decide an item's random numbers, so
        neither the batch nor the order of items matters. Degenerate and repeated sentences are dropped and drawn again,
        in `turns` turns at most.
        """
        if self.tokenizer is None:
            raise ConfigError("This captioner was loaded without its tokenizer and cannot write; set `tokenizer`.")
        if keys is not None and len(keys) != len(features):
            raise ConfigError(f"generate needs a key an item: {len(features)}, not {len(keys)}.")
        if count < 1 or turns < 1 or temperature <= 0 or not 0 < top_p <= 1:
            raise ConfigError("generate needs count and turns of 1 or more, temperature above 0, top_p in (0, 1].")
        names = list(keys) if keys is not None else [str(position) for position in range(len(features))]
        was_training = self.training
        self.eval()
        written: list[list[str]] = []
        for start in range(0, len(names), ITEMS_AT_ONCE):
            rows = slice(start, start + ITEMS_AT_ONCE)
            memory = self.remember(features[rows], modality)
            found: list[dict[str, None]] = [{} for _ in names[rows]]  # dictionaries keep the order of drawing
            for turn in range(turns):
                lacking = [place for place, texts in enumerate(found) if len(texts) < count]
                if not lacking:
                    break
                shape = (count, self.config.max_tokens - 1)
                draws = np.stack([uniform_draws(seed, turn, names[start + place], shape) for place in lacking])
                part = memory.take(torch.tensor(lacking, device=self.device))
                sentences = self._sample(part, torch.from_numpy(draws).to(self.device), temperature, top_p)
                for place, texts in zip(lacking, sentences, strict=True):
                    found[place].update(dict.fromkeys(texts))
            written += [list(texts)[:count] for texts in found]
        self.train(was_training)
        return written

    def _sample(self, memory: Memory, draws: Tensor, temperature: float, top_p: float) -> list[list[str]]:
        """Sentences of each item that are finished and worth keeping; draws uniform (I, C, L)."""
        assert self.tokenizer is not None
        last = torch.full(draws.shape[:2], BOS, device=self.device)
        done = torch.zeros_like(last, dtype=torch.bool)
        past: list[KeysValues] | None = None
        columns = []
        for position in range(draws.shape[2]):
            hidden, past = self.read(memory, last.unsqueeze(-1), past, position)
            logits = self.logits(hidden.squeeze(2))
            logits[..., [PAD, UNK, BOS]] = -torch.inf
            if position == 0:
                logits[..., EOS] = -torch.inf
            last = nucleus(logits, draws[..., position], temperature, top_p).masked_fill(done, PAD)
            columns.append(last)
            done |= last == EOS
            if bool(done.all()):
                break
        sentences: list[list[str]] = []
        for rows, finished in zip(torch.stack(columns, -1).tolist(), done.tolist(), strict=True):
            texts = [self.tokenizer.decode(row) for row, ended in zip(rows, finished, strict=True) if ended]
            sentences.append([text for text in texts if not is_degenerate(text)])
        return sentences
