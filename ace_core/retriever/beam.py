"""Constrained beam search: writes only identifiers that exist and are allowed, for a batch of queries at once.

At every step each beam's children are gathered from the trie, their logits are normalised among themselves, and the
best `beams` of all continuations are kept. So log-probabilities over a whole (restricted) pool sum to one, a token that
is the only choice costs exactly nothing, and a beam as wide as the pool is exact.

Beams are held in the order of their nodes, so that equal scores are settled towards the lower node, always.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ace_core.identifiers.trie import Restriction, Trie
from ace_core.results import BeamNode, TraceStep
from ace_core.training.precision import autocast as fast_precision

NONE = -1  # item and tokens of a beam that found nothing
PRUNED_SHOWN = 5  # how many of the pruned continuations a trace keeps a step


class Searchable(Protocol):
    """What the search asks of a model; `Retriever` is one, and so is a table of logits."""

    training: bool

    def train(self, mode: bool = True) -> Any: ...
    def encode(self, ids: Tensor, mask: Tensor) -> Any: ...
    def start(self, encoded: Any, beams: int = 1) -> Any: ...
    def step(self, encoded: Any, cache: Any, tokens: Tensor | None, level: int) -> tuple[Tensor, Any]: ...
    def level_logits(self, level: int, hidden: Tensor) -> Tensor: ...


class Guide(Protocol):
    """Looks ahead: scores a prefix by what lies under it, for the batch of queries that is searched."""

    def scores(self, level: int, nodes: Tensor) -> Tensor:
        """For children `nodes` int64 (B, W, C) of depth `level` + 1: float (B, W, C), added to their logits.

        Where no child exists the node is 0 and its score is not read; all others must be finite.
        """
        ...


@dataclass(frozen=True)
class Continuations:
    """Some continuations of the beams of one step; all (B, W). `log_prob` is -inf where there is none."""

    parent: Tensor  # which beam of the step before
    token: Tensor
    node: Tensor  # of depth level + 1
    token_log_prob: Tensor  # log p(token | prefix, query)
    log_prob: Tensor  # log p(prefix and token | query)


@dataclass(frozen=True)
class TracedStep:
    kept: Continuations  # in the order of their nodes
    pruned: Continuations  # the best of the others, best first


@dataclass(frozen=True)
class BeamResult:
    """The best W = `beams` identifiers of B queries, best first. Natural logarithms."""

    items: Tensor  # int64 (B, W), -1: none
    log_probs: Tensor  # float32 (B, W), -inf: none
    codes: Tensor  # int64 (B, W, L), -1: none
    token_log_probs: Tensor  # float32 (B, W, L); sums to log_probs
    steps: tuple[TracedStep, ...] = ()  # one a level, when asked for


def beam_search(
    model: Searchable,
    ids: Tensor,
    mask: Tensor,
    trie: Trie,
    beams: int,
    restriction: Restriction | None = None,
    trace: bool = False,
    *,
    encoded: Any = None,
    autocast: bool = False,
    guide: Guide | None = None,
) -> BeamResult:
    """Search for queries ids int64 (B, T), mask bool (B, T), on the device where `model` and `trie` are.

    `guide`: what it says of children is added to their logits, before these are normalised among themselves.
    `encoded`: what `model.encode(ids, mask)` gave, where that was done before (to time it apart).
    `autocast` computes logits in bf16 where that is fast; probabilities are float32 always.
    """
    if beams < 1:
        raise ValueError(f"A search needs at least one beam, not {beams}.")
    device = trie.leaf_items.device
    with _quietly(model, device, autocast):
        if encoded is None:
            encoded = model.encode(ids.to(device), mask.to(device))
        return _search(model, encoded, len(ids), trie, beams, restriction, trace, guide)


@contextmanager
def _quietly(model: Searchable, device: torch.device, autocast: bool) -> Iterator[None]:
    """Without gradients and dropout; the model's mode is put back afterwards."""
    training = model.training
    model.train(False)
    try:
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            if autocast:
                stack.enter_context(fast_precision(device))
            yield
    finally:
        model.train(training)


def _search(
    model: Searchable,
    encoded: Any,
    queries: int,
    trie: Trie,
    beams: int,
    restriction: Restriction | None,
    trace: bool,
    guide: Guide | None,
) -> BeamResult:
    cache = model.start(encoded, 1)
    node = torch.zeros((queries, 1), dtype=torch.int64, device=trie.leaf_items.device)
    log_prob = torch.zeros(node.shape, dtype=torch.float32, device=node.device)
    codes = node.new_empty((*node.shape, 0))
    token_log_probs = log_prob.new_empty((*node.shape, 0))
    tokens: Tensor | None = None
    steps = []
    for level in range(trie.length):
        hidden, cache = model.step(encoded, cache, tokens, level)
        logits = model.level_logits(level, hidden).float()
        child_tokens, child_nodes, child_log_probs = _children(trie, level, node, logits, restriction, guide)
        totals = log_prob.unsqueeze(-1) + child_log_probs
        place = _best(totals.flatten(1), beams)
        kept = _pick(place, child_tokens, child_nodes, child_log_probs, totals)
        if trace:
            others = totals.flatten(1).scatter(1, place, -torch.inf).view_as(totals)
            rest = _ordered(others.flatten(1), PRUNED_SHOWN)
            steps.append(TracedStep(kept, _pick(rest, child_tokens, child_nodes, child_log_probs, others)))
        cache = cache.reorder(kept.parent)
        tokens, node, log_prob = kept.token, kept.node, kept.log_prob
        codes = _follow(codes, kept.parent, kept.token)
        token_log_probs = _follow(token_log_probs, kept.parent, kept.token_log_prob)
    return _result(trie, node, log_prob, codes, token_log_probs, beams, tuple(steps))


