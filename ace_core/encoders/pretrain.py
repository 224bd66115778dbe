"""Trunks learn which words an item's captions use, before anything contrastive.

Each feature token speaks for every word; an item has a word if some token says so: log-sum-exp over the tokens. With
the text side this simple, a fresh trunk learns to see within minutes, where InfoNCE through it would not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ace_core.collection import Modality
from ace_core.encoders.augment import augment
from ace_core.errors import TrainingError
from ace_core.text import Tokenizer
from ace_core.training.loop import FitReport, LoopConfig, fit
from ace_core.training.precision import autocast

WORD_RATE = 10.0  # the words' learning rate over the trunk's: until they speak clearly, the trunk hears nothing

Term = tuple[int, ...]  # one token id, or two that follow each other


def find_terms(tokenizer: Tokenizer, captions: Sequence[Sequence[str]], least: int = 8, most: int = 2000) -> list[Term]:
    """Words and pairs of words that at least `least` items have and not nearly all; the `most` commonest.

    captions: those of each item. Pairs make the trunk tell a red boat from a boat beside something red.
    """
    counts = Counter(term for texts in captions for term in _terms_of(tokenizer, texts))
    usable = [term for term, count in counts.items() if least <= count <= 0.98 * len(captions)]
    if not usable:
        raise TrainingError(f"No word is in the captions of at least {least} items; give more items or captions.")
    return sorted(usable, key=lambda term: (-counts[term], term))[:most]


def presence(tokenizer: Tokenizer, terms: Sequence[Term], captions: Sequence[Sequence[str]]) -> np.ndarray:
    """Which items have which terms in their captions: bool (N, W)."""
    column = {term: index for index, term in enumerate(terms)}
    present = np.zeros((len(captions), len(terms)), dtype=bool)
    for row, texts in enumerate(captions):
        present[row, [column[term] for term in _terms_of(tokenizer, texts) if term in column]] = True
    return present


def _terms_of(tokenizer: Tokenizer, texts: Sequence[str]) -> set[Term]:
    words = tokenizer.words
    found: set[Term] = set()
    for row in tokenizer.encode_batch(texts, max_tokens=64)[0].tolist():
        known = [token if token in words else -1 for token in row]
        found.update((token,) for token in known if token >= 0)
        found.update(pair for pair in pairwise(known) if min(pair) >= 0)
    return found


class WordPresence(nn.Module):
    """A trunk and a linear voice for every word at every token."""

    def __init__(self, trunk: nn.Module, features: int, rates: np.ndarray) -> None:
        """rates: float (W,), the share of items with each word, where the biases start."""
        super().__init__()
        self.trunk = trunk
        self.words = nn.Linear(features, len(rates), bias=False)
        nn.init.normal_(self.words.weight, std=0.02)
        odds = torch.as_tensor(rates, dtype=torch.float32).clamp(1e-4, 1 - 1e-4).logit()
        self.bias = nn.Parameter(odds)

    def forward(self, media: Tensor) -> Tensor:
        """uint8 or float (B, ...) -> logits float32 (B, W)."""
        votes = self.words(self.trunk(media)).float()  # (B, T, W)
        return torch.logsumexp(votes, dim=1) - float(np.log(votes.shape[1])) + self.bias


def pretrain_trunk(
    trunk: nn.Module,
    features: int,
    modality: Modality,
    media: np.ndarray,
    present: np.ndarray,
    train: np.ndarray,
    dev: np.ndarray,
    loop: LoopConfig,
    folder: Path,
    *,
    context: Mapping[str, Any],
    progress: bool = True,
    restart: bool = False,
) -> FitReport:
    """Train `trunk` in place.

    media: uint8 (N, ...) as decoded; present: bool (N, W); train, dev: rows to learn from and to choose the weights by
    (mean average precision over the words).
    """
    device = next(trunk.parameters()).device
    torch.manual_seed(loop.seed)
    model = WordPresence(trunk, features, present[train].mean(axis=0)).to(device)
    targets = torch.from_numpy(present)

    def make_batch(step: int, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
        rows = np.sort(epoch_rows(train, loop.batch_size, step, loop.seed))
        return augment(media[rows], modality, generator), targets[rows].float()

    def loss_of(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        pixels, wanted = batch
        return functional.binary_cross_entropy_with_logits(model(pixels), wanted, reduction="none").sum(1).mean()

    def validate(model: nn.Module) -> dict[str, float]:
        with autocast(device):
            logits = [model(torch.from_numpy(media[part]).to(device)).cpu() for part in _parts(dev, 64)]
        return {"mean_average_precision": mean_average_precision(torch.cat(logits).numpy(), present[dev])}

    return fit(
        model,
        make_batch,
        loss_of,
        loop,
        folder,
        name=f"{modality} trunk",
        validate=validate if len(dev) else None,
        watch="mean_average_precision" if len(dev) else None,
        progress=progress,
        parameter_groups=[
            {"params": trunk.parameters()},
            {"params": [*model.words.parameters(), model.bias], "lr": WORD_RATE * loop.learning_rate},
        ],
        context=context,
        restart=restart,
    )


@torch.inference_mode()
def trunk_features(trunk: nn.Module, batches: Iterable[np.ndarray], total: int) -> np.ndarray:
    """Feature tokens of batches of decoded media (each uint8 (B, ...)): float16 (total, T, F)."""
    device = next(trunk.parameters()).device
    features: np.ndarray | None = None
    row = 0
    trunk.eval()
    for batch in batches:
        with autocast(device):
            part = trunk(torch.from_numpy(np.array(batch)).to(device)).to(torch.float16).cpu().numpy()
        if features is None:
            features = np.empty((total, *part.shape[1:]), dtype=np.float16)
        features[row : row + len(part)] = part
        row += len(part)
    return np.empty((0, 0, 0), dtype=np.float16) if features is None else features


def epoch_rows(rows: np.ndarray, batch: int, step: int, seed: int) -> np.ndarray:
    """The rows of one step: every epoch is a new permutation of all rows, cut into batches (the last one filled up)."""
    batch = min(batch, len(rows))
    steps = -(-len(rows) // batch)
    epoch, place = divmod(step, steps)
    order = np.random.default_rng((seed, 1, epoch)).permutation(rows)
    start = min(place * batch, len(rows) - batch)
    return order[start : start + batch]


def mean_average_precision(scores: np.ndarray, present: np.ndarray) -> float:
    """Mean over words of the average precision of ranking the items by score: (N, W) each -> 0..1."""
    has = present.any(axis=0)
    order = np.argsort(-scores[:, has], axis=0, kind="stable")
    hits = np.take_along_axis(present[:, has], order, axis=0)
    precision = np.cumsum(hits, axis=0) / np.arange(1, len(hits) + 1)[:, None]
    return float(((precision * hits).sum(axis=0) / hits.sum(axis=0)).mean()) if has.any() else 0.0


def _parts(rows: np.ndarray, size: int) -> list[np.ndarray]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
