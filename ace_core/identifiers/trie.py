"""Which identifiers exist: a prefix tree in flat arrays, built in numpy, used in torch.

Identifiers are sorted once; then every node of the tree owns a contiguous range of them, so the whole tree is, per
depth, one row of child ranges and one row of tokens (compressed sparse rows), and what a search may write is a few runs
of leaves (`restriction.py`). Nothing is rebuilt, and nothing that a search does grows with the number of identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ace_core.errors import BundleError, QueryError
from ace_core.identifiers.restriction import Restriction, Runs

MOST_ITEMS = 2**31 - 2  # leaves and nodes are numbered in int32


class Trie:
    """A prefix tree of N identifiers of L tokens.

    Nodes of depth d (d = 0 root .. L leaves) are numbered 0..n_d-1 in the sorted order of their prefixes.
    `first_child[d]` int32 (n_d + 1,): children of node j are nodes first_child[d][j] .. first_child[d][j+1]-1 of d + 1.
    `last_token[d]` (n_{d+1},), int16 where tokens fit, else int32: the token that leads to each node of depth d + 1.
    `leaf_items` int64 (N,): leaf -> item position.
    """

    def __init__(
        self,
        level_sizes: Sequence[int],
        first_child: Sequence[Tensor],
        last_token: Sequence[Tensor],
        leaf_items: Tensor,
    ) -> None:
        self.level_sizes = tuple(int(size) for size in level_sizes)
        self.first_child = tuple(first_child)
        self.last_token = tuple(last_token)
        self.leaf_items = leaf_items
        self.length = len(self.level_sizes)
        self.size = len(leaf_items)
        self.branching = tuple(int((row[1:] - row[:-1]).max()) for row in self.first_child)
        leaves = [torch.arange(self.size + 1, dtype=torch.int32, device=leaf_items.device)]
        for row in reversed(self.first_child):
            leaves.append(leaves[-1][row])
        self._first_leaf = tuple(reversed(leaves))  # [d] (n_d + 1,): the leaves below each node are a range
        self._slots = tuple(torch.arange(width, device=leaf_items.device) for width in self.branching)
        self._item_leaves: Tensor | None = None

    @classmethod
    def build(cls, codes: np.ndarray | Tensor, level_sizes: Sequence[int]) -> Trie:
        """Build from identifiers, int64 (N, L), of the items at positions 0..N-1, with tokens below `level_sizes` (L,).

        Raises `ValueError` for a wrong shape, a token out of range, or an identifier that two items share.
        """
        table = _checked(np.asarray(codes), level_sizes)
        order = _sorting(table, level_sizes)
        table = table[order]
        # new[i, d]: identifier i has another prefix of length d + 1 than its predecessor.
        new = np.ones(table.shape, dtype=bool)
        np.logical_or.accumulate(table[1:] != table[:-1], axis=1, out=new[1:])
        if not new[:, -1].all():
            second = int(np.argmin(new[:, -1]))
            pair = sorted(order[second - 1 : second + 1].tolist())
            raise ValueError(
                f"Items {pair[0]} and {pair[1]} share the identifier {tuple(table[second].tolist())}; "
                "give every item its own, for example with assign_unique."
            )
        starts = [np.zeros(1, dtype=np.int64)] + [np.flatnonzero(column) for column in new.T]
        narrow = _token_type(level_sizes)
        first_child, last_token = [], []
        for depth in range(len(level_sizes)):
            here, below = starts[depth], starts[depth + 1]
            first_child.append(torch.from_numpy(np.searchsorted(below, np.append(here, len(table))).astype(np.int32)))
            last_token.append(torch.from_numpy(table[below, depth].astype(np.int32)).to(narrow))
        return cls(level_sizes, first_child, last_token, torch.from_numpy(order.astype(np.int64)))

    def nodes(self, depth: int) -> int:
        """How many different prefixes of `depth` tokens exist (n_d)."""
        return len(self._first_leaf[depth]) - 1

    def children(self, depth: int, nodes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Children of `nodes` int64 (...) of `depth` < L, in the order of their tokens.

        Returns tokens int64 (..., W), nodes of depth + 1 int64 (..., W) and exists bool (..., W), W = branching[depth];
        where nothing exists, token and node are 0.
        """
        row = self.first_child[depth]
        below = row[nodes].unsqueeze(-1) + self._slots[depth]
        exists = below < row[nodes + 1].unsqueeze(-1)
        below = below.masked_fill_(~exists, 0)
        return self.last_token[depth][below].long().masked_fill_(~exists, 0), below, exists

    def leaf_range(self, depth: int, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """First leaf and one past the last leaf below `nodes` (...), int64 each."""
        row = self._first_leaf[depth]
        return row[nodes].long(), row[nodes + 1].long()

    def items_below(self, depth: int, nodes: Tensor) -> Tensor:
        """How many items carry the prefix of each of `nodes` int64 (...) of `depth`: int64 (...)."""
        row = self._first_leaf[depth]
        return (row[nodes + 1] - row[nodes]).long()

    def find(self, prefix: Sequence[int]) -> tuple[int, int] | None:
        """(depth, node) of a prefix of 0..L tokens; None where no item carries it."""
        if len(prefix) > self.length:
            return None
        node = 0
        for depth, token in enumerate(prefix):
            if not 0 <= int(token) < self.level_sizes[depth]:
                return None
            start, end = self.first_child[depth][node : node + 2].tolist()
            siblings = self.last_token[depth][start:end]
            place = int(
                torch.searchsorted(siblings, torch.tensor(int(token), dtype=siblings.dtype, device=siblings.device))
            )
            if place == len(siblings) or int(siblings[place]) != token:
                return None
            node = start + place
        return len(prefix), node

    def restrict(
        self,
        items: np.ndarray | Tensor | Restriction | None = None,
        prefix: Sequence[int] = (),
        banned: Sequence[int] | np.ndarray = (),
    ) -> Restriction:
        """Keep only some items, those whose identifier begins with `prefix`, and none of the `banned` positions.

        `items`: bool (N,) by item position, an earlier restriction to narrow, or None for all. A mask costs one pass
        over the items; a prefix, banned items and an earlier restriction cost nothing that grows with them.
        Raises `QueryError` where no item is left.
        """
        found = self.find(prefix)
        if found is None:
            raise QueryError(f"No item's identifier begins with {tuple(prefix)}; choose a prefix that exists.")
        if isinstance(items, Restriction):
            runs, deeper = items.runs(), max(items.prefix, tuple(prefix), key=len)
        else:
            runs, deeper = self._runs(items), tuple(int(token) for token in prefix)
        depth, node = found
        first, end = self._first_leaf[depth][node : node + 2].tolist()
        runs = runs.within(first, end).without(self._leaves_of(banned))
        if not len(runs.first):
            raise QueryError(
                f"No allowed item's identifier begins with {tuple(prefix)}; widen the prefix or the filter."
            )
        return Restriction.of(runs, self._first_leaf, deeper)

    def leaf_codes(self, leaves: Tensor) -> Tensor:
        """The identifiers at leaves int64 (...): int64 (..., L)."""
        columns = []
        place = leaves.to(torch.int32)
        for depth in range(1, self.length + 1):
            node = torch.searchsorted(self._first_leaf[depth], place, right=True) - 1
            columns.append(self.last_token[depth - 1][node])
        return torch.stack(columns, dim=-1).long()

    def identifiers(self) -> Tensor:
        """Every item's identifier, int64 (N, L), by item position: what `build` was given."""
        columns = []
        for depth in range(1, self.length + 1):
            row = self._first_leaf[depth].long()
            columns.append(self.last_token[depth - 1].long().repeat_interleave(row[1:] - row[:-1]))
        codes = torch.empty((self.size, self.length), dtype=torch.int64, device=self.leaf_items.device)
        codes[self.leaf_items] = torch.stack(columns, dim=1)
        return codes

    def to(self, device: torch.device | str) -> Trie:
        """The same trie with its arrays on `device`."""
        if torch.device(device) == self.leaf_items.device:
            return self
        return Trie(
            self.level_sizes,
            [row.to(device) for row in self.first_child],
            [row.to(device) for row in self.last_token],
            self.leaf_items.to(device),
        )

    def arrays(self) -> dict[str, Tensor]:
        """Everything needed to rebuild the trie, by name."""
        named = {"level_sizes": torch.tensor(self.level_sizes, dtype=torch.int64), "leaf_items": self.leaf_items}
        for depth in range(self.length):
            named[f"first_child.{depth}"] = self.first_child[depth]
            named[f"last_token.{depth}"] = self.last_token[depth]
        return named

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Tensor]) -> Trie:
        """Rebuild from `arrays()`; raises `BundleError` where they are not those of a trie."""
        try:
            level_sizes = [int(size) for size in arrays["level_sizes"].tolist()]
            first_child = [arrays[f"first_child.{depth}"] for depth in range(len(level_sizes))]
            last_token = [arrays[f"last_token.{depth}"] for depth in range(len(level_sizes))]
            leaf_items = arrays["leaf_items"]
        except KeyError as error:
            raise BundleError(f"The trie lacks the array {error.args[0]!r}; build the bundle again.") from None
        nodes = 1
        for depth, (row, tokens) in enumerate(zip(first_child, last_token, strict=True)):
            _check_level(depth, row, tokens, nodes, level_sizes)
            nodes = len(tokens)
        integral = leaf_items.dtype == torch.int64 and leaf_items.ndim == 1
        if not level_sizes or not integral or len(leaf_items) != nodes:
            raise BundleError(f"The trie's leaf_items do not fit its {nodes} leaves; build the bundle again.")
        if not torch.equal(leaf_items.sort().values, torch.arange(nodes, device=leaf_items.device)):
            raise BundleError("The trie's leaf_items do not name every item exactly once; build the bundle again.")
        return cls(level_sizes, first_child, last_token, leaf_items)

    def _runs(self, items: np.ndarray | Tensor | None) -> Runs:
        if items is None:
            return Runs.all(self.size)
        mask = torch.as_tensor(items, device=self.leaf_items.device)
        if mask.dtype != torch.bool or mask.shape != (self.size,):
            raise ValueError(f"A restriction needs a bool mask ({self.size},), not {mask.dtype} {tuple(mask.shape)}.")
        return Runs.of_mask(mask[self.leaf_items].cpu().numpy())

    def _leaves_of(self, items: Sequence[int] | np.ndarray) -> np.ndarray:
        """Leaves of item positions, sorted, each once; int64."""
        wanted = np.unique(np.asarray(items, dtype=np.int64))
        if not len(wanted):
            return wanted
        if wanted[0] < 0 or wanted[-1] >= self.size:
            raise ValueError(
                f"Banned items must be positions from 0 to {self.size - 1}, not {wanted[0]}..{wanted[-1]}."
            )
        if self._item_leaves is None:
            leaves = torch.empty(self.size, dtype=torch.int32)
            leaves[self.leaf_items.cpu()] = torch.arange(self.size, dtype=torch.int32)
            self._item_leaves = leaves
        return np.sort(self._item_leaves[torch.from_numpy(wanted)].numpy().astype(np.int64))


