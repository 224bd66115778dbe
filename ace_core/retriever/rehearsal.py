"""Batches for learning new items without losing the old: a share of every batch rehearses what was learnt before.

Rehearsal: Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from ace_core.errors import ConfigError
from ace_core.retriever.pairs import PairSampler, TextPairs


class RehearsalSampler:
    """Draws texts of new items and, for `share` of each batch, of old ones; within either, items are drawn alike."""

    def __init__(self, pairs: TextPairs, new: Tensor, human_share: float, share: float) -> None:
        """new: bool (P,), which texts are of new items. `TrainingError` where none is."""
        if not 0 <= share < 1:
            raise ConfigError(f"The share of rehearsal must be in [0, 1), not {share}.")
        self.new = PairSampler(_only(pairs, new), human_share)
        self.share = share if bool((pairs.weights[~new] > 0).any()) else 0.0
        self.old = PairSampler(_only(pairs, ~new), human_share) if self.share else None

    def draw(self, size: int, generator: np.random.Generator) -> np.ndarray:
        """Pair positions int64 (size,): round(share x size) of old items, the rest of new ones."""
        again = round(self.share * size)
        drawn = self.new.draw(size - again, generator)
        return drawn if self.old is None else np.concatenate([drawn, self.old.draw(again, generator)])


def _only(pairs: TextPairs, chosen: Tensor) -> TextPairs:
    """The same texts at the same positions; those not chosen weigh nothing and are never drawn."""
    return replace(pairs, weights=pairs.weights * chosen)
