"""B queries of T places each, of which only some are in use: padding, or beams that nobody asks about."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

WORTH = 0.9  # leave places out where at most this share of them is used; moving rows about costs something too


class Packing(NamedTuple):
    """`rows` int64 (R,): which of the B T places are in use; None: all, R = B T."""

    batch: int
    places: int
    rows: Tensor | None = None

    @classmethod
    def of(cls, used: Tensor) -> Packing:
        """bool (B, T). Leaves places out where that saves work, on a CPU, where counting them costs nothing."""
        if used.device.type != "cpu" or int(used.sum()) > WORTH * used.numel():
            return cls(len(used), used.shape[1])
        return cls(len(used), used.shape[1], used.flatten().nonzero().squeeze(1))

    def packed(self, x: Tensor) -> Tensor:
        """(..., B T, n) -> (..., R, n)."""
        return x if self.rows is None else x.index_select(x.ndim - 2, self.rows)

    def spread(self, x: Tensor) -> Tensor:
        """(..., R, n) -> (..., B, T, n), zero where nothing was."""
        if self.rows is not None:
            room = x.new_zeros(*x.shape[:-2], self.batch * self.places, x.shape[-1])
            x = room.index_copy_(x.ndim - 2, self.rows, x)
        return x.view(*x.shape[:-2], self.batch, self.places, x.shape[-1])


class Bias:
    """What places may see: `plain` (B, 1 or Q, room), 0 where they may, -inf elsewhere."""

    def __init__(self, plain: Tensor) -> None:
        self.plain = plain.contiguous()
        self._wide: dict[int, Tensor] = {}

    @classmethod
    def of(cls, mask: Tensor, room: int, dtype: torch.dtype) -> Bias:
        """mask bool (B, T): which of the keys are tokens; `room` >= T keys."""
        hidden = F.pad(~mask, (0, room - mask.shape[1]), value=True).unsqueeze(1)
        return cls(torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, -torch.inf))

    def per_head(self, heads: int) -> Tensor:
        """(B heads, 1 or Q, room); of one query (1, 1 or Q, room), which needs no copies."""
        if len(self.plain) == 1:
            return self.plain
        if heads not in self._wide:
            self._wide[heads] = self.plain.repeat_interleave(heads, dim=0)
        return self._wide[heads]
