"""The models that are timed, of equal size and with random weights, which cost what learnt ones cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.retriever.model import Retriever, RetrieverConfig

CLIP_TOKENS = 77  # what CLIP's text tower always reads, however short the query
_CLIP_VOCABULARY = 49_408
_CLIP_START, _CLIP_END = 49_406, 49_407


@dataclass(frozen=True)
class Shape:
    """Of the sequence models: T5-small, which writes 4 code tokens of 256 for a query of 14 tokens with 10 beams."""

    d_model: int = 512
    layers: int = 6  # of the encoder, and of the decoder
    heads: int = 8
    d_ff: int = 2048
    query_tokens: int = 14
    beams: int = 10
    level_sizes: tuple[int, ...] = (256, 256, 256, 256)
    vocabulary: int = 4096  # of our query tokenizer


def retriever(shape: Shape, *, fused: bool) -> Retriever:
    """Ours: `fused` with the coarse and fine fusion (as shipped), else with T5's plain cross-attention."""
    config = RetrieverConfig(
        vocab_size=shape.vocabulary,
        level_sizes=shape.level_sizes,
        d_model=shape.d_model,
        encoder_layers=shape.layers,
        decoder_layers=shape.layers,
        heads=shape.heads,
        d_ff=shape.d_ff,
        coarse_fusion=fused,
        fine_fusion=fused,
    )
    return _as_shipped(Retriever(config).eval())


def t5(shape: Shape, vocabulary: int) -> Any:
    """Hugging Face's T5 of the same size, with one vocabulary for queries, specials and code tokens."""
    import transformers

    transformers.logging.set_verbosity_error()
    config = transformers.T5Config(
        vocab_size=vocabulary,
        d_model=shape.d_model,
        d_kv=shape.d_model // shape.heads,
        d_ff=shape.d_ff,
        num_layers=shape.layers,
        num_heads=shape.heads,
    )
    model = transformers.T5ForConditionalGeneration(config).eval()
    model.generation_config.decoder_start_token_id = 0
    return _as_shipped(model)


def _as_shipped(model: Any) -> Any:
    """With weights that 16 bits hold exactly, as those of every bundle are."""
    for parameter in model.parameters():
        parameter.data = parameter.data.half().float()
    return model


class ClipText(nn.Module):
    """The text tower of CLIP ViT-B/32, as open_clip builds it."""

    def __init__(self, dimension: int = 512, layers: int = 12, tokens: int = CLIP_TOKENS) -> None:
        super().__init__()
        from open_clip.transformer import TextTransformer

        self.dimension, self.layers = dimension, layers
        self.tower = TextTransformer(
            context_length=tokens,
            vocab_size=_CLIP_VOCABULARY,
            width=dimension,
            heads=max(1, dimension // 64),
            layers=layers,
            output_dim=dimension,
        )
        self.eval()

    def cut(self, tokens: int) -> ClipText:
        """The same tower for sentences of `tokens` tokens, start and end included."""
        weights = self.tower.state_dict()
        weights["positional_embedding"] = weights["positional_embedding"][:tokens]
        shorter = ClipText(self.dimension, self.layers, tokens)
        shorter.tower.load_state_dict(weights)
        return shorter

    def forward(self, ids: Tensor) -> Tensor:
        """ids int64 (Q, T), T as the tower was made for -> unit vectors (Q, D)."""
        return F.normalize(self.tower(ids).float(), dim=-1)


def clip_ids(words: Tensor, padded: bool) -> Tensor:
    """Words int64 (Q, T) between CLIP's start and end: int64 (Q, 77), or (Q, T + 2) where not `padded`.

    The tower is causal and reads its answer at the end token, so what comes after it changes nothing but the time.
    """
    edges = [words.new_full((len(words), 1), token) for token in (_CLIP_START, _CLIP_END)]
    ids = torch.cat([edges[0], words, edges[1]], dim=1)
    return F.pad(ids, (0, CLIP_TOKENS - ids.shape[1])) if padded else ids


def compact_text(dimension: int, vocabulary: int) -> JointSpace:
    """Our own text tower at its usual size, in a joint space of `dimension`."""
    return JointSpace(JointConfig(vocabulary, feature_dimension=8, dimension=dimension)).eval()


def parameters(model: nn.Module) -> int:
    return sum(part.numel() for part in model.parameters())


def megabytes(model: nn.Module) -> float:
    """Of parameters and buffers."""
    tensors = [*model.parameters(), *model.buffers()]
    return round(sum(part.numel() * part.element_size() for part in tensors) / 1e6, 1)
