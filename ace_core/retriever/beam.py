"""Constrained beam search: writes only identifiers that exist and are allowed, for a batch of queries at once.

At every step each beam's children are gathered from the trie, their logits are normalised among themselves, and the
best `beams` of all continuations are kept. So log-probabilities over a whole (restricted) pool sum to one, a token that
is the only choice costs exactly nothing, and a beam as wide as the pool is exact.

Equal scores are settled towards the lower node, so towards the lower codes, always.

A beam whose prefix only one allowed item has is decided: nothing it could still write has a rival. On a CPU the model
is asked only of the beams that are not, and of none where every beam has one child alone. On other devices shapes are
fixed by the trie and the number of beams, and nothing is read back before the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ace_core.identifiers.trie import Restriction, Trie
from ace_core.retriever.beam_types import NONE, BeamResult, Continuations, Guide, Searchable, TracedStep
from ace_core.retriever.trace import trace_steps
from ace_core.training.precision import autocast as fast_precision

__all__ = ["NONE", "BeamResult", "Guide", "Search", "Searchable", "beam_search", "trace_steps"]

PRUNED_SHOWN = 5  # how many of the pruned continuations a trace keeps a step


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
    Raises `FloatingPointError` where logits are not finite.
    """
    if beams < 1:
        raise ValueError(f"A search needs at least one beam, not {beams}.")
    device = trie.leaf_items.device
    with _quietly(model, device, autocast):
        if encoded is None:
            encoded = model.encode(ids.to(device), mask.to(device))
        search = Search(model, trie, beams, restriction, guide, trace=trace, fixed=trace or device.type != "cpu")
        result, finite = search.run(encoded, len(ids))
        refuse_unless_finite(finite)
        return result


def refuse_unless_finite(finite: dict[int, Tensor]) -> None:
    """`finite`: whether the scores of each level asked for were, bool (); the only value a search reads back."""
    if finite and not bool(torch.stack(list(finite.values())).all()):
        level = next(level for level, good in finite.items() if not good)
        raise FloatingPointError(f"Logits at level {level} are not finite; the model's weights are damaged.")


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


@dataclass
class _Beams:
    """The W beams of B queries after some level, best first."""

    node: Tensor  # int64 (B, W) of depth `level`
    log_prob: Tensor  # float32 (B, W), -inf: no beam
    token_log_probs: Tensor  # float32 (B, W, L), 0 where nothing is written yet
    token: Tensor | None = None  # int64 (B, W), the last; None before the first
    row: Tensor | None = None  # int64 (B, W), where the model's cache holds what each beam continues


@dataclass(frozen=True)
class _Children:
    """Every child of every beam: (B, W, C)."""

    token: Tensor
    node: Tensor
    barred: Tensor  # bool: does not exist or is not allowed


