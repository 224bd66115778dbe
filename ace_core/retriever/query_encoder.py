"""Query encoders: token ids in, the hidden states of every layer out. From scratch, or any Hugging Face T5 or BERT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.retriever.fusion import attend, merge_heads, split_heads
from ace_core.text import EOS

HUB_FOLDER = "encoder"  # inside a saved retriever: configuration and tokenizer of a Hugging Face encoder


class QueryTokenizer(Protocol):
    """What `ace_core.text.Tokenizer` and `HubTokenizer` have in common."""

    def encode_batch(self, texts: Sequence[str], max_tokens: int = 32) -> tuple[Tensor, Tensor]:
        """ids int64 (Q, T) and mask bool (Q, T), T the longest of the batch."""
        ...


class EncoderLayer(nn.Module):
    """Pre-norm transformer block with dropout; same names as the blocks of the joint space's text tower."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.before_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.before_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (B, T, width), mask bool (B, 1, 1, T)."""
        parts = self.qkv(self.before_attention(x)).chunk(3, dim=-1)
        query, key, value = (split_heads(part, self.heads) for part in parts)
        x = x + self.drop(
            self.out(merge_heads(attend(query, key, value, mask, self.dropout if self.training else 0.0)))
        )
        return x + self.drop(self.mlp(self.before_mlp(x)))


class ScratchEncoder(nn.Module):
    """A small transformer beside a weighted bag of words, which it joins in the summary.

    Same parts and names as the joint space's text tower, so that it can begin as a copy of it (`warm_start.py`).
    """

    def __init__(
        self, vocab_size: int, max_tokens: int, d_model: int, width: int, layers: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.size, self.summary_size, self.depth = width, d_model, layers
        self.words = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.words.weight, std=d_model**-0.5)
        self.telling = nn.Embedding(vocab_size, 1)  # how much a word counts in the bag
        nn.init.ones_(self.telling.weight)
        self.position = nn.Parameter(0.01 * torch.randn(max_tokens, width))
        self.enter = nn.Linear(d_model, width)
        self.blocks = nn.ModuleList(EncoderLayer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, d_model, bias=False)
        nn.init.normal_(self.leave.weight, std=0.1 * width**-0.5)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """ids int64 (B, T), mask bool (B, T) -> one (B, T, size) a layer, and a summary (B, summary_size)."""
        if ids.shape[1] > len(self.position):
            raise ValueError(f"A query of {ids.shape[1]} tokens; this encoder reads at most {len(self.position)}.")
        words = self.words(ids)
        content = (mask & (ids > EOS)).unsqueeze(-1)
        bag = (words * self.telling(ids) * content).sum(1) / content.sum(1).clamp(min=1).sqrt()
        x = self.enter(F.layer_norm(words, words.shape[-1:])) + self.position[: ids.shape[1]]
        states = []
        for block in self.blocks:
            x = block(x, mask[:, None, None, :])
            states.append(x)
        return states, bag + self.leave(_mean(self.norm(x), mask))


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """(B, T, d), bool (B, T) -> (B, d)."""
    return (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


class HubEncoder(nn.Module):
    """A Hugging Face text encoder (T5, mT5, BERT, RoBERTa...), by name or local folder.

    `pretrained` False builds it from its configuration alone, for weights that come from elsewhere.
    """

    def __init__(self, name: str, *, pretrained: bool = True) -> None:
        super().__init__()
        from transformers import AutoConfig

        self.config = _from_hub(AutoConfig.from_pretrained, name)
        kind = _model_kind(self.config, name)
        if pretrained:
            self.model: Any = _from_hub(kind.from_pretrained, name, use_safetensors=True)
        else:
            self.model = kind.from_config(self.config)
        self.size = self.summary_size = int(self.config.hidden_size)
        self.depth = int(self.config.num_hidden_layers)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """ids int64 (B, T), mask bool (B, T) -> one (B, T, size) a layer (no embeddings), and a summary (B, size)."""
        output = self.model(input_ids=ids, attention_mask=mask.long(), output_hidden_states=True)
        return list(output.hidden_states[1:]), _mean(output.hidden_states[-1], mask)


class HubTokenizer:
    """The tokenizer that belongs to a Hugging Face encoder."""

    def __init__(self, name: str) -> None:
        from transformers import AutoTokenizer

        self.inner: Any = _from_hub(AutoTokenizer.from_pretrained, name)

    def encode_batch(self, texts: Sequence[str], max_tokens: int = 32) -> tuple[Tensor, Tensor]:
        batch = self.inner(list(texts), padding=True, truncation=True, max_length=max_tokens, return_tensors="pt")
        return batch["input_ids"].long(), batch["attention_mask"].bool()


def _model_kind(config: Any, name: str) -> Any:
    from transformers import AutoModel, AutoModelForTextEncoding
    from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES

    if config.model_type in MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES:
        return AutoModelForTextEncoding
    if getattr(config, "is_encoder_decoder", False):
        raise ConfigError(f"The encoder {name!r} is a {config.model_type} model; choose a T5 or BERT kind.")
    return AutoModel


def _from_hub(load: Callable[..., Any], name: str, **options: Any) -> Any:
    """Load from a folder or the local cache; only then ask the hub."""
    if Path(name).is_dir():
        attempts: list[dict[str, Any]] = [{"local_files_only": True}]
    else:
        attempts = [{"local_files_only": True}, {}]
    reason: Exception | None = None
    for attempt in attempts:
        try:
            return load(name, **attempt, **options)
        except (OSError, ValueError) as error:
            reason = error
    first_line = str(reason).strip().splitlines()[0] if str(reason).strip() else type(reason).__name__
    raise ConfigError(
        f"The query encoder {name!r} could not be loaded ({first_line}); give 'scratch', a local folder with "
        "config.json, model.safetensors and a tokenizer, or a name that the model hub knows."
    )
