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

from ace_core.retriever import kernels
from ace_core.retriever.frozen_encoder import Read
from ace_core.retriever.fusion import Fusion
from ace_core.retriever.matrices import Matrix, Precision, Stack, matrix, stacked
from ace_core.retriever.model import DecoderLayer
from ace_core.retriever.packing import Bias, Packing
from ace_core.retriever.short_attention import ROOM, Attention, attention, padded


@dataclass(frozen=True)
class TreeCache:
    """What the beams of B queries have written. A cache that was stepped on is used up: its arrays are written into.

    `keys`, `values`: room that `attention` gave for all layers, of which `written` places are in use.
    `sees` (B, W, room): 0 at the places that a beam continues, -inf elsewhere.
    `waiting` (B, P, W, d): inputs of the last P positions, which nobody has asked about yet.
    """

    attention: Attention | kernels.Attention
    keys: Tensor
    values: Tensor
    sees: Tensor
    waiting: Tensor
    written: int = 0

    @classmethod
    def empty(cls, attention: Attention | kernels.Attention, layers: int, beams: int, like: Tensor) -> TreeCache:
        """`like` (B, 1, d): a decoder input, for its device, number type and size."""
        keys, values = attention.room(layers, len(like), 2 * ROOM, like)
        sees = like.new_full((len(like), beams, 2 * ROOM), -torch.inf)
        return cls(attention, keys, values, sees, like.new_zeros(len(like), 0, beams, like.shape[-1]))

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
        keys, values = self.attention.roomier(self.keys, self.values, more)
        return replace(self, keys=keys, values=values, sees=F.pad(self.sees, (0, more), value=-torch.inf))


class FrozenLayer:
    """`DecoderLayer` without gradients, dropout and small steps."""

    def __init__(self, layer: DecoderLayer, precision: Precision) -> None:
        parts, out = layer.query_key_value, layer.attention_out
        up, down = cast(nn.Linear, layer.feed_forward[0]), cast(nn.Linear, layer.feed_forward[2])
        self.attention = attention(layer.heads, out.in_features // layer.heads, out.weight)
        self.query_key_value = matrix(parts.weight, parts.bias, precision, layer.attention_norm)
        self.attention_out = matrix(out.weight, out.bias, precision)
        self.fusion = FrozenFusion(layer.fusion, precision, layer.fusion_norm)
        self.up = matrix(up.weight, up.bias, precision, layer.feed_forward_norm)
        self.down = matrix(down.weight, down.bias, precision)

    def __call__(
        self, x: Tensor, places: Packing, sees: Bias | None, cache: TreeCache, index: int, read: Read
    ) -> Tensor:
        """x (R, d) of B queries of Q positions -> (R, d), in the `index`-th place of all layers.

        `sees` (B, Q, room): None where a position sees nothing but itself. Writes into the cache.
        """
        parts = self.query_key_value(x)
        keys, values = cache.keys[index], cache.values[index]
        self.attention.write(parts, places, keys, values, cache.written)
        if sees is None:
            mixed = parts[:, 2 * x.shape[1] :].contiguous()
        else:
            mixed = self.attention.attend(parts, places, keys, values, sees)[0]
        x = self.attention_out(mixed, x)
        x = self.fusion(x, places, read.keys[index], read.values[index], read.bias)
        return self.down(self.up.gelu(x), x)


class FrozenFusion:
    """`Fusion` with everything that the state is multiplied with in one matrix: coarse query, fine query, gates.

    E sources are read at once: with coarse fusion the first is the mixture, all others belong to the fine branch.
    """

    def __init__(self, fusion: Fusion, precision: Precision, norm: nn.RMSNorm) -> None:
        coarse, fine, gates = fusion.coarse, fusion.fine, fusion.gates
        branches = [branch for branch in (coarse, fine) if branch is not None]
        reading: list[nn.Linear] = [branch.query for branch in branches]
        self.queries = len(branches)
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
        first = branches[0].query
        self.attention = attention(branches[0].heads, first.out_features // branches[0].heads, first.weight, asking)
        self.read = stacked(reading, precision, norm)

    def __call__(self, x: Tensor, places: Packing, keys: Tensor, values: Tensor, bias: Bias) -> Tensor:
        """x (R, d) -> x and what it reads, (R, d), from one layer's keys, values and bias as in `Read`."""
        parts = self.read(x)
        answers = self.attention.attend(parts, places, keys, values, bias)  # (E, R, d)
        if self.coarse_out is not None and self.self_gate is not None:
            answer = self.coarse_out(answers[0])
            x = torch.addcmul(x, self.self_gate(answer).sigmoid_(), answer)
            answers = answers[1:]
        if self.fine_out is None:
            return x
        if self.gates is None and len(answers) == 1:
            return self.fine_out(answers[0], x)
        answers = self.fine_out(answers)
        if self.gates is not None:
            states = parts[:, self.queries * x.shape[1] :].view(len(x), len(answers), -1).transpose(0, 1)
            answers = self.gates(answers, states).sigmoid_().mul_(answers)
        return torch.add(x, answers.sum(dim=0), alpha=self.share)


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear


class FrozenDecoder:
    """All layers: positions in, states out."""

    def __init__(self, layers: nn.ModuleList, precision: Precision) -> None:
        self.layers = [FrozenLayer(cast(DecoderLayer, layer), precision) for layer in layers]

    def start(self, beams: int, like: Tensor) -> TreeCache:
        """An empty cache for `beams` beams a query; `like` (B, 1, d): a decoder input."""
        return TreeCache.empty(self.layers[0].attention, len(self.layers), beams, like)

    def __call__(self, x: Tensor, read: Read, cache: TreeCache, wanted: Tensor | None) -> tuple[Tensor, TreeCache]:
        """The newest position of W beams, x (B, W, d), and all that waited -> (B, W, d) and the longer cache.

        `wanted` bool (B, W): the beams whose states anybody will look at; None: all.
        """
        batch, beams = x.shape[:2]
        x, cache = cache.take(x)
        positions = x.shape[1]
        alone = not cache.written and positions == 1  # the very first token sees itself and nothing else
        sees = None if alone else Bias(cache.sees)
        places = Packing(batch, positions) if wanted is None else Packing.of(wanted.repeat(1, positions // beams))
        x = places.packed(x.reshape(batch * positions, -1))
        for index, layer in enumerate(self.layers):
            x = layer(x, places, sees, cache, index, read)
        return places.spread(x)[:, -beams:], cache.taken(beams)