def _token_type(level_sizes: Sequence[int]) -> torch.dtype:
    return torch.int16 if max(level_sizes) <= 2**15 else torch.int32


def _checked(codes: np.ndarray, level_sizes: Sequence[int]) -> np.ndarray:
    """`codes` in the narrowest type that holds them (narrow keys sort several times faster)."""
    if codes.ndim != 2 or not len(codes) or not codes.shape[1] or not np.issubdtype(codes.dtype, np.integer):
        raise ValueError(f"Identifiers must be integers (N, L) with N, L > 0, not {codes.dtype} {codes.shape}.")
    if codes.shape[1] != len(level_sizes):
        raise ValueError(f"Identifiers have {codes.shape[1]} tokens but {len(level_sizes)} level sizes were given.")
    if len(codes) > MOST_ITEMS:
        raise ValueError(f"A trie holds at most {MOST_ITEMS} identifiers, not {len(codes)}; split the collection.")
    bad = (codes < 0) | (codes >= np.asarray(level_sizes))
    if bad.any():
        item, level = np.argwhere(bad)[0]
        raise ValueError(
            f"Item {item} has token {codes[item, level]} at level {level}, outside 0..{level_sizes[level] - 1}."
        )
    return codes.astype(np.min_scalar_type(max(level_sizes) - 1))