def _children(
    trie: Trie, level: int, node: Tensor, logits: Tensor, restriction: Restriction | None, guide: Guide | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens, nodes and log-probabilities (B, W, C) of the children of `node` (B, W), given logits (B, W, tokens).

    The softmax runs over children that exist and are allowed; -inf elsewhere.
    """
    tokens, nodes, allowed = trie.children(level, node)
    if restriction is not None:
        allowed = allowed & restriction.alive[level + 1][nodes]
    scores = logits.gather(-1, tokens)
    if guide is not None:
        scores = scores + guide.scores(level, nodes)
    scores = scores.masked_fill(~allowed, -torch.inf)
    log_probs = scores - scores.logsumexp(dim=-1, keepdim=True)  # one child: exactly 0
    if bool((log_probs.isnan() & allowed).any()):
        raise FloatingPointError(f"Logits at level {level} are not finite; the model's weights are damaged.")
    return tokens, nodes, log_probs.masked_fill(~allowed, -torch.inf)


def _best(totals: Tensor, count: int) -> Tensor:
    """Places int64 (B, W) of the W = min(count, n) largest of each row of (B, n), ascending; ties to lower places."""
    count = min(count, totals.shape[1])
    least = totals.topk(count, dim=1).values[:, -1:]
    above, equal = totals > least, totals == least
    room = count - above.sum(dim=1, keepdim=True)
    chosen = above | (equal & (equal.cumsum(dim=1) <= room))
    return chosen.nonzero()[:, 1].view(len(totals), count)


def _ordered(totals: Tensor, count: int) -> Tensor:
    """As `_best`, but best first."""
    place = _best(totals, count)
    return place.gather(1, totals.gather(1, place).sort(dim=1, descending=True, stable=True).indices)


def _pick(place: Tensor, tokens: Tensor, nodes: Tensor, log_probs: Tensor, totals: Tensor) -> Continuations:
    """The continuations at `place` (B, W') of the flattened (B, W, C)."""
    token, node, token_log_prob, total = (
        part.flatten(1).gather(1, place) for part in (tokens, nodes, log_probs, totals)
    )
    return Continuations(place // tokens.shape[2], token, node, token_log_prob, total)


def _follow(written: Tensor, parent: Tensor, new: Tensor) -> Tensor:
    """Beams' records (B, W, t) reordered by `parent` (B, W') and made one longer: (B, W', t + 1)."""
    rows = torch.arange(len(parent), device=parent.device).unsqueeze(1)
    return torch.cat([written[rows, parent], new.unsqueeze(-1)], dim=-1)


def _result(
    trie: Trie,
    leaf: Tensor,
    log_prob: Tensor,
    codes: Tensor,
    token_log_probs: Tensor,
    beams: int,
    steps: tuple[TracedStep, ...],
) -> BeamResult:
    """Leaves into items, best first, always `beams` columns."""
    order = log_prob.sort(dim=1, descending=True, stable=True).indices
    log_prob = log_prob.gather(1, order)
    rows = torch.arange(len(order), device=order.device).unsqueeze(1)
    found = log_prob > -torch.inf
    items = trie.leaf_items[leaf.gather(1, order)].masked_fill(~found, NONE)
    codes = codes[rows, order].masked_fill(~found.unsqueeze(-1), NONE)
    token_log_probs = token_log_probs[rows, order].masked_fill(~found.unsqueeze(-1), -torch.inf)
    missing = beams - items.shape[1]

    def fill(part: Tensor, value: float) -> Tensor:
        empty = part.new_full((len(part), missing, *part.shape[2:]), value)
        return torch.cat([part, empty], dim=1)

    return BeamResult(
        fill(items, NONE),
        fill(log_prob, -torch.inf),
        fill(codes, NONE),
        fill(token_log_probs, -torch.inf),
        steps,
    )


def trace_steps(result: BeamResult, row: int, trie: Trie) -> tuple[TraceStep, ...]:
    """The trace of query `row` with whole prefixes: what was kept, best first, then the best of the pruned."""
    steps: list[TraceStep] = []
    prefixes: list[tuple[int, ...]] = [()]  # of the kept beams of the step before, in the search's order
    shown: dict[int, int] = {}  # the search's order -> place in the step before's `nodes`
    for level, step in enumerate(result.steps):
        nodes: list[BeamNode] = []
        now: dict[int, int] = {}
        for part, kept in ((step.kept, True), (step.pruned, False)):
            scores = part.log_prob[row]
            for place in scores.sort(descending=True, stable=True).indices.tolist():
                if not bool(scores[place].isfinite()):
                    continue
                parent = int(part.parent[row, place])
                if kept:
                    now[place] = len(nodes)
                nodes.append(
                    BeamNode(
                        prefix=(*prefixes[parent], int(part.token[row, place])),
                        parent=shown[parent] if level else None,
                        log_prob=float(scores[place]),
                        token_probability=float(part.token_log_prob[row, place].exp()),
                        kept=kept,
                        items_below=int(trie.items_below(level + 1, part.node[row, place])),
                    )
                )
        parents, tokens = step.kept.parent[row].tolist(), step.kept.token[row].tolist()
        prefixes = [(*prefixes[parent], token) for parent, token in zip(parents, tokens, strict=True)]
        shown = now
        steps.append(TraceStep(level, tuple(nodes)))
    return tuple(steps)
