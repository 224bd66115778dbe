"""The trie as one transition table, dense at first and sparse below: STATIC (arXiv 2602.22647), written anew.

All levels share one vocabulary of V tokens. The first two levels are read from dense tables of V and V x V; from
there on every state owns a range of (token, next state) pairs, and a whole batch of states is read at once, as many
pairs as the widest state of the level has (compressed sparse rows, a burst read).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

DENSE_LEVELS = 2


class StaticTable:
    """States: a prefix of one token t is t + 1; longer ones are numbered on from V + 1; a leaf is its place among all.

    `start` bool (V,); `mask` bool (V, V) and `states` int32 (V, V): the dense levels;
    `pairs` int32 (E, 2) and `first_pair` int32 (states + 1,): the sparse ones; `widest` (L,): most pairs of a state.
    """

    def __init__(self, codes: np.ndarray, vocabulary: int) -> None:
        """codes: int64 (N, L), different identifiers of L > 2 tokens below `vocabulary`, in any order."""
        count, length = codes.shape
        if length <= DENSE_LEVELS:
            raise ValueError(f"A table with {DENSE_LEVELS} dense levels needs longer identifiers than {length} tokens.")
        rows = codes[np.lexsort(codes.T[::-1])]
        new = np.ones((count, length), dtype=bool)
        np.logical_or.accumulate(rows[1:] != rows[:-1], axis=1, out=new[1:])
        self.length, self.vocabulary = length, vocabulary
        numbers = _numbered(rows, new, vocabulary)

        first, second = rows[:, 0], rows[:, 1]
        start = np.zeros(vocabulary, dtype=bool)
        mask = np.zeros((vocabulary, vocabulary), dtype=bool)
        states = np.zeros((vocabulary, vocabulary), dtype=np.int32)
        start[first], mask[first, second], states[first, second] = True, True, numbers[1]
        self.start, self.mask, self.states = (torch.from_numpy(part) for part in (start, mask, states))

        parents, tokens, children, widest = [], [], [], [vocabulary] * DENSE_LEVELS
        for level in range(DENSE_LEVELS, length):
            edge = new[:, level]
            parents.append(numbers[level - 1][edge])
            tokens.append(rows[edge, level])
            children.append(numbers[level][edge])
            widest.append(int(np.bincount(parents[-1]).max()))
        total = np.bincount(np.concatenate(parents), minlength=int(parents[-1].max()) + 1)
        self.widest = tuple(widest)
        self.first_pair = torch.from_numpy(np.concatenate([[0], np.cumsum(total)]).astype(np.int32))
        pairs = np.stack([np.concatenate(tokens), np.concatenate(children)], axis=1)
        self.pairs = torch.from_numpy(pairs.astype(np.int32))
        self.every = torch.arange(vocabulary, dtype=torch.int32)

    def to(self, device: torch.device) -> StaticTable:
        """Move every array to `device`."""
        for name, part in vars(self).items():
            if isinstance(part, Tensor):
                setattr(self, name, part.to(device))
        return self

    @property
    def memory_bytes(self) -> int:
        return sum(part.numel() * part.element_size() for part in vars(self).values() if isinstance(part, Tensor))

    def candidates(self, level: int, states: Tensor, log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What may follow `states` int32 (R,) of `level`, given log_probs (R, V).

        Returns scores (R, C), -inf where there is nothing, tokens int32 (R, C) and next states int32 (R, C). At level
        0 `states` only says how many rows there are.
        """
        if level == 0:
            scores = log_probs.masked_fill(~self.start, -torch.inf)
            return scores, self.every.expand(len(states), -1), (self.every + 1).expand(len(states), -1)
        if level == 1:
            parents = states - 1
            scores = log_probs.masked_fill(~self.mask[parents], -torch.inf)
            return scores, self.every.expand(len(states), -1), self.states[parents]
        first = self.first_pair[states]
        count = self.first_pair[states + 1] - first
        step = torch.arange(self.widest[level], dtype=torch.int32, device=states.device)
        burst = self.pairs[(first.unsqueeze(1) + step).clamp(max=len(self.pairs) - 1)]
        tokens, following = burst[..., 0], burst[..., 1]
        scores = log_probs.gather(1, tokens.long()).masked_fill(step >= count.unsqueeze(1), -torch.inf)
        return scores, tokens, following


def _numbered(rows: np.ndarray, new: np.ndarray, vocabulary: int) -> list[np.ndarray]:
    """The state int64 (N,) that every sorted identifier is in after 1, 2, .. L tokens."""
    numbers, following = [rows[:, 0] + 1], vocabulary + 1
    for level in range(1, rows.shape[1] - 1):
        numbers.append(following - 1 + np.cumsum(new[:, level]))
        following = int(numbers[-1][-1]) + 1
    return [*numbers, np.arange(len(rows))]
