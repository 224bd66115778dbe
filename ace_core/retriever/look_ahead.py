"""Looking ahead: a prefix is worth what lies under it, not what its own token says.

A token's logit knows the token, but a sentence seldom decides a neighbourhood: what it describes may lie in several. So
a node of the trie gets the logarithm of the summed exponentials of its items' scores (a marginal, as in tree softmax,
Morin and Bengio 2005), or of an approximation by fewer vectors:

    "items"     every item's own vector: exact, and as much memory and arithmetic as a flat index
    "children"  the mean vectors of the node's children, weighed by how many items each holds
    "means"     the node's own mean vector
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ace_core.errors import ConfigError
from ace_core.identifiers.trie import Restriction, Trie

Ahead = Literal["items", "children", "means"]


@dataclass(frozen=True)
class Sight:
    """What a batch of queries sees: for every depth from 1 to L, the score of every node, float32 (B, n_d)."""

    by_depth: tuple[Tensor, ...]

    def scores(self, level: int, nodes: Tensor) -> Tensor:
        """For children `nodes` int64 (B, W, C) of depth `level` + 1: float32 (B, W, C)."""
        table = self.by_depth[level]
        return table.gather(1, nodes.flatten(1)).view(nodes.shape)


class LookAhead:
    """The trie's nodes as vectors of the space that the queries' vectors are of."""

    def __init__(self, trie: Trie, vectors: np.ndarray | Tensor, scale: float, ahead: Ahead = "items") -> None:
        """vectors: float32 (N, D) by item position; `scale` times the inner product is an item's logit."""
        if ahead not in get_args(Ahead):
            raise ConfigError(f"There is no look-ahead {ahead!r}; known: {', '.join(get_args(Ahead))}.")
        self.trie, self.scale, self.ahead = trie, scale, ahead
        leaves = torch.as_tensor(vectors, dtype=torch.float32)[trie.leaf_items.cpu()].to(trie.leaf_items.device)
        self.ranges = [self._edges(depth) for depth in range(trie.length + 1)]
        self._among: dict[tuple[int, int], Tensor] = {}
        self.counts = [edges[1:] - edges[:-1] for edges in self.ranges]
        self.means = [self._means(depth, leaves) for depth in range(1, trie.length + 1)]

    def _edges(self, depth: int) -> Tensor:
        """First leaf of each node of `depth`, and N: int64 (n_d + 1,)."""
        nodes = torch.arange(self.trie.nodes(depth), device=self.trie.leaf_items.device)
        first, end = self.trie.leaf_range(depth, nodes)
        return torch.cat([first, end[-1:]])

    def _edges_among(self, below: int, depth: int) -> Tensor:
        """First node of depth `below` under each node of `depth`, and n_below: int64 (n_depth + 1,)."""
        if (below, depth) not in self._among:
            self._among[below, depth] = torch.searchsorted(self.ranges[below], self.ranges[depth])
        return self._among[below, depth]

    def _means(self, depth: int, leaves: Tensor) -> Tensor:
        edges = self.ranges[depth]
        sums = functional.pad(leaves.double().cumsum(dim=0), (0, 0, 1, 0))
        return ((sums[edges[1:]] - sums[edges[:-1]]) / self.counts[depth].unsqueeze(1)).float()

    def see(self, queries: Tensor, restriction: Restriction | None = None) -> Sight:
        """Node scores for queries' vectors float32 (B, D); what a restriction forbids counts nothing."""
        length = self.trie.length
        alive = None if restriction is None else restriction.alive
        if self.ahead == "items":
            leaf_scores = self._weighed(queries, length, alive)
            return Sight(tuple(self._gathered(leaf_scores, length, depth) for depth in range(1, length + 1)))
        found = []
        for depth in range(1, length + 1):
            looked_at = min(length, depth + (self.ahead == "children"))
            scores = self._weighed(queries, looked_at, alive)
            found.append(self._gathered(scores, looked_at, depth))
        return Sight(tuple(found))

    def _weighed(self, queries: Tensor, depth: int, alive: tuple[Tensor, ...] | None) -> Tensor:
        """log(items below) + scale x cosine with the mean, of every node of `depth`: float32 (B, n_d)."""
        scores = self.scale * queries.float() @ self.means[depth - 1].T + self.counts[depth].float().log()
        return scores if alive is None else scores.masked_fill(~alive[depth], -torch.inf)

    def _gathered(self, scores: Tensor, below: int, depth: int) -> Tensor:
        """log-sum-exp of the scores (B, n_below) of the nodes of depth `below` under each node of `depth`: (B, n_d)."""
        if below == depth:
            return scores.clamp(min=_LOWEST)
        peak = scores.amax(dim=1, keepdim=True)
        sums = functional.pad((scores - peak).double().exp().cumsum(dim=1), (1, 0))
        edges = self._edges_among(below, depth)
        share = (sums[:, edges[1:]] - sums[:, edges[:-1]]).clamp(min=1e-300)
        return (share.log() + peak).float().clamp(min=_LOWEST)


_LOWEST = -1e4  # in place of minus infinity, which a guide may not say
