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
from ace_core.retriever.packing import Packing
from ace_core.retriever.query_encoder import EncoderLayer, ScratchEncoder
from ace_core.retriever.short_attention import ROOM, Rms, attend, heads_first, heads_last, padded
from ace_core.text import EOS


class Read(NamedTuple):
    """A batch of queries, read: all that the decoder needs of them.

    Every decoder layer has keys (B E H, e, T') and values (B E H, T', e) of E sources: the coarse mixture where there
    is one, then the encoder's layers where fusion is fine, or the last alone where there is neither.
    """

    keys: Tensor  # (layers, B E H, e, T')
    values: Tensor  # (layers, B E H, T', e)
    bias: Tensor  # (B E H or 1, 1, T'), -inf where there is no token
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

    def __call__(self, ids: Tensor, mask: Tensor, tokens: Packing) -> tuple[list[Tensor], Tensor]:
        """ids int64 (B, T), mask bool (B, T) -> one (R, size) a layer, and a summary (B, summary_size)."""
        if ids.shape[1] > len(self.position):
            raise ValueError(f"A query of {ids.shape[1]} tokens; this encoder reads at most {len(self.position)}.")
        words = self.words(ids)
        content = (mask & (ids > EOS)).unsqueeze(-1)
        bag = (words * self.telling(ids) * content).sum(1) / content.sum(1).clamp(min=1).sqrt()
        entered = tokens.spread(self.enter(tokens.packed(F.layer_norm(words, words.shape[-1:]).flatten(0, 1))))
        x = tokens.packed(entered.add_(self.position[: ids.shape[1]]).flatten(0, 1))
        bias = seen(mask, max(ROOM, ids.shape[1]), self.heads, self.dtype)
        states = []
        for block in self.blocks:
            x = block(x, tokens, bias)
            states.append(x)
        mean = tokens.spread(self.norm(x)).mul_(mask.unsqueeze(-1)).sum(1)
        return states, bag + self.leave(mean / mask.sum(1, keepdim=True))


class FrozenEncoder:
    """Query encoder, and the keys and values that all decoder layers read of it, in one product a branch."""

    def __init__(self, model: Retriever, precision: Precision, dtype: torch.dtype) -> None:
        layers = [cast(DecoderLayer, layer) for layer in model.layers]
        self.heads, self.layers, self.d_model, self.dtype = layers[0].heads, len(layers), model.config.d_model, dtype
        self.inner = model.encoder
        self.scratch = _Scratch(model.encoder, precision, dtype) if isinstance(model.encoder, ScratchEncoder) else None
        self.read = model.encoder.depth if model.config.coarse_fusion or model.config.fine_fusion else 1
        norms = [cast(nn.RMSNorm, norm) for norm in model.memory.norms][-self.read :]
        self.norm = Rms(torch.stack([norm.weight for norm in norms]).unsqueeze(1), norms[0].eps, dtype)
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
        keys, values = self._remember(torch.cat(both) if len(both) > 1 else both[0], tokens)
        bias = seen(mask, keys.shape[3], keys.shape[1] // len(ids), self.dtype)
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

    def _remember(self, both: Tensor, tokens: Packing) -> tuple[Tensor, Tensor]:
        """Of every source for all layers (E, R, layers 2 d): keys (layers, B E H, e, T') and values."""
        sources, batch, longest, room = len(both), tokens.batch, tokens.places, padded(tokens.places)
        size = self.d_model // self.heads
        parts = tokens.spread(both).view(sources, batch, longest, self.layers, 2, self.heads, size)
        keys = both.new_zeros(self.layers, batch, sources, self.heads, size, room)
        values = both.new_zeros(self.layers, batch, sources, self.heads, room, size)
        keys[..., :longest] = parts[:, :, :, :, 0].permute(3, 1, 0, 4, 5, 2)
        values[..., :longest, :] = parts[:, :, :, :, 1].permute(3, 1, 0, 4, 2, 5)
        return keys.flatten(1, 3), values.flatten(1, 3)


def _key_values(parts: list[CrossAttention | None], precision: Precision) -> Matrix | None:
    """One matrix for the keys and values of all layers; None where no layer has this branch."""
    there = [part.key_value for part in parts if part is not None]
    return stacked(there, precision) if there else None


def seen(mask: Tensor, room: int, heads: int, dtype: torch.dtype) -> Tensor:
    """mask bool (B, T) -> what may be seen, (B heads, 1, room): 0 at tokens, -inf elsewhere."""
    hidden = F.pad(~mask, (0, room - mask.shape[1]), value=True)
    bias = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, -torch.inf)
    return per_head(bias.unsqueeze(1), heads)


def per_head(bias: Tensor, heads: int) -> Tensor:
    """(B, Q, T) -> (B heads, Q, T); one query needs no copies."""
    return bias if len(bias) == 1 else bias.repeat_interleave(heads, dim=0)
