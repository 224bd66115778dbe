"""B queries of T places each, of which only some are in use: padding, or beams that nobody asks about."""

from __future__ import annotations

from typing import NamedTuple

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
