"""The query encoder made ready to be asked: read once a query, padding left out, everything the decoder needs stored.

Keys and values of every cross-attention of every decoder layer come out of one product (two with both fusions on).
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.retriever.matrices import Precision, matrix, stacked
from ace_core.retriever.model import DecoderLayer, Retriever
from ace_core.retriever.packing import Packing
from ace_core.retriever.query_encoder import EncoderLayer, ScratchEncoder
from ace_core.retriever.short_attention import ROOM, Rms, attend, heads_first, heads_last, padded
from ace_core.text import EOS


class Memory(NamedTuple):
    """Keys (B E H, e, T') and values (B E H, T', e) of E sources, and what may be seen of them (B E H or 1, 1, T')."""

    keys: Tensor
    values: Tensor
    bias: Tensor


class Read(NamedTuple):
    """A batch of queries, read: all that the decoder needs of them."""

    coarse: tuple[Memory | None, ...]  # one a decoder layer; None where the branch is off
    fine: tuple[Memory | None, ...]
    start: Tensor  # (B, 1, d) the part of every decoder input that depends on the query alone

    @property
    def batch(self) -> int:
        return len(self.start)


class _Block:
    def __init__(self, layer: EncoderLayer, precision: Precision) -> None:
        self.heads = layer.heads
        self.before_attention, self.before_mlp = layer.before_attention, layer.before_mlp
        self.qkv = matrix(layer.qkv.weight, layer.qkv.bias, precision)
        self.out = matrix(layer.out.weight, layer.out.bias, precision)
        up, down = cast(nn.Linear, layer.mlp[0]), cast(nn.Linear, layer.mlp[2])
        self.up, self.down = matrix(up.weight, up.bias, precision), matrix(down.weight, down.bias, precision)

    def __call__(self, x: Tensor, tokens: Packing, bias: Tensor) -> Tensor:
        """x (R, width), bias (B H or 1, 1, T or more) -> (R, width)."""
        parts = tokens.spread(self.qkv(self.before_attention(x)))
        parts = parts.view(*parts.shape[:2], 3, self.heads, x.shape[1] // self.heads)
        keys = parts[:, :, 1].permute(0, 2, 3, 1).reshape(-1, parts.shape[-1], parts.shape[1])
        values = heads_first(parts[:, :, 2])
        more = bias.shape[2] - keys.shape[2]
        if more:
            keys, values = F.pad(keys, (0, more)), F.pad(values, (0, 0, 0, more))
        mixed = attend(heads_first(parts[:, :, 0]), keys, values, bias)
        x = self.out(tokens.packed(heads_last(mixed, self.heads))).add_(x)
        return self.down(self.up.gelu(self.before_mlp(x))).add_(x)


class _Scratch:
    """`ScratchEncoder` without its padding."""

    def __init__(self, encoder: ScratchEncoder, precision: Precision, dtype: torch.dtype) -> None:
        self.words, self.telling, self.norm = encoder.words, encoder.telling, encoder.norm
        self.position = encoder.position.detach()
        self.enter = matrix(encoder.enter.weight, encoder.enter.bias, precision)
        self.leave = matrix(encoder.leave.weight, None, precision)
        self.blocks = [_Block(cast(EncoderLayer, block), precision) for block in encoder.blocks]
        self.heads = self.blocks[0].heads
        self.dtype = dtype

    def __call__(self, ids: Tensor, tokens: Packing) -> tuple[list[Tensor], Tensor]:
        """ids int64 (B, T) -> one (R, size) a layer, and a summary (B, summary_size)."""
        if ids.shape[1] > len(self.position):
            raise ValueError(f"A query of {ids.shape[1]} tokens; this encoder reads at most {len(self.position)}.")
        words = self.words(ids)
        content = (tokens.used & (ids > EOS)).unsqueeze(-1)
        bag = (words * self.telling(ids) * content).sum(1) / content.sum(1).clamp(min=1).sqrt()
        entered = tokens.spread(self.enter(tokens.packed(F.layer_norm(words, words.shape[-1:]).flatten(0, 1))))
        x = tokens.packed(entered.add_(self.position[: ids.shape[1]]).flatten(0, 1))
        bias = per_head(tokens.bias(max(ROOM, ids.shape[1]), self.dtype), self.heads)
        states = []
        for block in self.blocks:
            x = block(x, tokens, bias)
            states.append(x)
        mean = tokens.spread(self.norm(x)).mul_(tokens.used.unsqueeze(-1)).sum(1)
        return states, bag + self.leave(mean / tokens.used.sum(1, keepdim=True))


class FrozenEncoder:
    """Query encoder, memory and the stacked keys and values of all decoder layers."""

    def __init__(self, model: Retriever, precision: Precision, dtype: torch.dtype) -> None:
        layers = [cast(DecoderLayer, layer) for layer in model.layers]
        self.heads, self.layers, self.d_model, self.dtype = layers[0].heads, len(layers), model.config.d_model, dtype
        self.inner = model.encoder
        self.scratch = _Scratch(model.encoder, precision, dtype) if isinstance(model.encoder, ScratchEncoder) else None
        gated = layers[0].fusion.gates is not None
        norms = [Rms(cast(nn.RMSNorm, norm), dtype) for norm in model.memory.norms]
        self.norms = norms if gated or model.memory.mix is not None else norms[-1:]
        mix = model.memory.mix
        self.mix = None if mix is None else matrix(mix.weight, mix.bias, precision)
        coarse = [layer.fusion.coarse for layer in layers]
        fine = [layer.fusion.fine for layer in layers]
        self.coarse = stacked([part.key_value for part in coarse if part is not None], precision) if coarse[0] else None
        self.fine = stacked([part.key_value for part in fine if part is not None], precision) if fine[0] else None
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
        states, summary = self._states(ids, tokens)
        last = len(states) - len(self.norms)
        sources = [norm(state) for norm, state in zip(self.norms, states[last:], strict=True)]
        nothing: tuple[None, ...] = (None,) * self.layers
        coarse: tuple[Memory | None, ...] = nothing
        fine: tuple[Memory | None, ...] = nothing
        if self.mix is not None and self.coarse is not None:
            coarse = self._remember(self.coarse(self.mix(torch.cat(sources, dim=-1))).unsqueeze(0), tokens)
        if self.fine is not None:
            fine = self._remember(self.fine(torch.stack(sources)), tokens)
        if self.read_summary is None:
            start = torch.zeros(len(ids), 1, self.d_model, dtype=self.dtype, device=ids.device)
        else:
            start = self.read_summary(F.normalize(summary.float(), dim=-1).to(self.dtype)).unsqueeze(1)
        return Read(coarse, fine, start)

    def _states(self, ids: Tensor, tokens: Packing) -> tuple[list[Tensor], Tensor]:
        if self.scratch is not None:
            return self.scratch(ids, tokens)
        states, summary = self.inner(ids, tokens.used)
        return [tokens.packed(state.flatten(0, 1)) for state in states], summary

    def _remember(self, both: Tensor, tokens: Packing) -> tuple[Memory, ...]:
        """Keys and values (E, R, layers 2 d) -> one memory a layer."""
        sources, (batch, longest), room = len(both), tokens.used.shape, padded(tokens.used.shape[1])
        size = self.d_model // self.heads
        parts = tokens.spread(both).view(sources, batch, longest, self.layers, 2, self.heads, size)
        keys = both.new_zeros(self.layers, batch, sources, self.heads, size, room)
        values = both.new_zeros(self.layers, batch, sources, self.heads, room, size)
        keys[..., :longest] = parts[:, :, :, :, 0].permute(3, 1, 0, 4, 5, 2)
        values[..., :longest, :] = parts[:, :, :, :, 1].permute(3, 1, 0, 4, 2, 5)
        bias = per_head(tokens.bias(room, self.dtype), sources * self.heads)
        return tuple(
            Memory(key, value, bias) for key, value in zip(keys.flatten(1, 3), values.flatten(1, 3), strict=True)
        )


def per_head(bias: Tensor, heads: int) -> Tensor:
    """(B, Q, T) -> (B heads, Q, T); one query needs no copies."""
    return bias if len(bias) == 1 else bias.repeat_interleave(heads, dim=0)
