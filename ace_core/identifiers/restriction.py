"""Which part of a trie may be written: runs of neighbouring leaves, since every node owns a range of leaves.

How many allowed items lie below a node is the difference of two running counts, found by bisection among the runs: a
prefix is one run, a modality a few, k banned items at most k + 1 more. Nothing grows with the collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Runs:
    """Sorted, disjoint, non-empty ranges of leaves: first[j] .. end[j] - 1, int64 (K,) each."""

    first: np.ndarray
    end: np.ndarray

    @classmethod
    def all(cls, size: int) -> Runs:
        return cls(np.array([0]), np.array([size]))

    @classmethod
    def of_mask(cls, allowed: np.ndarray) -> Runs:
        """From bool (N,) by leaf."""
        edges = np.flatnonzero(np.diff(allowed, prepend=False, append=False))
        return cls(edges[0::2], edges[1::2])

    def within(self, first: int, end: int) -> Runs:
        """What of the runs lies in first .. end - 1."""
        return Runs(self.first.clip(first, end), self.end.clip(first, end))._real()

    def without(self, leaves: np.ndarray) -> Runs:
        """The runs with holes at `leaves`, sorted int64 (k,), each once."""
        run = np.searchsorted(self.first, leaves, side="right") - 1
        holes = leaves[(run >= 0) & (leaves < self.end[run])] if len(self.first) else leaves[:0]
        first, end = np.sort(np.append(self.first, holes + 1)), np.sort(np.append(self.end, holes))
        return Runs(first, end)._real()

    def _real(self) -> Runs:
        real = self.first < self.end
        return self if real.all() else Runs(self.first[real], self.end[real])


@dataclass(frozen=True, eq=False)
class Restriction:
    """The part of a trie that a search may write, on the trie's device.

    `first`, `end` int32 (K,): the runs of allowed leaves; `size`: how many items they hold;
    `prefix`: what every allowed identifier is known to begin with.
    """

    first: Tensor
    end: Tensor
    prefix: tuple[int, ...]
    size: int
    _first_leaf: tuple[Tensor, ...]  # of the trie
    _offset: Tensor  # (K + 1,): allowed leaves before a run, less the run's first leaf; entry 0 stands before all runs
    _stop: Tensor  # (K + 1,): `end` behind a zero

    @classmethod
    def of(cls, runs: Runs, first_leaf: Sequence[Tensor], prefix: tuple[int, ...]) -> Restriction:
        lengths = runs.end - runs.first
        offset = np.append(0, np.cumsum(lengths) - lengths - runs.first)
        arrays = (runs.first, runs.end, offset, np.append(0, runs.end))
        first, end, offset_, stop = (torch.from_numpy(a.astype(np.int32)).to(first_leaf[0].device) for a in arrays)
        return cls(first, end, prefix, int(lengths.sum()), tuple(first_leaf), offset_, stop)

    def runs(self) -> Runs:
        return Runs(*(part.cpu().numpy().astype(np.int64) for part in (self.first, self.end)))

    def items_below(self, depth: int, nodes: Tensor) -> Tensor:
        """How many allowed items carry the prefix of each of `nodes` int64 (...) of `depth`: int32 (...)."""
        row = self._first_leaf[depth]
        return self._before(row[nodes + 1]) - self._before(row[nodes])

    def next_leaf(self, leaves: Tensor) -> Tensor:
        """The first allowed leaf from each of `leaves` int32 (...) on; any leaf where there is none."""
        run = torch.searchsorted(self.end, leaves, right=True).clamp_(max=len(self.end) - 1)
        return torch.maximum(leaves, self.first[run])

    @cached_property
    def alive(self) -> tuple[Tensor, ...]:
        """alive[d] bool (n_d,), d = 0..L: the prefixes that allowed items have; as large as the trie."""
        return tuple(self._before(row[1:]) > self._before(row[:-1]) for row in self._first_leaf)

    def _before(self, leaves: Tensor) -> Tensor:
        """How many allowed leaves lie before each of `leaves` int32 (...)."""
        run = torch.searchsorted(self.first, leaves)
        return self._offset[run] + torch.minimum(leaves, self._stop[run])
