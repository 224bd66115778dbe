"""What the field uses: a dictionary trie, and Hugging Face `generate` kept to it by `prefix_allowed_tokens_fn`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ace_core.bench.models import Shape, t5

PAD, END = 0, 1  # T5's
SPECIALS = 3  # pad, end, unknown


class DictionaryTrie:
    """A trie of nested dictionaries, as in GENRE (arXiv 2010.00904): token -> what may follow it; a leaf is None."""

    def __init__(self, sequences: np.ndarray) -> None:
        """sequences: int64 (N, L), all of one length."""
        self.root: dict[int, Any] = {}
        for sequence in sequences.tolist():
            node = self.root
            for token in sequence[:-1]:
                node = node.setdefault(token, {})
            node[sequence[-1]] = None

    def allowed(self, prefix: Sequence[int]) -> list[int]:
        """Tokens that may follow: none after a whole sequence, and none after a prefix that does not exist."""
        node: dict[int, Any] | None = self.root
        for token in prefix:
            if node is None:
                return []
            node = node.get(token)
        return list(node) if node else []

    @property
    def memory_bytes(self) -> int:
        """Of the dictionaries, without the numbers in them, which Python shares where they are below 257."""
        total, nodes = 0, [self.root]
        while nodes:
            node = nodes.pop()
            total += sys.getsizeof(node)
            nodes.extend(child for child in node.values() if child is not None)
        return total


def code_tokens(codes: np.ndarray, level_sizes: Sequence[int], words: int) -> np.ndarray:
    """Identifiers int64 (..., L) in a vocabulary of `words` other tokens, then the tokens of level 0, 1, .."""
    return codes + words + np.concatenate([[0], np.cumsum(level_sizes)[:-1]])


class GeneratePeer:
    """T5 of `shape` that writes identifiers with `generate`.

    `closed`: every identifier ends with T5's end token, one step more, as is usual; else `generate` stops at L tokens.
    """

    def __init__(
        self, shape: Shape, trie: DictionaryTrie, device: torch.device, words: int = SPECIALS, closed: bool = True
    ) -> None:
        """`trie` of `code_tokens(.., words)`; `words`: how many tokens the vocabulary holds before the code tokens."""
        self.shape, self.trie, self.words, self.closed = shape, trie, words, closed
        self.model = t5(shape, words + sum(shape.level_sizes)).to(device)

    @torch.inference_mode()
    def search(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids int64 (B, T), mask bool (B, T) -> what was written, int64 (B * W, 1 + L [+ 1]), best first."""
        beams = self.shape.beams
        return self.model.generate(
            input_ids=ids,
            attention_mask=mask.long(),
            num_beams=beams,
            num_return_sequences=beams,
            max_new_tokens=len(self.shape.level_sizes) + self.closed,
            prefix_allowed_tokens_fn=self._allowed,
            early_stopping=False,
            do_sample=False,
            use_cache=True,
        )

    def codes(self, written: Tensor) -> np.ndarray:
        """The identifiers in what `search` gave, int64 (B, W, L)."""
        sizes = self.shape.level_sizes
        tokens = written[:, 1 : 1 + len(sizes)].cpu().numpy().reshape(-1, self.shape.beams, len(sizes))
        return tokens - code_tokens(np.zeros(len(sizes), dtype=np.int64), sizes, self.words)

    def _allowed(self, batch: int, sentence: Tensor) -> list[int]:
        prefix = sentence.tolist()[1:]  # without the decoder's start token
        if len(prefix) >= len(self.shape.level_sizes):
            return [END]
        return self.trie.allowed(prefix) or [PAD]  # `generate` keeps beams alive that have no continuation
