"""What the retriever is asked for: the next token among those that exist under the true prefix, level by level.

The softmax is the very one that the search uses, so a level with one choice costs nothing. On top, all optional:
R-Drop (arXiv 2106.14448), label smoothing among what exists, and a teacher's probabilities over items, summed over the
subtree below each token.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ace_core.identifiers.trie import Trie
from ace_core.retriever.model import Retriever

Batch = dict[str, Tensor]


class Paths:
    """Where every item's identifier runs through the trie: `nodes` and `places` int64 (N, L).

    nodes[i, t] is the node of depth t that item i passes, places[i, t] which of that node's children comes next.
    """

    def __init__(self, trie: Trie) -> None:
        leaf = torch.empty_like(trie.leaf_items)
        leaf[trie.leaf_items] = torch.arange(trie.size, device=leaf.device)
        passed = []
        for depth in range(trie.length + 1):
            every = torch.arange(trie.nodes(depth), device=leaf.device)
            passed.append(torch.searchsorted(trie.leaf_range(depth, every)[1], leaf, right=True))
        self.nodes = torch.stack(passed[:-1], dim=1)
        first = [trie.first_child[depth][passed[depth]].long() for depth in range(trie.length)]
        self.places = torch.stack(passed[1:], dim=1) - torch.stack(first, dim=1)


def level_targets(
    trie: Trie,
    level: int,
    nodes: Tensor,
    places: Tensor,
    smoothing: float = 0.0,
    marginals: Tensor | None = None,
    distil: Tensor | float = 0.0,
) -> Tensor:
    """What should follow at `nodes` (B,) of `level`: probabilities over the children that exist, float32 (B, W).

    `marginals` (B, N + 1): running sums of a teacher's p(item) in the order of leaves, mixed in with the weight
    `distil`, one number or (B, 1); where the teacher gives a prefix nothing, the true token stands alone.
    """
    _, below, exists = trie.children(level, nodes)
    target = nn.functional.one_hot(places, exists.shape[1]).float()
    if smoothing:
        target = (1 - smoothing) * target + smoothing * exists / exists.sum(dim=1, keepdim=True)
    if marginals is None:
        return target
    mass = masses(trie, level, below, marginals).masked_fill(~exists, 0)
    total = mass.sum(dim=1, keepdim=True)
    taught = total > 1e-9
    soft = torch.where(taught, mass / total.clamp(min=1e-9), target.double()).float()
    return (1 - distil) * target + distil * soft


def running_marginals(trie: Trie, item_probabilities: Tensor) -> Tensor:
    """p(item) (B, N) -> running sums float64 (B, N + 1) in the order of leaves: a subtree's share is one difference."""
    in_leaf_order = item_probabilities.double()[:, trie.leaf_items]
    return nn.functional.pad(in_leaf_order.cumsum(dim=1), (1, 0))


def masses(trie: Trie, level: int, children: Tensor, marginals: Tensor) -> Tensor:
    """What items below `children` (B, W) of depth `level` + 1 have together, given running sums (B, N + 1): (B, W)."""
    first, end = trie.leaf_range(level + 1, children)
    return (marginals.gather(1, end) - marginals.gather(1, first)).clamp(min=0)


def child_log_probs(trie: Trie, level: int, nodes: Tensor, logits: Tensor, ahead: Tensor | None = None) -> Tensor:
    """Logits (B, tokens) at `nodes` (B,) -> log-probabilities float32 (B, W) of their children, 0 where none exists.

    `ahead` (B, N + 1): running sums of what the search looks ahead to; its logarithm is added to the logits.
    """
    tokens, below, exists = trie.children(level, nodes)
    scores = logits.float().gather(1, tokens)
    if ahead is not None:
        scores = scores + masses(trie, level, below, ahead).clamp(min=1e-30).log().float()
    return scores.masked_fill(~exists, -torch.inf).log_softmax(dim=1).masked_fill(~exists, 0.0)


def retriever_loss(
    model: Retriever, trie: Trie, batch: Batch, smoothing: float = 0.0
) -> tuple[Tensor, dict[str, float]]:
    """Mean over levels and examples; with R-Drop (`model.config.r_drop` > 0) over two passes, plus their divergence.

    batch: ids, mask (B, T), codes, nodes, places (B, L) and, with a teacher, item_targets (B, N) and distil (B, 1).
    Where the model looks ahead, it sees item_ahead (B, N) there, or else what the teacher says.
    """
    omega = model.config.r_drop
    passes = 2 if omega else 1
    logits = model(*(batch[name].repeat(passes, 1) for name in ("ids", "mask", "codes")))
    taught = batch.get("item_targets")
    marginals = None if taught is None else running_marginals(trie, taught)
    ahead = None
    if model.config.look_ahead != "none":
        ahead = running_marginals(trie, batch["item_ahead"]) if "item_ahead" in batch else marginals
    weight = batch.get("distil", 0.0)
    losses, divergences = [], []
    for level in range(trie.length):
        nodes = batch["nodes"][:, level]
        target = level_targets(trie, level, nodes, batch["places"][:, level], smoothing, marginals, weight)
        log_probs = [child_log_probs(trie, level, nodes, part, ahead) for part in logits[level].chunk(passes)]
        losses.append(torch.stack([-(target * part).sum(dim=1).mean() for part in log_probs]).mean())
        if omega:
            one, other = log_probs
            divergences.append(0.5 * ((one.exp() - other.exp()) * (one - other)).sum(dim=1).mean())
    loss = torch.stack(losses).mean()
    parts = {f"level_{level}": float(value.detach()) for level, value in enumerate(losses)}
    if not omega:
        return loss, parts
    divergence = torch.stack(divergences).mean()
    return loss + omega * divergence, parts | {"r_drop": float(divergence.detach())}
