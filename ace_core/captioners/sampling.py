"""How sentences are drawn, and which of them are not worth keeping."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

CANDIDATES = 64  # sorting a whole vocabulary at every step would cost more than the transformer
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def nucleus(logits: Tensor, draws: Tensor, temperature: float, top_p: float) -> Tensor:
    """Sample one token a row: logits (..., V), draws uniform in [0, 1) (...,) -> int64 (...,).

    Only the likeliest tokens that together reach `top_p` (Holtzman et al. 2020, arXiv 1904.09751), and at most
    `CANDIDATES` of them, can be drawn.
    """
    scaled = logits.float() / temperature
    best, order = scaled.topk(min(CANDIDATES, scaled.shape[-1]), dim=-1)
    probabilities = (best - scaled.logsumexp(-1, keepdim=True)).exp()
    before = probabilities.cumsum(-1) - probabilities
    kept = probabilities.masked_fill(before >= top_p, 0)
    total = kept.cumsum(-1)
    place = (total <= draws.unsqueeze(-1) * total[..., -1:]).sum(-1, keepdim=True)
    last = (kept > 0).sum(-1, keepdim=True) - 1
    return order.gather(-1, torch.minimum(place, last)).squeeze(-1)


def uniform_draws(seed: int, turn: int, key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform numbers float32 `shape` of one item's `turn`: they depend on nothing but these, so not on its batch."""
    digest = hashlib.sha256(f"{seed}/{turn}/{key}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big")).random(shape, dtype=np.float32)


def is_degenerate(text: str) -> bool:
    """No content (fewer than two words), or stuck: a word twice running, three words said again, few words in all."""
    words = _WORD.findall(text.lower())
    if len(words) < 2 or max(map(len, words)) < 3:
        return True
    if any(first == second for first, second in pairwise(words)):
        return True
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    if triples and max(triples.values()) > 1:
        return True
    return len(words) > 5 and len(set(words)) <= len(words) / 2
