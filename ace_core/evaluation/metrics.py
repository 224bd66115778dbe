"""Recall@k, MRR@10 and their bootstrap intervals, from the rank of each query's right answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Metrics:
    """Percentages over a set of queries; intervals are 95 % bootstrap intervals over queries."""

    queries: int
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float
    recall_at_1_ci95: tuple[float, float]


def ranks_from_lists(found: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Rank (from 1) of each answer in its ranked list; 0 where it is not in it.

    found: int64 (Q, K), best first, -1 for none; answers: int64 (Q,).
    """
    hit = found == answers[:, None]
    return np.where(hit.any(1), hit.argmax(1) + 1, 0)


def ranks_from_scores(scores: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Rank (from 1) of each answer by score; a tie counts against the answer (the worst place of the tie).

    scores: float (Q, N); answers: int64 (Q,). A non-finite score raises `ValueError`: it would compare false with
    everything and count as a hit.
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    own = scores[np.arange(len(answers)), answers]
    return (scores >= own[:, None]).sum(1)


def measure(ranks: np.ndarray, *, seed: int = 0, resamples: int = 2000) -> Metrics:
    """Metrics of ranks int (Q,), where 0 means not found."""
    if len(ranks) == 0:
        raise ValueError("no queries to measure")
    first, five, ten = (100.0 * ((ranks >= 1) & (ranks <= k)) for k in (1, 5, 10))
    reciprocal = np.where((ranks >= 1) & (ranks <= 10), 100.0 / np.maximum(ranks, 1), 0.0)
    return Metrics(
        queries=len(ranks),
        recall_at_1=float(first.mean()),
        recall_at_5=float(five.mean()),
        recall_at_10=float(ten.mean()),
        mrr_at_10=float(reciprocal.mean()),
        recall_at_1_ci95=bootstrap_interval(first, seed=seed, resamples=resamples),
    )


def bootstrap_interval(values: np.ndarray, *, seed: int = 0, resamples: int = 2000) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of values float (Q,)."""
    rng = np.random.default_rng(seed)
    means = np.empty(resamples)
    for i in range(resamples):
        means[i] = values[rng.integers(0, len(values), len(values))].mean()
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
