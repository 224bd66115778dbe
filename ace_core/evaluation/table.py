"""Runs every arm over the protocol's query sets and pools, and writes the rows as JSON and as a Markdown table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ace_core.collection import MODALITIES, Collection, Modality, Split
from ace_core.evaluation.metrics import measure
from ace_core.evaluation.protocol import QuerySet, queries_of

LIST_LENGTH = 10  # Recall@10 and MRR@10 look no further

# (texts, allowed bool (N,)) -> item positions int64 (Q, >= LIST_LENGTH), best first, -1 for none
Ranker = Callable[[Sequence[str], np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Arm:
    """One way to answer. `reads` says what it reads at query time."""

    name: str
    title: str
    reads: str
    rank: Ranker


@dataclass(frozen=True)
class Row:
    """One line of the table; percentages. `query_items`: the split whose queries were asked."""

    arm: str
    collection: str
    modality: Modality
    pool: str  # "all": every item of the modality; "held_out": the held-out ones
    pool_size: int
    query_items: str  # "held_out" or "train" (seen)
    queries: int
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float
    recall_at_1_ci95: tuple[float, float]
    held_out_top_1: float  # share of first answers that are held-out items; neutral is `held_out_share`
    held_out_share: float
    seed: int


def evaluate(
    collection: Collection, arms: Sequence[Arm], *, seed: int = 0, seen_queries: int = 1000, note: Callable = print
) -> list[Row]:
    """Every arm on held-out queries over both pools, and on a sample of seen items' queries over the whole pool."""
    rows = []
    for modality in MODALITIES:
        for pool, split in (("all", "held_out"), ("held_out", "held_out"), ("all", "train")):
            queries = queries_of(collection, modality, _split(split))
            if split == "train":
                queries = _sample(queries, seen_queries, seed)
            if not len(queries):
                continue
            allowed = pool_mask(collection, modality, pool)
            for arm in arms:
                rows.append(_row(collection, arm, modality, pool, split, queries, allowed, seed))
                note(
                    f"{arm.name:24} {modality:6} pool {pool:8} ({rows[-1].pool_size:5}) {split:8} queries: "
                    f"R@1 {rows[-1].recall_at_1:5.1f}  R@10 {rows[-1].recall_at_10:5.1f}"
                )
    return rows


def pool_mask(collection: Collection, modality: Modality, pool: str) -> np.ndarray:
    """bool (N,): the items that may be answered."""
    allowed = np.zeros(len(collection), dtype=bool)
    allowed[collection.of(modality, _split(pool) if pool != "all" else None)] = True
    return allowed


def _split(name: str) -> Split:
    return "held_out" if name == "held_out" else "train"


def _sample(queries: QuerySet, count: int, seed: int) -> QuerySet:
    if len(queries) <= count:
        return queries
    chosen = np.sort(np.random.default_rng(seed).choice(len(queries), count, replace=False))
    return QuerySet(tuple(queries.texts[i] for i in chosen), queries.answers[chosen])


def _row(
    collection: Collection,
    arm: Arm,
    modality: Modality,
    pool: str,
    split: str,
    queries: QuerySet,
    allowed: np.ndarray,
    seed: int,
) -> Row:
    found = arm.rank(queries.texts, allowed)[:, :LIST_LENGTH]
    if (~allowed[found[found >= 0]]).any():
        raise ValueError(f"arm {arm.name} answered with items outside the pool")
    hit = found == queries.answers[:, None]
    metrics = measure(np.where(hit.any(1), hit.argmax(1) + 1, 0), seed=seed)
    held_out = np.zeros(len(collection), dtype=bool)
    held_out[collection.of(split="held_out")] = True
    first = found[:, 0]
    return Row(
        arm=arm.name,
        collection=collection.name,
        modality=modality,
        pool=pool,
        pool_size=int(allowed.sum()),
        query_items=split,
        held_out_top_1=float(100 * held_out[first[first >= 0]].mean()) if (first >= 0).any() else 0.0,
        held_out_share=float(100 * held_out[allowed].mean()),
        seed=seed,
        **asdict(metrics),
    )


def cosine_ranker(encode_text: Callable[[Sequence[str]], np.ndarray], vectors: np.ndarray) -> Ranker:
    """Exact cosine search. encode_text: texts -> (Q, D); vectors: float32 (N, D), unit rows."""

    def rank(texts: Sequence[str], allowed: np.ndarray) -> np.ndarray:
        positions = np.flatnonzero(allowed)
        scores = encode_text(texts) @ vectors[positions].T
        if not np.isfinite(scores).all():
            raise ValueError("scores must be finite")
        order = np.argsort(-scores, axis=1, kind="stable")[:, :LIST_LENGTH]
        return positions[order]

    return rank
