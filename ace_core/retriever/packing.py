"""B queries of T places each, of which only some are in use: padding, or beams that nobody asks about."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

WORTH = 0.9  # leave places out where at most this share of them is used; moving rows about costs something too


class Packing(NamedTuple):
    """`used` bool (B, T). `rows` int64 (R,): where they are among B T; None: nothing is left out, R = B T."""

    used: Tensor
    rows: Tensor | None = None

    @classmethod
    def of(cls, used: Tensor) -> Packing:
        """Leaves places out on a CPU, where to know how many there are costs nothing, and where that saves work."""
        if used.device.type != "cpu" or int(used.sum()) > WORTH * used.numel():
            return cls(used)
        return cls(used, used.flatten().nonzero().squeeze(1))

    def packed(self, x: Tensor) -> Tensor:
        """(..., B T, n) -> (..., R, n)."""
        return x if self.rows is None else x.index_select(x.ndim - 2, self.rows)

    def spread(self, x: Tensor) -> Tensor:
        """(..., R, n) -> (..., B, T, n), zero where nothing was."""
        if self.rows is not None:
            room = x.new_zeros(*x.shape[:-2], self.used.numel(), x.shape[-1])
            x = room.index_copy_(x.ndim - 2, self.rows, x)
        return x.view(*x.shape[:-2], *self.used.shape, x.shape[-1])

    def bias(self, room: int, dtype: torch.dtype) -> Tensor:
        """(B, 1, room): 0 at used places, -inf elsewhere."""
        hidden = F.pad(~self.used, (0, room - self.used.shape[1]), value=True)
        return (
            torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, -torch.inf).unsqueeze(1)
        )