def _sorting(table: np.ndarray, level_sizes: Sequence[int]) -> np.ndarray:
    """The order that sorts identifiers: by one number each where they fit into 63 bits, else column by column."""
    if np.prod(np.asarray(level_sizes, dtype=object)) >= 2**63:
        return np.lexsort(table.T[::-1])
    keys = np.zeros(len(table), dtype=np.int64)
    for column, size in zip(table.T, level_sizes, strict=True):
        keys *= size
        keys += column
    return np.argsort(keys)


def _check_level(depth: int, row: Tensor, tokens: Tensor, nodes: int, level_sizes: Sequence[int]) -> None:
    def damaged(what: str) -> BundleError:
        return BundleError(f"The trie's level {depth} is damaged ({what}); build the bundle again.")

    level_size = level_sizes[depth]
    narrow = _token_type(level_sizes)
    if row.dtype != torch.int32 or tokens.dtype != narrow or row.ndim != 1 or tokens.ndim != 1:
        raise damaged(f"arrays must be int32 and {str(narrow).removeprefix('torch.')}, of one dimension")
    if len(row) != nodes + 1 or not len(tokens) or int(row[0]) != 0 or int(row[-1]) != len(tokens):
        raise damaged("child ranges do not cover the next level")
    if not bool((row[1:] > row[:-1]).all()):
        raise damaged("child ranges are not increasing")
    if int(tokens.min()) < 0 or int(tokens.max()) >= level_size:
        raise damaged(f"a token is outside 0..{level_size - 1}")
    rising = torch.ones(len(tokens), dtype=torch.bool, device=tokens.device)
    rising[1:] = tokens[1:] > tokens[:-1]
    rising[row[:-1].long()] = True
    if not bool(rising.all()):
        raise damaged("the tokens of a node are not in order")
