"""What a set of items means in words: those that its texts say and the others' do not.

The words of a set are ordered by the log-odds ratio with an informative Dirichlet prior and its z-score (Monroe,
Colaresi, Quinn 2008, "Fightin' Words"), counting items, not occurrences, so that one wordy caption counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_PRIOR = 10.0  # pseudo-items the collection's own frequencies add to either side

_PLAIN_WORDS = frozenset(
    _WORD.findall(
        """a an the and or but nor so of in on at to from by with without for as into onto over under above below near
        is are was were be been being has have had do does did it its it's this that these those there here then than
        he she his her him they them their we our you your i my me one some any all each no not very just only too
        also while when where which who what how up down out off about around through between behind before after
        during can could would will may might something someone thing sort kind bit lot"""
    )
)


def words_of(text: str) -> set[str]:
    """The telling words of a sentence, lower-cased."""
    return {word for word in _WORD.findall(text.lower()) if len(word) > 1 and word not in _PLAIN_WORDS}


class PrefixWords:
    """Which words are said of which item, in flat arrays."""

    def __init__(self, texts_of_items: Sequence[Iterable[str]]) -> None:
        """texts_of_items: for each of N items, the texts that describe it."""
        numbers: dict[str, int] = {}
        rows = []
        for texts in texts_of_items:
            said = set().union(*(words_of(text) for text in texts))
            rows.append(sorted(numbers.setdefault(word, len(numbers)) for word in said))
        self.vocabulary = list(numbers)
        self._items = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        self._words = np.array([word for row in rows for word in row], dtype=np.int64)
        self._said = np.bincount(self._words, minlength=len(numbers)).astype(np.float64)
        self._size = len(rows)

    def telling(self, members: np.ndarray, count: int) -> tuple[str, ...]:
        """Up to `count` words that items of the set (bool (N,)) are described with more than the others, best first."""
        if not self.vocabulary:
            return ()
        inside = int(members.sum())
        outside = self._size - inside
        here = np.bincount(self._words[members[self._items]], minlength=len(self.vocabulary)).astype(np.float64)
        if not outside:
            order = np.argsort(-here, kind="stable")[:count]
            return tuple(self.vocabulary[word] for word in order)
        prior = _PRIOR * self._said / self._size
        here_smooth, there_smooth = here + prior, self._said - here + prior
        odds_here = here_smooth / (inside + _PRIOR - here_smooth).clip(0.1)
        odds_there = there_smooth / (outside + _PRIOR - there_smooth).clip(0.1)
        score = np.log(odds_here / odds_there) / np.sqrt(1 / here_smooth + 1 / there_smooth)
        order = np.argsort(-score, kind="stable")[:count]
        return tuple(self.vocabulary[word] for word in order if here[word] > 0 and score[word] > 0)
