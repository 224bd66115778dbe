"""Attention over few keys: three small products, which for a sentence and a beam cost less than one large kernel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ace_core.retriever import kernels
from ace_core.retriever.packing import Bias, Packing

ROOM = 16  # keys are padded to a multiple of this: shorter rows make the softmax slow on a CPU


def padded(keys: int) -> int:
    return -(-keys // ROOM) * ROOM


def attention(heads: int, size: int, like: Tensor, asking: Sequence[int] = (0,)) -> Attention | kernels.Attention:
    """The faster one for heads of `size` on the device and in the number type of `like`."""
    usual = like.device.type == "cpu" and like.dtype == torch.float32
    if usual and size % kernels.LANES == 0 and kernels.library() is not None:
        return kernels.Attention(heads, size, asking)
    return Attention(heads, size, asking, like.device)


class Attention:
    """Softmax attention of rows to E sources, each with keys (B E H, e, room) and values (B E H, room, e).

    Keys lie transposed, since that is how the product reads them fastest. `asking` (E): which of the queries that lie
    beside each other in a row asks each source.
    """

    def __init__(self, heads: int, size: int, asking: Sequence[int], device: torch.device) -> None:
        self.heads, self.size, self.sources = heads, size, len(asking)
        self.queries = max(asking) + 1
        self.asking = torch.tensor(list(asking), device=device)

    def room(self, layers: int, batch: int, places: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Keys (layers, B E H, e, places) and values (layers, B E H, places, e), zero."""
        each = batch * self.sources * self.heads
        return like.new_zeros(layers, each, self.size, places), like.new_zeros(layers, each, places, self.size)

    @staticmethod
    def roomier(keys: Tensor, values: Tensor, more: int) -> tuple[Tensor, Tensor]:
        """With `more` places behind those that there are."""
        return F.pad(keys, (0, more)), F.pad(values, (0, 0, 0, more))

    def write(self, parts: Tensor, places: Packing, keys: Tensor, values: Tensor, start: int = 0) -> None:
        """parts (R, 3 d): queries, keys and values of rows, of which keys and values are written from `start` on."""
        split = places.spread(parts).view(places.batch, places.places, 3, self.heads, self.size)
        end, each = start + places.places, (places.batch, self.heads)
        keys.view(*each, self.size, -1)[..., start:end] = split[:, :, 1].permute(0, 2, 3, 1)
        values.view(*each, -1, self.size)[:, :, start:end] = split[:, :, 2].transpose(1, 2)

    def remember(self, both: Tensor, places: Packing, keys: Tensor, values: Tensor) -> None:
        """both (E, R, layers 2 d): keys and values of every source for every layer, written from 0 on."""
        sources, batch, longest, layers = len(both), places.batch, places.places, len(keys)
        parts = places.spread(both).view(sources, batch, longest, layers, 2, self.heads, self.size)
        each = (layers, batch, sources, self.heads)
        keys.view(*each, self.size, -1)[..., :longest] = parts[:, :, :, :, 0].permute(3, 1, 0, 4, 5, 2)
        values.view(*each, -1, self.size)[..., :longest, :] = parts[:, :, :, :, 1].permute(3, 1, 0, 4, 2, 5)

    def attend(self, query: Tensor, places: Packing, keys: Tensor, values: Tensor, bias: Bias) -> Tensor:
        """query (R, n d or more), n queries beside each other, and one layer's keys and values -> (E, R, d)."""
        batch, positions = places.batch, places.places
        asked = places.spread(query[:, : self.queries * self.heads * self.size])
        asked = asked.view(batch, positions, self.queries, self.heads, self.size).permute(0, 2, 3, 1, 4)
        if self.sources > 1:
            asked = asked.index_select(1, self.asking)
        asked = asked.reshape(-1, positions, self.size)
        wide = bias.per_head(self.sources * self.heads)
        shares = torch.baddbmm(wide, asked, keys, alpha=self.size**-0.5).softmax(dim=-1)
        found = torch.bmm(shares, values).view(batch, self.sources, self.heads, positions, self.size)
        found = found.permute(1, 0, 3, 2, 4)
        return places.packed(found.reshape(self.sources, batch * positions, self.heads * self.size))


class Rms:
    """RMSNorm; in float32 by fewer and cheaper steps than torch takes."""

    def __init__(self, weight: Tensor, eps: float | None) -> None:
        """weight (d,), or with more dimensions before it for inputs (..., d) that have them; eps None: torch's."""
        size = weight.shape[-1]
        self.eps = torch.finfo(torch.float32).eps if eps is None else eps
        self.rounded = weight.detach() if weight.dtype != torch.float32 else None
        self.weight = weight.detach().float() * size**0.5
        self.floor = torch.tensor(size * self.eps, device=weight.device)

    def __call__(self, x: Tensor) -> Tensor:
        """x (..., d) -> (..., d)."""
        if self.rounded is not None:
            return torch.rms_norm(x, x.shape[-1:], None, self.eps).mul_(self.rounded)
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return (x * torch.addcmul(self.floor, length, length).rsqrt_()).mul_(self.weight)
