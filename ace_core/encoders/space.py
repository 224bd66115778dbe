"""The joint space: a text tower and one head a modality over frozen feature tokens, all giving unit vectors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.layers import Block
from ace_core.errors import ConfigError
from ace_core.text import EOS
from ace_core.training.loop import LoopConfig

MAX_SCALE = 100.0  # of the cosine; CLIP's limit, so that training cannot sharpen itself to death


@dataclass(frozen=True)
class JointConfig:
    vocab_size: int
    feature_dimension: int  # F
    dimension: int = 256  # D
    modalities: tuple[Modality, ...] = MODALITIES
    queries: int = 8  # learnt questions each head asks the feature tokens
    text_width: int = 128  # of the transformer; the bag beside it has all D dimensions
    text_layers: int = 2
    text_heads: int = 4
    max_tokens: int = 48  # longest text, bos and eos included
    linear_heads: bool = False  # a matrix a modality instead of pooling: for ready vectors of a few thousand items
    dropout: float = 0.1  # in the heads
    feature_dropout: float = 0.0  # share of its input that a linear head does not see in training
    word_dropout: float = 0.1  # share of a training text's tokens that are left out
    texts_an_item: int = 2  # texts of one item in a batch
    mixed_share: float = 0.15  # of steps whose items are of all modalities
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the way from a start, of which the best is kept
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(steps=2000, batch_size=512, learning_rate=2e-3))

    # What may differ between spaces whose weights fit each other.
    TRAINING: ClassVar = (
        "loop",
        "dropout",
        "feature_dropout",
        "word_dropout",
        "texts_an_item",
        "mixed_share",
        "shares",
    )

    def __post_init__(self) -> None:
        unknown = set(self.modalities) - set(MODALITIES)
        if unknown or not self.modalities:
            raise ConfigError(f"JointConfig.modalities must be some of {', '.join(MODALITIES)}, not {self.modalities}.")
        if min(self.dimension, self.queries, self.texts_an_item) < 1 or self.text_width % self.text_heads:
            raise ConfigError("JointConfig: text_width must divide by text_heads; the other sizes be above 0.")
        if not self.shares or not all(0 <= share <= 1 for share in self.shares):
            raise ConfigError("JointConfig.shares must be one number or more, each from 0 to 1.")

    def same_shape(self, other: JointConfig) -> bool:
        """Whether the weights of one fit the other."""
        return replace(other, **{name: getattr(self, name) for name in self.TRAINING}) == self


class JointSpace(nn.Module):
    """Texts and items as unit vectors of D dimensions; `scale` x cosine is the logit of a match."""

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        self.config = config
        self.text = TextTower(config)
        head = LinearHead if config.linear_heads else FeatureHead
        self.heads = nn.ModuleDict({modality: head(config) for modality in config.modalities})
        self.log_scale = nn.Parameter(torch.tensor(1 / 0.07).log())

    def fingerprint(self) -> str:
        """sha256 of the weights."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=MAX_SCALE)

    def encode_text_ids(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids int64 (Q, T), mask bool (Q, T) as the tokenizer gives them -> float32 (Q, D), unit rows."""
        return functional.normalize(self.text(ids, mask).float(), dim=-1)

    def encode_features(self, features: Tensor, modality: Modality) -> Tensor:
        """Feature tokens (N, T, F) of one modality -> float32 (N, D), unit rows."""
        if modality not in self.heads:
            raise ConfigError(f"This joint space knows {', '.join(self.heads)}, not {modality}.")
        return functional.normalize(self.heads[modality](features.float()).float(), dim=-1)


class TextTower(nn.Module):
    """A bag of words beside a small transformer. The bag learns at once; the transformer adds order, from a whisper.

    With no layers it is the bag alone.
    """

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        dimension, width = config.dimension, config.text_width
        self.words = nn.Embedding(config.vocab_size, dimension)
        nn.init.normal_(self.words.weight, std=dimension**-0.5)
        self.telling = nn.Embedding(config.vocab_size, 1)  # how much a word counts in the bag
        nn.init.ones_(self.telling.weight)
        self.max_tokens = config.max_tokens
        self.blocks = nn.ModuleList(Block(width, config.text_heads) for _ in range(config.text_layers))
        if not config.text_layers:
            return
        self.position = nn.Parameter(0.01 * torch.randn(config.max_tokens, width))
        self.enter = nn.Linear(dimension, width)
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, dimension, bias=False)
        nn.init.normal_(self.leave.weight, std=0.1 * width**-0.5)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(Q, T) -> (Q, D), not yet of unit length."""
        if ids.shape[1] > self.max_tokens:
            raise ValueError(f"A text of {ids.shape[1]} tokens is over the limit of {self.max_tokens}.")
        words = self.words(ids)
        content = (mask & (ids > EOS)).unsqueeze(-1)
        bag = (words * self.telling(ids) * content).sum(1) / content.sum(1).clamp(min=1).sqrt()
        if not self.blocks:
            return bag
        x = self.enter(functional.layer_norm(words, words.shape[-1:])) + self.position[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, mask)
        mean = (self.norm(x) * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
        return bag + self.leave(mean)


class FeatureHead(nn.Module):
    """Attention pooling by a few learnt queries, then a projection with a small residual network."""

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        features, width = config.feature_dimension, config.dimension
        self.norm = nn.LayerNorm(features)
        self.attention = nn.Linear(features, config.queries, bias=False)
        self.project = nn.Linear(config.queries * features, width)
        self.refine = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, T, F) -> (N, D), not yet of unit length."""
        tokens = self.norm(features)
        shares = self.attention(tokens).float().softmax(dim=1)  # (N, T, queries): each query's look over the tokens
        pooled = torch.einsum("ntq,ntf->nqf", shares, tokens).flatten(1)
        x = self.project(pooled)
        return x + self.refine(x)


class LinearHead(nn.Module):
    """The mean feature token times a matrix."""

    def __init__(self, config: JointConfig) -> None:
        super().__init__()
        self.drop = nn.Dropout(config.feature_dropout)
        self.project = nn.Linear(config.feature_dimension, config.dimension)

    def forward(self, features: Tensor) -> Tensor:
        """(N, T, F) -> (N, D), not yet of unit length."""
        return self.project(self.drop(features.mean(dim=1)))
