"""The texts that the retriever learns from, and how a batch of them is drawn.

Items are drawn uniformly, then one of the item's texts, so that no item is louder than another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ace_core.errors import TrainingError


@dataclass(frozen=True)
class TextPairs:
    """P texts and the item that each should find."""

    ids: Tensor  # int64 (P, T), padded on the right
    mask: Tensor  # bool (P, T)
    items: Tensor  # int64 (P,) item positions
    weights: Tensor  # float (P,) how often a text is drawn, relative to the item's others of its kind
    human: Tensor | None = None  # bool (P,) written by people; None: no such distinction


class PairSampler:
    """Draws items uniformly (those that have a text), then a text of each; no Python loop over examples."""

    def __init__(self, pairs: TextPairs, human_share: float) -> None:
        weights, items = pairs.weights.double().numpy(), pairs.items.numpy()
        human = np.zeros(len(items), dtype=bool) if pairs.human is None else pairs.human.numpy()
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise TrainingError("The weights of the training texts must be finite and not negative.")
        share = np.where(human, human_share, 1 - human_share)
        lonely = ~_has_both(items, human & (weights > 0), ~human & (weights > 0))
        share[lonely] = 1.0
        kind = items * 2 + human
        weights = weights * share / np.maximum(np.bincount(kind, weights)[kind], 1e-300)
        order = np.argsort(items, kind="stable")
        self.order = order[weights[order] > 0]
        if not len(self.order):
            raise TrainingError("The retriever has no text to train on; give it captions or pseudo-queries.")
        present, which = np.unique(items[self.order], return_inverse=True)
        self.count = len(present)
        # Text j of the i-th item owns a stretch of [i, i + 1); one number drawn there picks item and text at once.
        running = np.cumsum(weights[self.order])
        total = np.bincount(which, weights[self.order])
        self.edges = which + (running - (np.cumsum(total) - total)[which]) / total[which]
        last = np.flatnonzero(np.append(which[1:] != which[:-1], True))
        self.edges[last] = np.arange(1, self.count + 1)

    def draw(self, size: int, generator: np.random.Generator) -> np.ndarray:
        """Pair positions int64 (size,)."""
        point = generator.integers(0, self.count, size) + generator.random(size)
        return self.order[np.minimum(np.searchsorted(self.edges, point, side="right"), len(self.order) - 1)]


def _has_both(items: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """bool (P,): whether the item of each text has texts of both kinds."""
    size = int(items.max()) + 1 if len(items) else 0
    return ((np.bincount(items[one], minlength=size) > 0) & (np.bincount(items[other], minlength=size) > 0))[items]
