"""One state of a bundle as searches see it. It is never changed, only replaced by the next, so any number of threads
may read it while the next is made.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import get_args

import numpy as np
import torch

from ace_core.bundle import Bundle
from ace_core.collection import Item, Modality
from ace_core.dual_tower import DualTower, IndexKind, VectorIndex
from ace_core.errors import CollectionError, QueryError
from ace_core.evaluation.protocol import text_hash
from ace_core.generation import Generation
from ace_core.identifiers.trie import Restriction
from ace_core.meaning import PrefixWords
from ace_core.parts import Parts
from ace_core.results import Hit, Method, PrefixSummary, SearchResult, Times
from ace_core.retriever.beam import BeamResult

MAX_QUERY = 300  # characters
MAX_K = 100
MAX_BEAMS = 200
POOLS_KEPT = 32
PROBES = 32  # queries that a large retriever is tried with when it is loaded


@dataclass(frozen=True)
class Ask:
    """A query that was checked, and the pool to answer it from: bool (N,), None for the whole collection.

    `restriction`: the same pool as the search takes it; one object for all who ask for one pool, so that they can be
    answered together.
    """

    text: str
    allowed: np.ndarray | None
    restriction: Restriction | None = None


class Snapshot:
    """Collection, identifiers, models and indexes that belong together. All N items are in the collection's order."""

    def __init__(self, bundle: Bundle, parts: Parts, device: torch.device, index: IndexKind) -> None:
        self.bundle, self.parts, self.device = bundle, parts, device
        self.collection = bundle.collection
        self.codes: np.ndarray = parts.codes
        self.retriever = parts.retriever.to(device).eval()
        self.trie = parts.trie().to(device)
        self.dual_tower = DualTower(parts.dual_tower.to(device), parts.dual_vectors, index)
        probes = [said[0] for said in parts.pseudo_queries if said][:PROBES]
        self.generation = Generation(self.retriever, self.trie, parts.dual_tower, parts.dual_vectors, probes)
        self.modalities = np.array([item.modality for item in self.collection])
        self.describe = functools.lru_cache(maxsize=4096)(self._describe)
        self._pool = functools.lru_cache(maxsize=POOLS_KEPT)(self._make_pool)
        self._answers = {
            text_hash(query.text): position
            for position in reversed(self.collection.of(split="held_out"))
            for query in self.collection[position].queries
        }

    def identifier(self, position: int) -> tuple[int, ...]:
        return tuple(self.codes[position].tolist())

    def item(self, item_id: str) -> Item:
        """An item by id. Raises `QueryError` where there is none."""
        try:
            return self.collection[self.collection.index(item_id)]
        except CollectionError as error:
            raise QueryError(str(error)) from None

    def known_answer(self, text: str) -> Item | None:
        """The held-out item that this very sentence was written for, if any."""
        position = self._answers.get(text_hash(text))
        return None if position is None else self.collection[position]

    # Checks and pools

    def ask(self, text: str, k: int, beams: int, modality: Modality | None, prefix: Sequence[int] = ()) -> Ask:
        """Raises `QueryError` for what cannot be answered."""
        query = " ".join(text.split())
        if not query:
            raise QueryError("The query is empty; describe what you look for in a sentence.")
        if len(query) > MAX_QUERY:
            raise QueryError(f"The query has {len(query)} characters; at most {MAX_QUERY} are read, so shorten it.")
        if not 1 <= k <= MAX_K:
            raise QueryError(f"The number of results must be from 1 to {MAX_K}, not {k}.")
        if not 1 <= beams <= MAX_BEAMS:
            raise QueryError(f"The number of beams must be from 1 to {MAX_BEAMS}, not {beams}.")
        if modality is not None and not (self.modalities == modality).any():
            raise QueryError(f"This collection has no items of modality {modality!r}.")
        return Ask(query, *self._pool(modality, tuple(prefix)))

    def _make_pool(
        self, modality: Modality | None, prefix: tuple[int, ...]
    ) -> tuple[np.ndarray | None, Restriction | None]:
        allowed = self._allowed(modality, prefix)
        return allowed, self._restriction(allowed)

    def _allowed(self, modality: Modality | None, prefix: tuple[int, ...]) -> np.ndarray | None:
        if modality is None and not prefix:
            return None
        allowed = np.ones(len(self.collection), dtype=bool)
        if modality is not None:
            allowed &= self.modalities == modality
        if prefix:
            allowed &= self._below(prefix)
            if not allowed.any():
                raise QueryError(f"The prefix {_dashed(prefix)} has no items of modality {modality!r}.")
        return allowed

    def _below(self, prefix: tuple[int, ...]) -> np.ndarray:
        """bool (N,): items whose identifier begins with the prefix; raises `QueryError` where there are none."""
        fits = len(prefix) <= self.codes.shape[1]
        below = (self.codes[:, : len(prefix)] == np.array(prefix)).all(axis=1) if fits else np.zeros(1, dtype=bool)
        if not below.any():
            raise QueryError(f"No identifier begins with {_dashed(prefix)}.")
        return below

    def _pool_size(self, allowed: np.ndarray | None) -> int:
        return len(self.collection) if allowed is None else int(allowed.sum())

    def _restriction(self, allowed: np.ndarray | None) -> Restriction | None:
        return None if allowed is None else self.trie.restrict(torch.from_numpy(allowed).to(self.device))

    # The two ways

    def generate(self, ask: Ask, beams: int, trace: bool = False) -> tuple[SearchResult, BeamResult]:
        """Write identifiers: as many hits as beams."""
        found, read_ms, search_ms = self.generation.answer(ask.text, beams, ask.restriction, trace)
        items, scores = found.items[0].tolist(), found.log_probs[0].tolist()
        tokens = found.token_log_probs[0].float().exp().tolist()
        hits = tuple(
            Hit(
                rank=rank,
                item=self.collection[position],
                identifier=self.identifier(position),
                score=score,
                probability=math.exp(min(score, 0.0)),
                token_probabilities=tuple(min(p, 1.0) for p in probabilities),
            )
            for rank, (position, score, probabilities) in enumerate(zip(items, scores, tokens, strict=True), start=1)
            if position >= 0
        )
        times = Times(encode_ms=read_ms, search_ms=search_ms)
        return SearchResult(ask.text, "generation", hits, times, beams, self._pool_size(ask.allowed)), found

    def look_up(self, ask: Ask, k: int) -> SearchResult:
        """The dual tower's k nearest items."""
        started = perf_counter()
        vector = self.dual_tower.encode([ask.text])
        began = perf_counter()
        items, cosines = self.dual_tower.index.search(vector, k, ask.allowed)
        ended = perf_counter()
        # Only the display needs the whole pool's cosines, so they are not part of the search time.
        log_probabilities = self.dual_tower.log_probabilities(vector, self.parts.dual_tower.scale, ask.allowed)[0]
        hits = tuple(
            Hit(
                rank=rank,
                item=self.collection[position],
                identifier=self.identifier(position),
                score=cosine,
                probability=float(np.exp(log_probabilities[position])),
                token_probabilities=(),
            )
            for rank, (position, cosine) in enumerate(zip(items[0].tolist(), cosines[0].tolist(), strict=True), start=1)
            if position >= 0
        )
        times = Times(encode_ms=1000 * (began - started), search_ms=1000 * (ended - began))
        return SearchResult(ask.text, "dual_tower", hits, times, 0, self._pool_size(ask.allowed))

    def dual_tower_rank(self, ask: Ask, answer: Item) -> int | None:
        """Rank of the answer in the whole pool; a tie counts against it."""
        position = self.collection.index(answer.id)
        if ask.allowed is not None and not ask.allowed[position]:
            return None
        cosines = (self.dual_tower.encode([ask.text]) @ self.dual_tower.index.vectors.T)[0]
        pool = cosines if ask.allowed is None else cosines[ask.allowed]
        return int((pool >= cosines[position]).sum())

    def rank(self, texts: Sequence[str], k: int, beams: int, allowed: np.ndarray | None, method: Method) -> np.ndarray:
        """Item positions int64 (Q, k) for many queries at once, -1 for none."""
        if method == "dual_tower":
            return self.dual_tower.search(texts, k, allowed)[0]
        found = self.generation.search(self.generation.read(texts), max(beams, k), self._restriction(allowed))
        items = found.items.cpu().numpy()[:, :k]
        return np.pad(items, ((0, 0), (0, k - items.shape[1])), constant_values=-1)

    # Likeness and meaning

    def nearest(self, vector: np.ndarray, k: int, allowed: np.ndarray) -> tuple[Hit, ...]:
        """Items whose vectors are most like `vector` float32 (D,) in the identifiers' space."""
        items, cosines = self._vector_index.search(vector[None], k, allowed)
        return tuple(
            Hit(rank, self.collection[position], self.identifier(position), cosine, 0.0, ())
            for rank, (position, cosine) in enumerate(zip(items[0].tolist(), cosines[0].tolist(), strict=True), start=1)
            if position >= 0
        )

    @functools.cached_property
    def _vector_index(self) -> VectorIndex:
        return VectorIndex(self.parts.vectors)

    @functools.cached_property
    def _words(self) -> PrefixWords:
        """Captions of train items and pseudo-queries: what the index was allowed to read."""
        texts: list[list[str]] = [list(said) for said in self.parts.pseudo_queries]
        for position in self.collection.of(split="train"):
            texts[position] += [caption.text for caption in self.collection[position].captions]
        return PrefixWords(texts)

    def _describe(self, prefix: tuple[int, ...]) -> PrefixSummary:
        below = self._below(prefix)
        members = np.flatnonzero(below)
        vectors = self.parts.vectors[members]
        nearest = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")[:4]
        return PrefixSummary(
            prefix=prefix,
            items_below=len(members),
            words=self._words.telling(below, 8),
            examples=tuple(self.collection[int(position)] for position in members[nearest]),
        )


def check_method(method: str) -> None:
    if method not in get_args(Method):
        raise QueryError(f"There is no method {method!r}; choose one of {', '.join(get_args(Method))}.")


def _dashed(prefix: Sequence[int]) -> str:
    return "-".join(str(token) for token in prefix)
