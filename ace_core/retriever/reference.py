"""The search as one would first write it: one query, one prefix, one softmax at a time. Slow, and obviously right.

What the fast search gives is held against this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ace_core.retriever.model import Retriever

Prefix = tuple[int, ...]


class SlowSearch:
    """Searches identifiers int64 (N, L) with a model in eval mode, on the CPU, in double precision from its logits on.

    allowed: bool (N,), the items that may be written; None: all.
    """

    def __init__(self, model: Retriever, codes: np.ndarray, allowed: np.ndarray | None = None) -> None:
        self.model, self.length = model, codes.shape[1]
        rows = [tuple(code) for code in codes.tolist()]
        kept = [row for row, good in zip(rows, np.ones(len(rows)) if allowed is None else allowed, strict=True) if good]
        self.items = {row: item for item, row in enumerate(rows)}
        self.children: dict[Prefix, list[int]] = {}
        for level in range(self.length):
            for prefix in sorted({row[: level + 1] for row in kept}):
                self.children.setdefault(prefix[:-1], []).append(prefix[-1])

    def search(self, ids: Tensor, mask: Tensor, beams: int) -> list[tuple[float, int]]:
        """(log p, item) of the best items of one query, ids and mask (T,), best first; ties in the order of codes."""
        kept: list[tuple[float, Prefix]] = [(0.0, ())]
        for _ in range(self.length):
            grown = [
                (score + log_prob, (*prefix, token))
                for score, prefix in kept
                for token, log_prob in self.following(ids, mask, prefix).items()
            ]
            kept = sorted(grown, key=lambda pair: (-pair[0], pair[1]))[:beams]
        return [(score, self.items[prefix]) for score, prefix in kept]

    def everything(self, ids: Tensor, mask: Tensor) -> dict[int, float]:
        """log p of every allowed item, by item: no search at all."""
        scores: dict[Prefix, float] = {(): 0.0}
        for _ in range(self.length):
            scores = {
                (*prefix, token): score + log_prob
                for prefix, score in scores.items()
                for token, log_prob in self.following(ids, mask, prefix).items()
            }
        return {self.items[prefix]: score for prefix, score in scores.items()}

    @torch.no_grad()
    def following(self, ids: Tensor, mask: Tensor, prefix: Sequence[int]) -> dict[int, float]:
        """log p(token | prefix, query) of each token that may follow `prefix`."""
        tokens = self.children[tuple(prefix)]
        codes = torch.zeros((1, self.length), dtype=torch.int64)
        codes[0, : len(prefix)] = torch.tensor(prefix, dtype=torch.int64)
        logits = self.model(ids.unsqueeze(0), mask.unsqueeze(0), codes)[len(prefix)][0]
        log_probs = logits[tokens].double().log_softmax(dim=0)
        return dict(zip(tokens, log_probs.tolist(), strict=True))
