"""Answers with their scores, many queries at once: what a table is made of, and what a check puts in order anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ace_core.check import GRID, Check, CheckConfig, choose_weight
from ace_core.collection import MODALITIES, Collection
from ace_core.encoders.towers import Space
from ace_core.evaluation.protocol import dev_sentences
from ace_core.evaluation.table import Ranker
from ace_core.generation import Generation
from ace_core.results import Method

BATCH = 64

# (texts, allowed bool (N,)) -> item positions int64 (Q, K), best first, -1 for none; their scores float (Q, K)
Candidates = Callable[[Sequence[str], np.ndarray], tuple[np.ndarray, np.ndarray]]


def generated(generation: Generation, beams: int) -> Candidates:
    """Beam search over what the pool allows, scored by log p(identifier | query); K = beams."""

    def find(texts: Sequence[str], allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pool = generation.trie.restrict(allowed)
        items = np.full((len(texts), beams), -1, dtype=np.int64)
        scores = np.full((len(texts), beams), -np.inf, dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            found = generation.search(generation.read(texts[start : start + BATCH]), beams, pool)
            rows, width = slice(start, start + len(found.items)), found.items.shape[1]
            items[rows, :width] = found.items.cpu().numpy()
            scores[rows, :width] = found.log_probs.float().cpu().numpy()
        return items, scores

    return find


def nearest(space: Space, vectors: np.ndarray, count: int) -> Candidates:
    """Exact search among vectors float32 (N, D), scored by the scaled cosine; K = count, if the pool has as many."""

    def find(texts: Sequence[str], allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        positions = np.flatnonzero(allowed)
        scores = space.scale * (space.encode_texts(list(texts)) @ vectors[positions].T)
        if not np.isfinite(scores).all():
            raise ValueError("scores must be finite")
        order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        return positions[order], np.take_along_axis(scores, order, axis=1)

    return find


def unchecked(candidates: Candidates) -> Ranker:
    return lambda texts, allowed: candidates(texts, allowed)[0]


def checked(candidates: Candidates, check: Check, method: Method, known: dict[tuple[str, int], float]) -> Ranker:
    """The candidates as the check puts them. `known`: likelihoods (text, item) that arms of one check may share."""

    def rank(texts: Sequence[str], allowed: np.ndarray) -> np.ndarray:
        items, own = candidates(texts, allowed)
        first = items[:, : check.config.candidates]
        likelihoods = np.full(items.shape, -np.inf, dtype=np.float32)
        likelihoods[:, : first.shape[1]] = _likelihoods(check, texts, first, known)
        return check.rerank(method, items, own, likelihoods)

    return rank


def _likelihoods(
    check: Check, texts: Sequence[str], items: np.ndarray, known: dict[tuple[str, int], float]
) -> np.ndarray:
    """log p(text | item) float32 of items (Q, K); those that are not in `known` are computed and put there."""
    new = items.copy()
    for query, text in enumerate(texts):
        new[query, [(text, item) in known for item in items[query].tolist()]] = -1
    found = check.log_likelihoods(texts, new)
    for query, place in zip(*np.nonzero(new >= 0), strict=True):
        known[texts[query], int(new[query, place])] = float(found[query, place])
    for query, place in zip(*np.nonzero((new < 0) & (items >= 0)), strict=True):
        found[query, place] = known[texts[query], int(items[query, place])]
    return found


def ways(generation: Generation, space: Space, vectors: np.ndarray, count: int) -> dict[Method, Candidates]:
    """Generation and the dual tower (`space`, items' vectors float32 (N, D)) with `count` answers each."""
    return {"generation": generated(generation, count), "dual_tower": nearest(space, vectors, count)}


def fit_check(collection: Collection, check: Check, answers: Mapping[Method, Candidates]) -> tuple[CheckConfig, str]:
    """The weights by which the dev items stand highest for their sentences, each way by itself, and a sentence on them.

    check: with any weights; a modality without dev items, or that the captioner does not know, is not checked.
    """
    weights: dict[str, dict[str, float]] = {method: {} for method in answers}
    known: dict[tuple[str, int], float] = {}
    for modality in MODALITIES:
        queries = dev_sentences(collection, modality)
        if not len(queries) or modality not in check.captioner.readers:
            continue
        allowed = check.modalities == modality
        for method, candidates in answers.items():
            items, own = (part[:, : check.config.candidates] for part in candidates(queries.texts, allowed))
            likelihoods = _likelihoods(check, queries.texts, items, known)
            weights[method][modality] = choose_weight(items, queries.answers, own, likelihoods)
    told = "; ".join(
        f"{method.replace('_', ' ')} {', '.join(f'{name} {weight:g}' for name, weight in chosen.items())}"
        for method, chosen in weights.items()
    )
    return CheckConfig(weights, check.config.candidates), f"weights of {GRID[0]:g} to {GRID[-1]:g}: {told}"
