"""Query encoders: token ids in, the hidden states of every layer out. From scratch, or any Hugging Face T5 or BERT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.retriever.fusion import merge_heads, split_heads

HUB_FOLDER = "encoder"  # inside a saved retriever: configuration and tokenizer of a Hugging Face encoder


class QueryTokenizer(Protocol):
    """What `ace_core.text.Tokenizer` and `HubTokenizer` have in common."""

    def encode_batch(self, texts: Sequence[str], max_tokens: int = 32) -> tuple[Tensor, Tensor]:
        """ids int64 (Q, T) and mask bool (Q, T), T the longest of the batch."""
        ...


class FeedForward(nn.Sequential):
    def __init__(self, d_model: int, d_ff: int, dropout: float) -> None:
        super().__init__(nn.Linear(d_model, d_ff), nn.GELU(), nn.Dropout(dropout), nn.Linear(d_ff, d_model))


class EncoderLayer(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    def __init__(self, d_model: int, heads: int, d_ff: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm = nn.RMSNorm(d_model)
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.attention_out = nn.Linear(d_model, d_model)
        self.feed_forward_norm = nn.RMSNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff, dropout)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (B, T, d), mask bool (B, 1, 1, T)."""
        parts = self.query_key_value(self.attention_norm(x)).chunk(3, dim=-1)
        query, key, value = (split_heads(part, self.heads) for part in parts)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
        x = x + self.drop(self.attention_out(merge_heads(mixed)))
        return x + self.drop(self.feed_forward(self.feed_forward_norm(x)))


class ScratchEncoder(nn.Module):
    """Token embedding + learned positions + transformer; the mean of a query's tokens is added to each of them."""

    def __init__(
        self, vocab_size: int, max_tokens: int, d_model: int, layers: int, heads: int, d_ff: int, dropout: float
    ) -> None:
        super().__init__()
        self.size, self.depth = d_model, layers
        self.token_embedding = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Parameter(torch.randn(max_tokens, d_model) * 0.02)
        self.bag = nn.Linear(d_model, d_model)
        self.layers = nn.ModuleList(EncoderLayer(d_model, heads, d_ff, dropout) for _ in range(layers))
        self.drop = nn.Dropout(dropout)
        nn.init.normal_(self.token_embedding.weight, std=d_model**-0.5)

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """ids int64 (B, T), mask bool (B, T) -> one (B, T, size) a layer."""
        if ids.shape[1] > len(self.positions):
            raise ValueError(f"A query of {ids.shape[1]} tokens; this encoder reads at most {len(self.positions)}.")
        tokens = self.token_embedding(ids)
        weight = mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weight).sum(dim=1, keepdim=True) / weight.sum(dim=1, keepdim=True).clamp(min=1)
        x = self.drop(tokens + self.positions[: ids.shape[1]] + self.bag(mean))
        states = []
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
            states.append(x)
        return states


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
        self.size, self.depth = int(self.config.hidden_size), int(self.config.num_hidden_layers)

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """ids int64 (B, T), mask bool (B, T) -> one (B, T, size) a layer, the embeddings left out."""
        output = self.model(input_ids=ids, attention_mask=mask.long(), output_hidden_states=True)
        return list(output.hidden_states[1:])


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
