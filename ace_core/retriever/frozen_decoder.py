"""The decoder made ready to be asked: one position of all beams at once, with as few and as large products as it has.

What the beams of a query have written is a tree, kept once: a beam sees the tokens that it continues, and itself. So
nothing is copied when beams are chosen anew, only who sees what.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.retriever.frozen_encoder import Memory, Read, per_head
from ace_core.retriever.fusion import Fusion
from ace_core.retriever.matrices import Matrix, Precision, Stack, matrix, stacked
from ace_core.retriever.model import DecoderLayer
from ace_core.retriever.packing import Packing
from ace_core.retriever.short_attention import (
    Rms,
    attend,
    fill_keys,
    fill_values,
    heads_first,
    heads_last,
    padded,
)


@dataclass(frozen=True)
class TreeCache:
    """What the beams of B queries have written. A cache that was stepped on is used up: its arrays are written into.

    `keys`, `values`: (layers, B H, e, room), (layers, B H, room, e), of which `written` places are in use.
    `sees` (B, W, room): 0 at the places that a beam continues, -inf elsewhere.
    `waiting` (B, P, W, d): inputs of the last P positions, which nobody has asked about yet.
    """

    keys: Tensor
    values: Tensor
    sees: Tensor
    waiting: Tensor
    written: int = 0

    @classmethod
    def empty(cls, layers: int, batch: int, beams: int, heads: int, like: Tensor) -> TreeCache:
        """`like` (B, 1, d): a decoder input, for its device, number type and size."""
        size, room = like.shape[-1] // heads, padded(1)
        keys = like.new_zeros(layers, batch * heads, size, room)
        values = like.new_zeros(layers, batch * heads, room, size)
        sees = like.new_full((batch, beams, room), -torch.inf)
        return cls(keys, values, sees, like.new_zeros(batch, 0, beams, like.shape[-1]))

    def reorder(self, parents: Tensor) -> TreeCache:
        """The cache of beams that continue `parents` int64 (B, W')."""
        sees = self.sees.gather(1, parents.unsqueeze(-1).expand(-1, -1, self.sees.shape[2]))
        places = parents[:, None, :, None].expand(-1, self.waiting.shape[1], -1, self.waiting.shape[3])
        return replace(self, sees=sees, waiting=self.waiting.gather(2, places))

    def wait(self, x: Tensor) -> TreeCache:
        """With one more position (B, W, d) that nobody asks about."""
        return replace(self, waiting=torch.cat([self.waiting, x.unsqueeze(1)], dim=1))

    def take(self, x: Tensor) -> tuple[Tensor, TreeCache]:
        """All positions not read yet, x (B, W, d) the last: (B, P W, d), and the cache with places for them.

        Rows of its `sees` are these positions, each seeing what came before it.
        """
        positions, beams = self.waiting.shape[1] + 1, x.shape[1]
        if positions > 1:
            x = torch.cat([self.waiting, x.unsqueeze(1)], dim=1).flatten(1, 2)
        grown = self._with_room(self.written + positions * beams)
        sees = grown.sees.repeat(1, positions, 1)
        for position in range(positions):
            rows = sees[:, position * beams :]  # a beam's later positions see this one too
            for later in range(positions - position):
                place = self.written + position * beams
                block = rows[:, later * beams : (later + 1) * beams, place : place + beams]
                block.diagonal(dim1=1, dim2=2).zero_()
        return x, replace(grown, sees=sees)

    def taken(self, beams: int) -> TreeCache:
        """After the positions given by `take` were read: only the newest of each beam goes on."""
        return replace(
            self,
            sees=self.sees[:, -beams:],
            waiting=self.waiting[:, :0, :1].expand(-1, -1, beams, -1),
            written=self.written + self.sees.shape[1],
        )

    def _with_room(self, places: int) -> TreeCache:
        more = padded(places) - self.sees.shape[2]
        if more <= 0:
            return self
        return replace(
            self,
            keys=F.pad(self.keys, (0, more)),
            values=F.pad(self.values, (0, 0, 0, more)),
            sees=F.pad(self.sees, (0, more), value=-torch.inf),
        )


class FrozenLayer:
    """`DecoderLayer` without gradients, dropout and small steps."""

    def __init__(self, layer: DecoderLayer, precision: Precision, dtype: torch.dtype) -> None:
        self.heads = layer.heads
        self.attention_norm = Rms(layer.attention_norm, dtype)
        self.query_key_value = matrix(layer.query_key_value.weight, layer.query_key_value.bias, precision)
        self.attention_out = matrix(layer.attention_out.weight, layer.attention_out.bias, precision)
        self.fusion_norm = Rms(layer.fusion_norm, dtype)
        self.fusion = FrozenFusion(layer.fusion, precision)
        self.feed_forward_norm = Rms(layer.feed_forward_norm, dtype)
        up, down = cast(nn.Linear, layer.feed_forward[0]), cast(nn.Linear, layer.feed_forward[2])
        self.up, self.down = matrix(up.weight, up.bias, precision), matrix(down.weight, down.bias, precision)

    def __call__(
        self,
        x: Tensor,
        places: Packing,
        sees: Tensor | None,
        cache: TreeCache,
        index: int,
        coarse: Memory | None,
        fine: Memory | None,
    ) -> Tensor:
        """x (R, d) of B queries of Q positions -> (R, d); writes keys and values into the `index`-th of the cache.

        `sees` (B H or 1, Q, room): None where a position sees nothing but itself.
        """
        parts = places.spread(self.query_key_value(self.attention_norm(x)))
        parts = parts.view(*parts.shape[:2], 3, self.heads, x.shape[1] // self.heads)
        keys, values = cache.keys[index], cache.values[index]
        fill_keys(keys, parts[:, :, 1], cache.written)
        fill_values(values, parts[:, :, 2], cache.written)
        if sees is None:
            mixed = parts[:, :, 2].flatten(2).flatten(0, 1)
        else:
            mixed = heads_last(attend(heads_first(parts[:, :, 0]), keys, values, sees), self.heads)
        x = self.attention_out(places.packed(mixed)).add_(x)
        x = self.fusion(self.fusion_norm(x), places, coarse, fine).add_(x)
        return self.down(self.up.gelu(self.feed_forward_norm(x))).add_(x)


class FrozenFusion:
    """`Fusion` with everything that the state is multiplied with in one matrix: coarse query, fine query, gates."""

    def __init__(self, fusion: Fusion, precision: Precision) -> None:
        self.coarse_out: Matrix | None = None
        self.self_gate: Matrix | None = None
        self.fine_out: Matrix | None = None
        self.gates: Stack | None = None
        reading: list[nn.Linear] = []
        if fusion.coarse is not None and fusion.self_gate is not None:
            reading.append(fusion.coarse.query)
            self.heads = fusion.coarse.heads
            self.coarse_out = matrix(fusion.coarse.out.weight, fusion.coarse.out.bias, precision)
            self.self_gate = matrix(fusion.self_gate.weight, fusion.self_gate.bias, precision)
        if fusion.fine is not None:
            reading.append(fusion.fine.query)
            self.heads = fusion.fine.heads
            self.fine_out = matrix(fusion.fine.out.weight, fusion.fine.out.bias, precision)
        self.experts = 1
        if fusion.gates is not None:
            self.experts = len(fusion.gates.of_state)
            self.gates = Stack(fusion.gates.of_answer.detach().transpose(1, 2).contiguous(), precision)
            of_state = nn.Linear(len(fusion.gates.bias[0]), fusion.gates.bias.numel(), device="meta")
            of_state.weight = nn.Parameter(fusion.gates.of_state.transpose(1, 2).flatten(0, 1))
            of_state.bias = nn.Parameter(fusion.gates.bias.flatten())
            reading.append(of_state)
        self.read = stacked(reading, precision)

    def __call__(self, y: Tensor, places: Packing, coarse: Memory | None, fine: Memory | None) -> Tensor:
        """y (R, d) -> (R, d)."""
        size = y.shape[1]
        parts = self.read(y)
        result: Tensor | None = None
        if coarse is not None and self.coarse_out is not None and self.self_gate is not None:
            answer = self.coarse_out(self._answer(parts[:, :size], places, coarse))
            result = self.self_gate(answer).sigmoid_().mul_(answer)
            parts = parts[:, size:]
        if fine is None or self.fine_out is None:
            return cast(Tensor, result)
        if self.gates is None:
            answer = self.fine_out(self._answer(parts[:, :size], places, fine))
            return answer if result is None else result.add_(answer)
        answers = self.fine_out(self._answers(parts[:, :size], places, fine))
        states = parts[:, size:].unflatten(1, (self.experts, size)).transpose(0, 1)
        mixed = self.gates(answers, states).sigmoid_().mul_(answers).sum(dim=0)
        share = self.experts**-0.5
        return mixed.mul_(share) if result is None else result.add_(mixed, alpha=share)

    def _answer(self, query: Tensor, places: Packing, memory: Memory) -> Tensor:
        """query (R, d) -> what the only source says to it, (R, d)."""
        asked = places.spread(query)
        asked = heads_first(asked.view(*asked.shape[:2], self.heads, query.shape[1] // self.heads))
        return places.packed(heads_last(attend(asked, memory.keys, memory.values, memory.bias), self.heads))

    def _answers(self, query: Tensor, places: Packing, memory: Memory) -> Tensor:
        """query (R, d) -> what each of E sources says to it, (E, R, d)."""
        asked = places.spread(query)
        batch, positions, size = *asked.shape[:2], query.shape[1] // self.heads
        asked = asked.view(batch, 1, positions, self.heads, size).transpose(2, 3).expand(-1, self.experts, -1, -1, -1)
        found = attend(asked.reshape(-1, positions, size), memory.keys, memory.values, memory.bias)
        found = found.view(batch, self.experts, self.heads, positions, size).permute(1, 0, 3, 2, 4)
        return places.packed(found.reshape(self.experts, batch * positions, query.shape[1]))


class FrozenDecoder:
    """All layers: positions in, states out."""

    def __init__(self, layers: nn.ModuleList, precision: Precision, dtype: torch.dtype) -> None:
        self.layers = [FrozenLayer(cast(DecoderLayer, layer), precision, dtype) for layer in layers]
        self.heads = self.layers[0].heads

    def __call__(self, x: Tensor, read: Read, cache: TreeCache, wanted: Tensor | None) -> tuple[Tensor, TreeCache]:
        """The newest position of W beams, x (B, W, d), and all that waited -> (B, W, d) and the longer cache.

        `wanted` bool (B, W): the beams whose states anybody will look at; None: all.
        """
        batch, beams = x.shape[:2]
        x, cache = cache.take(x)
        positions = x.shape[1]
        alone = not cache.written and positions == 1  # the very first token sees itself and nothing else
        sees = None if alone else per_head(cache.sees, self.heads)
        if wanted is None:
            places = Packing(torch.ones(batch, positions, dtype=torch.bool, device=x.device))
        else:
            places = Packing.of(wanted.repeat(1, positions // beams))
        x = places.packed(x.reshape(batch * positions, -1))
        for index, layer in enumerate(self.layers):
            x = layer(x, places, sees, cache, index, read.coarse[index], read.fine[index])
        return places.spread(x)[:, -beams:], cache.taken(beams)
