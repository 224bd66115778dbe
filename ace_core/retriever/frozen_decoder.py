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

from ace_core.retriever.frozen_encoder import Read, per_head
from ace_core.retriever.fusion import Fusion
from ace_core.retriever.matrices import Matrix, Precision, Stack, matrix, stacked
from ace_core.retriever.model import DecoderLayer
from ace_core.retriever.packing import Packing
from ace_core.retriever.short_attention import (
    ROOM,
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
        size, room = like.shape[-1] // heads, 2 * ROOM
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
        self.attention_norm = Rms(layer.attention_norm.weight, layer.attention_norm.eps, dtype)
        self.query_key_value = matrix(layer.query_key_value.weight, layer.query_key_value.bias, precision)
        self.attention_out = matrix(layer.attention_out.weight, layer.attention_out.bias, precision)
        self.fusion_norm = Rms(layer.fusion_norm.weight, layer.fusion_norm.eps, dtype)
        self.fusion = FrozenFusion(layer.fusion, precision)
        self.feed_forward_norm = Rms(layer.feed_forward_norm.weight, layer.feed_forward_norm.eps, dtype)
        up, down = cast(nn.Linear, layer.feed_forward[0]), cast(nn.Linear, layer.feed_forward[2])
        self.up, self.down = matrix(up.weight, up.bias, precision), matrix(down.weight, down.bias, precision)

    def __call__(
        self, x: Tensor, places: Packing, sees: Tensor | None, cache: TreeCache, index: int, read: Read
    ) -> Tensor:
        """x (R, d) of B queries of Q positions -> (R, d), in the `index`-th place of all layers.

        `sees` (B H or 1, Q, room): None where a position sees nothing but itself. Writes into the cache.
        """
        parts = places.spread(self.query_key_value(self.attention_norm(x)))
        parts = parts.view(places.batch, places.places, 3, self.heads, x.shape[1] // self.heads)
        keys, values = cache.keys[index], cache.values[index]
        fill_keys(keys, parts[:, :, 1], cache.written)
        fill_values(values, parts[:, :, 2], cache.written)
        if sees is None:
            mixed = parts[:, :, 2].reshape(x.shape)
        else:
            mixed = heads_last(attend(heads_first(parts[:, :, 0]), keys, values, sees), self.heads)
        x = self.attention_out(places.packed(mixed)).add_(x)
        x = self.fusion(self.fusion_norm(x), places, read.keys[index], read.values[index], read.bias).add_(x)
        return self.down(self.up.gelu(self.feed_forward_norm(x))).add_(x)


class FrozenFusion:
    """`Fusion` with everything that the state is multiplied with in one matrix: coarse query, fine query, gates.

    E sources are read at once: with coarse fusion the first is the mixture, all others belong to the fine branch.
    """

    def __init__(self, fusion: Fusion, precision: Precision) -> None:
        coarse, fine, gates = fusion.coarse, fusion.fine, fusion.gates
        branches = [branch for branch in (coarse, fine) if branch is not None]
        reading: list[nn.Linear] = [branch.query for branch in branches]
        self.heads, self.queries = branches[0].heads, len(branches)
        self.coarse_out = self.self_gate = self.fine_out = cast(Matrix | None, None)
        if coarse is not None and fusion.self_gate is not None:
            self.coarse_out = matrix(coarse.out.weight, coarse.out.bias, precision)
            self.self_gate = matrix(fusion.self_gate.weight, fusion.self_gate.bias, precision)
        if fine is not None:
            self.fine_out = matrix(fine.out.weight, fine.out.bias, precision)
        self.gates: Stack | None = None
        sources = 0 if fine is None else 1
        if gates is not None:
            sources = len(gates.of_state)
            self.gates = Stack(gates.of_answer.transpose(1, 2).contiguous(), precision)
            reading.append(_linear(gates.of_state.transpose(1, 2).flatten(0, 1), gates.bias.flatten()))
        self.share = sources**-0.5 if sources else 1.0
        asking = [0] * (coarse is not None) + [self.queries - 1] * sources  # which of the queries asks each source
        self.asking = torch.tensor(asking, device=branches[0].query.weight.device)
        self.read = stacked(reading, precision)

    def __call__(self, y: Tensor, places: Packing, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        """y (R, d) -> (R, d), from one layer's keys, values and bias as in `Read`."""
        parts = self.read(y)
        asked, states = parts[:, : self.queries * y.shape[1]], parts[:, self.queries * y.shape[1] :]
        answers = self._answers(asked, places, keys, values, bias)  # (E, R, d)
        result: Tensor | None = None
        if self.coarse_out is not None and self.self_gate is not None:
            answer = self.coarse_out(answers[0])
            result = self.self_gate(answer).sigmoid_().mul_(answer)
            answers = answers[1:]
        if self.fine_out is None:
            return cast(Tensor, result)
        answers = self.fine_out(answers)
        if self.gates is None:
            mixed = answers[0]
        else:
            states = states.view(len(y), len(answers), -1).transpose(0, 1)
            mixed = self.gates(answers, states).sigmoid_().mul_(answers).sum(dim=0)
        return mixed.mul_(self.share) if result is None else result.add_(mixed, alpha=self.share)

    def _answers(self, query: Tensor, places: Packing, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        """Queries side by side (R, n d) -> what each of E sources says to its one, (E, R, d)."""
        batch, positions, sources = places.batch, places.places, len(self.asking)
        size = query.shape[1] // (self.queries * self.heads)
        asked = places.spread(query).view(batch, positions, self.queries, self.heads, size).permute(0, 2, 3, 1, 4)
        if sources > 1:
            asked = asked.index_select(1, self.asking)
        found = attend(asked.reshape(-1, positions, size), keys, values, bias)
        found = found.view(batch, sources, self.heads, positions, size).permute(1, 0, 3, 2, 4)
        return places.packed(found.reshape(sources, batch * positions, self.heads * size))


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear


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
        places = Packing(batch, positions) if wanted is None else Packing.of(wanted.repeat(1, positions // beams))
        x = places.packed(x.reshape(batch * positions, -1))
        for index, layer in enumerate(self.layers):
            x = layer(x, places, sees, cache, index, read)
        return places.spread(x)[:, -beams:], cache.taken(beams)