class Search:
    """One search, level by level. `fixed`: shapes depend on nothing that only the device knows."""

    def __init__(
        self,
        model: Searchable,
        trie: Trie,
        beams: int,
        restriction: Restriction | None = None,
        guide: Guide | None = None,
        *,
        trace: bool = False,
        fixed: bool = False,
    ) -> None:
        self.model, self.trie, self.beams = model, trie, beams
        self.restriction, self.guide, self.trace, self.fixed = restriction, guide, trace, fixed

    def run(self, encoded: Any, queries: int) -> tuple[BeamResult, dict[int, Tensor]]:
        """The result, and by level whether its scores were finite."""
        device = self.trie.leaf_items.device
        beams = _Beams(
            node=torch.zeros((queries, 1), dtype=torch.int64, device=device),
            log_prob=torch.zeros((queries, 1), dtype=torch.float32, device=device),
            token_log_probs=torch.zeros((queries, 1, self.trie.length), dtype=torch.float32, device=device),
        )
        cache = self.model.start(encoded, 1)
        finite: dict[int, Tensor] = {}
        steps = []
        level = 0
        while level < self.trie.length:
            asked, wanted = self._asked(level, beams)
            if asked is not None and not asked.shape[1]:
                break  # every beam is decided
            children = self._children(level, beams)
            if level and beams.row is not None:
                cache = cache.reorder(_at(beams.row, asked))
            token = None if beams.token is None else _at(beams.token, asked)
            if self._forced(level, children, asked):
                cache = self.model.skip(encoded, cache, token, level)
                log_probs = torch.zeros(children.node.shape, dtype=torch.float32, device=device)
            else:
                hidden, cache = self.model.step(encoded, cache, token, level, wanted)
                log_probs, finite[level] = self._log_probs(level, hidden, children, asked)
            log_probs = log_probs.masked_fill_(children.barred, -torch.inf)
            beams, step = self._select(level, beams, children, log_probs, asked)
            if step is not None:
                steps.append(step)
            level += 1
        return self._result(level, beams, tuple(steps)), finite

    def _asked(self, level: int, beams: _Beams) -> tuple[Tensor | None, Tensor | None]:
        """Places int64 (B, W') of the beams that the model must be asked of, and which of them it must, bool (B, W').

        W' is the largest number of any query; a query with fewer is filled up with beams that are decided. None: all.
        """
        if self.fixed or (not level and (self.restriction or self.trie).size > 1):
            return None, None
        if self.restriction is None:
            below = self.trie.items_below(level, beams.node)
        else:
            below = self.restriction.items_below(level, beams.node)
        open_ = (below > 1) & (beams.log_prob > -torch.inf)
        counts = open_.sum(dim=1)
        width = int(counts.max())
        wanted = None if len(counts) == 1 or int(counts.min()) == width else open_
        if width == open_.shape[1]:
            return None, wanted
        asked = open_.long().argsort(dim=1, descending=True, stable=True)[:, :width]
        return asked, wanted if wanted is None else open_.gather(1, asked)

    def _children(self, level: int, beams: _Beams) -> _Children:
        token, node, allowed = self.trie.children(level, beams.node)
        if self.restriction is not None:
            allowed = allowed & (self.restriction.items_below(level + 1, node) > 0)
        return _Children(token, node, ~allowed)

    def _forced(self, level: int, children: _Children, asked: Tensor | None) -> bool:
        """Whether every beam has one child alone, so that the model need not say anything."""
        if self.fixed:
            prefix = 0 if self.restriction is None else len(self.restriction.prefix)
            return level < prefix or self.trie.branching[level] == 1
        if self.trie.branching[level] == 1 or (not level and self.restriction is None):
            return self.trie.branching[level] == 1
        return int(_at(children.barred.sum(dim=-1), asked).min()) == children.barred.shape[2] - 1

    def _log_probs(
        self, level: int, hidden: Tensor, children: _Children, asked: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities (B, W, C) of all children among those allowed, 0 below beams not asked of; all finite?"""
        token, barred = _at(children.token, asked), _at(children.barred, asked)
        logits = self.model.level_logits(level, hidden).float()
        scores = logits.gather(-1, token)
        checked = logits.sum()  # not a number, or infinite, as soon as one logit is
        if self.guide is not None:
            scores = scores + _at(self.guide.scores(level, children.node), asked)
            checked = checked + scores.masked_fill(barred, 0).sum()
        log_probs = scores.masked_fill_(barred, -torch.inf).log_softmax(dim=-1)  # one child: exactly 0
        if asked is not None:
            whole = torch.zeros(children.token.shape, device=log_probs.device)
            log_probs = whole.scatter_(1, asked.unsqueeze(-1).expand_as(token), log_probs)
        return log_probs, checked.isfinite()

    def _select(
        self, level: int, beams: _Beams, children: _Children, log_probs: Tensor, asked: Tensor | None
    ) -> tuple[_Beams, TracedStep | None]:
        """The best continuations of all beams, and what a trace says of them."""
        totals = beams.log_prob.unsqueeze(-1) + log_probs
        place = _best(totals, children.node, self.beams)
        kept = _pick(place, children, log_probs, totals)
        traced = None
        if self.trace:
            others = totals.flatten(1).scatter(1, place, -torch.inf).view_as(totals)
            traced = TracedStep(kept, _pick(_best(others, children.node, PRUNED_SHOWN), children, log_probs, others))
        written = beams.token_log_probs
        written = written.gather(1, kept.parent.unsqueeze(-1).expand(-1, -1, written.shape[2]))
        written[:, :, level] = kept.token_log_prob
        row = kept.parent
        if asked is not None:
            places = torch.arange(asked.shape[1], device=asked.device).expand_as(asked)
            row = torch.zeros_like(beams.node).scatter_(1, asked, places).gather(1, kept.parent)
        return _Beams(kept.node, kept.log_prob, written, kept.token, row), traced

    def _result(self, level: int, beams: _Beams, steps: tuple[TracedStep, ...]) -> BeamResult:
        """Beams of depth `level`, each decided, into items, best first, always `beams` columns."""
        leaf = self.trie.leaf_range(level, beams.node)[0].int()
        if self.restriction is not None:
            leaf = self.restriction.next_leaf(leaf)
        log_prob = beams.log_prob
        found = log_prob > -torch.inf
        items = self.trie.leaf_items[leaf].masked_fill_(~found, NONE)
        codes = self.trie.leaf_codes(leaf).masked_fill_(~found.unsqueeze(-1), NONE)
        written = beams.token_log_probs.masked_fill(~found.unsqueeze(-1), -torch.inf)
        missing = self.beams - items.shape[1]
        if not missing:
            return BeamResult(items, log_prob, codes, written, steps)

        def fill(part: Tensor, value: float) -> Tensor:
            empty = part.new_full((len(part), missing, *part.shape[2:]), value)
            return torch.cat([part, empty], dim=1)

        return BeamResult(
            fill(items, NONE), fill(log_prob, -torch.inf), fill(codes, NONE), fill(written, -torch.inf), steps
        )


def _at(part: Tensor, places: Tensor | None) -> Tensor:
    """(B, W, ...) at places (B, W') -> (B, W', ...); None: as it is."""
    if places is None:
        return part
    if part.ndim == 2:
        return part.gather(1, places)
    return part.gather(1, places.unsqueeze(-1).expand(-1, -1, part.shape[2]))


def _best(totals: Tensor, node: Tensor, count: int) -> Tensor:
    """Places int64 (B, n) of the n = min(count, W C) largest of each query's (W, C), best first; ties to lower nodes.

    Log-probabilities are at most 0, so the bits of a float32 without its sign rise as it falls; with the node below
    them, no two of these numbers are equal.
    """
    flat = totals.flatten(1)
    ranks = (flat.view(torch.int32) & 0x7FFFFFFF).long().bitwise_left_shift_(32).bitwise_or_(node.flatten(1))
    return ranks.topk(min(count, flat.shape[1]), dim=1, largest=False).indices


def _pick(place: Tensor, children: _Children, log_probs: Tensor, totals: Tensor) -> Continuations:
    """The continuations at `place` (B, n) of the flattened (B, W, C)."""
    node, token, token_log_prob, total = (
        part.flatten(1).gather(1, place) for part in (children.node, children.token, log_probs, totals)
    )
    return Continuations(place // log_probs.shape[2], token, node, token_log_prob, total)
