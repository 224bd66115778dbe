"""The retriever: reads a query once, then writes an identifier, one token a level.

A pre-norm transformer. Each level of the identifier has its own token embedding and its own head; a decoder layer
attends to what was written (with a key/value cache), then to every layer of the query encoder (`fusion.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, cast

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from ace_core.config import load_config, save_config
from ace_core.errors import BundleError, ConfigError
from ace_core.retriever.fusion import EncoderMemory, Fusion, LayerMemory, attend, merge_heads, split_heads
from ace_core.retriever.look_ahead import Ahead
from ace_core.retriever.query_encoder import (
    HUB_FOLDER,
    HubEncoder,
    HubTokenizer,
    QueryTokenizer,
    ScratchEncoder,
)
from ace_core.training.state import save_weights

SCRATCH = "scratch"


@dataclass(frozen=True)
class RetrieverConfig:
    vocab_size: int  # of the query tokenizer; a Hugging Face encoder brings its own
    level_sizes: tuple[int, ...]  # (L,) how many tokens each level knows
    d_model: int = 256  # 0 only in a build's settings: the width of the joint space
    encoder_layers: int = 4
    encoder_width: int = 0  # of the encoder's layers; 0: d_model
    decoder_layers: int = 3
    heads: int = 4
    d_ff: int = 1024  # of the decoder
    dropout: float = 0.1
    coarse_fusion: bool = True
    fine_fusion: bool = True
    r_drop: float = 0.0  # omega, the weight of the consistency loss; 0: one pass
    encoder: str = SCRATCH  # or a Hugging Face name or folder
    max_query_tokens: int = 32
    summary: bool = True  # the decoder's input also holds one vector of the whole query, beside what fusion reads
    tie_heads: bool = False  # a level's head is the level's token embedding
    look_ahead: Ahead | Literal["none"] = "none"  # what a search adds to the decoder's logits (`look_ahead.py`)

    def __post_init__(self) -> None:
        if not self.level_sizes or min(self.level_sizes) < 1:
            raise ConfigError(f"RetrieverConfig.level_sizes must be positive numbers, not {self.level_sizes}.")
        for name in ("vocab_size", "encoder_layers", "decoder_layers", "heads", "d_ff", "max_query_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError(f"RetrieverConfig.{name} must be at least 1, not {getattr(self, name)}.")
        if self.d_model % self.heads:
            raise ConfigError(
                f"RetrieverConfig.heads must divide d_model; {self.heads} does not divide {self.d_model}."
            )
        if not 0 <= self.dropout < 1 or self.r_drop < 0:
            raise ConfigError("RetrieverConfig.dropout must be in [0, 1) and r_drop not negative.")


class Encoded(NamedTuple):
    """A batch of queries, read: all that the decoder needs of them."""

    mask: Tensor  # bool (B, 1, 1, T)
    layers: tuple[LayerMemory, ...]  # one a decoder layer
    start: Tensor  # (B, 1, d) the part of every decoder input that depends on the query alone

    @property
    def batch(self) -> int:
        return self.mask.shape[0]


@dataclass
class Cache:
    """Keys and values of what each beam has written: per decoder layer two (B, W, heads, t, d / heads)."""

    beams: int
    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def reorder(self, parents: Tensor) -> Cache:
        """The cache of beams that continue `parents` int64 (B, W')."""
        rows = torch.arange(len(parents), device=parents.device).unsqueeze(1)
        return Cache(parents.shape[1], [(keys[rows, parents], values[rows, parents]) for keys, values in self.layers])


class DecoderLayer(nn.Module):
    """Self-attention to what was written, fused cross-attention to the query, feed-forward; each pre-normed."""

    def __init__(self, config: RetrieverConfig, memory_size: int, encoder_depth: int) -> None:
        super().__init__()
        d_model = config.d_model
        self.heads, self.dropout = config.heads, config.dropout
        self.attention_norm = nn.RMSNorm(d_model)
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.attention_out = nn.Linear(d_model, d_model)
        self.fusion_norm = nn.RMSNorm(d_model)
        self.fusion = Fusion(
            d_model,
            memory_size,
            encoder_depth,
            config.heads,
            config.dropout,
            coarse=config.coarse_fusion,
            fine=config.fine_fusion,
        )
        self.feed_forward_norm = nn.RMSNorm(d_model)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, config.d_ff), nn.GELU(), nn.Linear(config.d_ff, d_model))
        self.drop = nn.Dropout(config.dropout)

    def remember(self, sources: Tensor, mixture: Tensor | None) -> LayerMemory:
        return self.fusion.remember(sources, mixture)

    def forward(self, x: Tensor, memory: LayerMemory, mask: Tensor) -> Tensor:
        """All L positions of one identifier a query: x (B, L, d)."""
        parts = self.query_key_value(self.attention_norm(x)).chunk(3, dim=-1)
        query, key, value = (split_heads(part, self.heads) for part in parts)
        dropout = self.dropout if self.training else 0.0
        before = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()
        mixed = attend(query, key, value, before, dropout)
        return self._rest(x, self.attention_out(merge_heads(mixed)), memory, mask)

    def step(
        self, x: Tensor, memory: LayerMemory, mask: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The newest position of W beams a query: x (B, W, d)."""
        parts = self.query_key_value(self.attention_norm(x)).chunk(3, dim=-1)
        query, key, value = (part.unflatten(-1, (self.heads, 1, -1)) for part in parts)  # (B, W, heads, 1, d / heads)
        if past is not None:
            key, value = torch.cat([past[0], key], dim=3), torch.cat([past[1], value], dim=3)
        mixed = attend(*(part.flatten(0, 1) for part in (query, key, value)))
        return self._rest(x, self.attention_out(mixed.flatten(1).unflatten(0, x.shape[:2])), memory, mask), (key, value)

    def _rest(self, x: Tensor, attended: Tensor, memory: LayerMemory, mask: Tensor) -> Tensor:
        x = x + self.drop(attended)
        x = x + self.drop(self.fusion(self.fusion_norm(x), memory, mask))
        return x + self.drop(self.feed_forward(self.feed_forward_norm(x)))


def _embedding(tokens: int, d_model: int) -> nn.Embedding:
    embedding = nn.Embedding(tokens, d_model)
    nn.init.normal_(embedding.weight, std=d_model**-0.5)
    return embedding


def _head(tokens: int, d_model: int) -> nn.Linear:
    head = nn.Linear(d_model, tokens)
    nn.init.normal_(head.weight, std=d_model**-0.5)
    nn.init.zeros_(head.bias)
    return head


class Retriever(nn.Module):
    """log p(identifier | query), level by level.

    `tokenizer` turns texts into ids for an encoder from scratch; a Hugging Face encoder brings its own.
    """

    def __init__(
        self, config: RetrieverConfig, tokenizer: QueryTokenizer | None = None, *, pretrained: bool = True
    ) -> None:
        """`pretrained` False: a Hugging Face encoder is only shaped, its weights come with the state dict."""
        super().__init__()
        self.config, self.tokenizer = config, tokenizer
        d_model, sizes = config.d_model, config.level_sizes
        self.encoder: ScratchEncoder | HubEncoder
        if config.encoder == SCRATCH:
            self.encoder = ScratchEncoder(
                config.vocab_size,
                config.max_query_tokens,
                d_model,
                config.encoder_width or d_model,
                config.encoder_layers,
                config.heads,
                config.dropout,
            )
        else:
            self.encoder = HubEncoder(config.encoder, pretrained=pretrained)
            self.tokenizer = HubTokenizer(config.encoder)
        size, depth = self.encoder.size, self.encoder.depth
        self.memory = EncoderMemory(depth, size, d_model, config.coarse_fusion)
        self.read_summary = nn.Linear(self.encoder.summary_size, d_model, bias=False) if config.summary else None
        self.start_vector = nn.Parameter(torch.randn(d_model) * d_model**-0.5)
        self.level_positions = nn.Parameter(torch.randn(len(sizes), d_model) * 0.02)
        embedded = sizes if config.tie_heads else sizes[:-1]  # the last token is never read, only scored
        self.level_embeddings = nn.ModuleList(_embedding(size, d_model) for size in embedded)
        self.layers = nn.ModuleList(DecoderLayer(config, size, depth) for _ in range(config.decoder_layers))
        self.final_norm = nn.RMSNorm(d_model)
        self.heads = nn.ModuleList(_head(size, d_model) for size in sizes)
        # The last token only tells equal identifiers apart: no prejudice at first.
        nn.init.normal_(cast(nn.Linear, self.heads[-1]).weight, std=1e-3)
        self.drop = nn.Dropout(config.dropout)
        if config.tie_heads:
            nn.init.normal_(cast(nn.Embedding, self.level_embeddings[-1]).weight, std=1e-3)
            for head, embedding in zip(self.heads, self.level_embeddings, strict=True):
                head.weight = embedding.weight

    @property
    def length(self) -> int:
        return len(self.config.level_sizes)

    def _decoder(self) -> list[DecoderLayer]:
        return [cast(DecoderLayer, layer) for layer in self.layers]

    def tokenize(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """ids int64 (Q, T), mask bool (Q, T), by the tokenizer that belongs to the encoder."""
        if self.tokenizer is None:
            raise ConfigError("This retriever has no tokenizer; give one when making or loading it.")
        return self.tokenizer.encode_batch(texts, max_tokens=self.config.max_query_tokens)

    def encode(self, ids: Tensor, mask: Tensor) -> Encoded:
        """Read queries, ids int64 (B, T), mask bool (B, T): keys and values of every cross-attention, once a query."""
        longest = int(mask.any(dim=0).nonzero().max()) + 1 if bool(mask.any()) else 1
        ids, mask = ids[:, :longest], mask[:, :longest].clone()
        mask[:, 0] = True  # a query without a token would have nothing to attend to
        states, summary = self.encoder(ids, mask)
        sources, mixture = self.memory(states)
        if self.read_summary is None:
            start = summary.new_zeros(len(ids), 1, self.config.d_model)
        else:
            start = self.read_summary(F.normalize(summary.float(), dim=-1)).unsqueeze(1)
        memories = tuple(layer.remember(sources, mixture) for layer in self._decoder())
        return Encoded(mask[:, None, None, :], memories, start)

    def forward(self, ids: Tensor, mask: Tensor, codes: Tensor) -> list[Tensor]:
        """Teacher forced: logits of level t given codes[:, :t]; a list of L tensors (B, level_sizes[t])."""
        encoded = self.encode(ids, mask)
        start = self.start_vector.expand(len(codes), 1, -1)
        written = [self.level_embeddings[t](codes[:, t : t + 1]) for t in range(self.length - 1)]
        x = self.drop(torch.cat([start, *written], dim=1) + self.level_positions + encoded.start)
        for layer, memory in zip(self._decoder(), encoded.layers, strict=True):
            x = layer(x, memory, encoded.mask)
        x = self.final_norm(x)
        return [self.level_logits(level, x[:, level]) for level in range(self.length)]

    def start(self, encoded: Encoded, beams: int = 1) -> Cache:
        """An empty cache for `beams` beams a query."""
        return Cache(beams)

    def step(
        self, encoded: Encoded, cache: Cache, tokens: Tensor | None, level: int, wanted: Tensor | None = None
    ) -> tuple[Tensor, Cache]:
        """One position: tokens int64 (B, W) of level - 1 (None at level 0) -> hidden (B, W, d) and the longer cache.

        `wanted` bool (B, W): the beams that anybody will look at. A hint to save work with, of no use here.
        """
        if tokens is None:
            x = self.start_vector.expand(encoded.batch, cache.beams, -1)
        else:
            x = self.level_embeddings[level - 1](tokens)
        x = self.drop(x + self.level_positions[level] + encoded.start)
        grown = []
        for index, (layer, memory) in enumerate(zip(self._decoder(), encoded.layers, strict=True)):
            x, pair = layer.step(x, memory, encoded.mask, cache.layers[index] if cache.layers else None)
            grown.append(pair)
        return self.final_norm(x), Cache(x.shape[1], grown)

    def skip(self, encoded: Encoded, cache: Cache, tokens: Tensor | None, level: int) -> Cache:
        """As `step`, where nobody asks what follows."""
        return self.step(encoded, cache, tokens, level)[1]

    def level_logits(self, level: int, hidden: Tensor) -> Tensor:
        """hidden (..., d) -> (..., level_sizes[level])."""
        return self.heads[level](hidden)

    def save(self, folder: Path) -> None:
        """Write config.json, weights.safetensors and, for a Hugging Face encoder, what it needs to be shaped again."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.save_encoder_shape(folder)
        save_config(self.config, folder / "config.json")
        save_weights(self, folder / "weights.safetensors")

    def save_encoder_shape(self, folder: Path) -> None:
        """Configuration and tokenizer of a Hugging Face encoder, into `folder`/encoder; else nothing."""
        if isinstance(self.encoder, HubEncoder):
            self.encoder.config.save_pretrained(folder / HUB_FOLDER)
            cast(HubTokenizer, self.tokenizer).inner.save_pretrained(folder / HUB_FOLDER)

    @classmethod
    def load(cls, folder: Path, tokenizer: QueryTokenizer | None = None) -> Retriever:
        """Read what `save` wrote; in eval mode. `BundleError` where weights and configuration do not fit."""
        folder = Path(folder)
        config = load_config(RetrieverConfig, folder / "config.json")
        if config.encoder != SCRATCH:
            config = replace(config, encoder=str(folder / HUB_FOLDER))
        model = cls(config, tokenizer, pretrained=False)
        try:
            model.load_state_dict(load_file(folder / "weights.safetensors"))
        except (OSError, RuntimeError) as error:
            raise BundleError(
                f"{folder / 'weights.safetensors'} does not fit its config.json ({str(error).splitlines()[0]})."
            ) from error
        return model.eval()
