"""The query encoder made ready to be asked: read once a query, padding left out, everything the decoder needs stored.

Keys and values of every cross-attention of every decoder layer come out of one product, or two with both fusions.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.retriever.fusion import CrossAttention
from ace_core.retriever.matrices import Matrix, Precision, matrix, stacked
from ace_core.retriever.model import DecoderLayer, Retriever
from ace_core.retriever.packing import Bias, Packing
from ace_core.retriever.query_encoder import EncoderLayer, ScratchEncoder
from ace_core.retriever.short_attention import Rms, attention, padded
from ace_core.text import EOS


class Read(NamedTuple):
    """A batch of queries, read: all that the decoder needs of them.

    Every decoder layer has keys and values, as its attention lays them out, of E sources: the coarse mixture where
    there is one, then the encoder's layers where fusion is fine, or the last alone where there is neither.
    """

    keys: Tensor  # (layers, ...)
    values: Tensor  # (layers, ...)
    bias: Bias  # (B, 1, T'), -inf where there is no token
    start: Tensor  # (B, 1, d) the part of every decoder input that depends on the query alone

    @property
    def batch(self) -> int:
        return len(self.start)


class _Block:
    def __init__(self, layer: EncoderLayer, precision: Precision) -> None:
        width = layer.qkv.in_features
        self.attention = attention(layer.heads, width // layer.heads, layer.qkv.weight)
        self.qkv = matrix(layer.qkv.weight, layer.qkv.bias, precision, layer.before_attention)
        self.out = matrix(layer.out.weight, layer.out.bias, precision)
        up, down = cast(nn.Linear, layer.mlp[0]), cast(nn.Linear, layer.mlp[2])
        self.up = matrix(up.weight, up.bias, precision, layer.before_mlp)
        self.down = matrix(down.weight, down.bias, precision)

    def __call__(self, x: Tensor, tokens: Packing, keys: Tensor, values: Tensor, bias: Bias) -> Tensor:
        """x (R, width) -> (R, width), over the room for keys and values that all blocks share."""
        parts = self.qkv(x)
        self.attention.write(parts, tokens, keys, values)
        x = self.out(self.attention.attend(parts, tokens, keys, values, bias)[0], x)
        return self.down(self.up.gelu(x), x)


class _Scratch:
    """`ScratchEncoder` without its padding."""

    def __init__(self, encoder: ScratchEncoder, precision: Precision, dtype: torch.dtype) -> None:
        self.words, self.telling, self.norm = encoder.words, encoder.telling, encoder.norm
        self.position = encoder.position.detach()
        self.enter = matrix(encoder.enter.weight, encoder.enter.bias, precision)
        self.leave = matrix(encoder.leave.weight, None, precision)
        self.blocks = [_Block(cast(EncoderLayer, block), precision) for block in encoder.blocks]
        self.dtype = dtype

    def __call__(self, ids: Tensor, mask: Tensor, tokens: Packing) -> tuple[list[Tensor], Tensor]:
        """ids int64 (B, T), mask bool (B, T) -> one (R, size) a layer, and a summary (B, summary_size)."""
        if ids.shape[1] > len(self.position):
            raise ValueError(f"A query of {ids.shape[1]} tokens; this encoder reads at most {len(self.position)}.")
        words = self.words(ids)
        content = (mask & (ids > EOS)).unsqueeze(-1)
        bag = (words * self.telling(ids) * content).sum(1) / content.sum(1).clamp(min=1).sqrt()
        entered = tokens.spread(self.enter(tokens.packed(F.layer_norm(words, words.shape[-1:]).flatten(0, 1))))
        x = tokens.packed(entered.add_(self.position[: ids.shape[1]]).flatten(0, 1))
        room = padded(ids.shape[1])
        bias = Bias.of(mask, room, self.dtype)
        keys, values = (part[0] for part in self.blocks[0].attention.room(1, len(ids), room, x))
        states = []
        for block in self.blocks:
            x = block(x, tokens, keys, values, bias)
            states.append(x)
        mean = tokens.spread(self.norm(x)).mul_(mask.unsqueeze(-1)).sum(1)
        return states, bag + self.leave(mean / mask.sum(1, keepdim=True))


class FrozenEncoder:
    """Query encoder, and the keys and values that all decoder layers read of it, in one product a branch."""

    def __init__(self, model: Retriever, precision: Precision, dtype: torch.dtype) -> None:
        layers = [cast(DecoderLayer, layer) for layer in model.layers]
        self.layers, self.d_model, self.dtype = len(layers), model.config.d_model, dtype
        self.inner = model.encoder
        self.scratch = _Scratch(model.encoder, precision, dtype) if isinstance(model.encoder, ScratchEncoder) else None
        self.read = model.encoder.depth if model.config.coarse_fusion or model.config.fine_fusion else 1
        fusion = layers[0].fusion
        branches = int(fusion.coarse is not None) + (0 if fusion.fine is None else self.read)
        size = self.d_model // layers[0].heads
        self.attention = attention(layers[0].heads, size, model.start_vector, [0] * branches)
        norms = [cast(nn.RMSNorm, norm) for norm in model.memory.norms][-self.read :]
        self.norm = Rms(torch.stack([norm.weight for norm in norms]).unsqueeze(1), norms[0].eps)
        mix = model.memory.mix
        self.mix = None if mix is None else matrix(mix.weight, mix.bias, precision)
        self.coarse = _key_values([layer.fusion.coarse for layer in layers], precision)
        self.fine = _key_values([layer.fusion.fine for layer in layers], precision)
        summary = model.read_summary
        self.read_summary = None if summary is None else matrix(summary.weight, None, precision)

    def __call__(self, ids: Tensor, mask: Tensor) -> Read:
        """ids int64 (B, T), mask bool (B, T)."""
        mask = mask.clone()
        mask[:, 0] = True  # a query without a token would have nothing to attend to
        if mask.device.type == "cpu":
            longest = int(mask.any(dim=0).nonzero()[-1]) + 1
            ids, mask = ids[:, :longest], mask[:, :longest]
        tokens = Packing.of(mask)
        states, summary = self._states(ids, mask, tokens)
        sources = self.norm(torch.stack(states[-self.read :]))  # (S, R, size)
        both = [] if self.fine is None else [self.fine(sources)]
        if self.mix is not None and self.coarse is not None:
            both.insert(0, self.coarse(self.mix(sources.transpose(0, 1).flatten(1))).unsqueeze(0))
        room = padded(tokens.places)
        keys, values = self.attention.room(self.layers, len(ids), room, both[0])
        self.attention.remember(torch.cat(both) if len(both) > 1 else both[0], tokens, keys, values)
        bias = Bias.of(mask, room, self.dtype)
        if self.read_summary is None:
            start = torch.zeros(len(ids), 1, self.d_model, dtype=self.dtype, device=ids.device)
        else:
            start = self.read_summary(F.normalize(summary.float(), dim=-1).to(self.dtype)).unsqueeze(1)
        return Read(keys, values, bias, start)

    def _states(self, ids: Tensor, mask: Tensor, tokens: Packing) -> tuple[list[Tensor], Tensor]:
        if self.scratch is not None:
            return self.scratch(ids, mask, tokens)
        states, summary = self.inner(ids, mask)
        return [tokens.packed(state.flatten(0, 1)) for state in states], summary


def _key_values(parts: list[CrossAttention | None], precision: Precision) -> Matrix | None:
    """One matrix for the keys and values of all layers; None where no layer has this branch."""
    there = [part.key_value for part in parts if part is not None]
    return stacked(there, precision) if there else None
