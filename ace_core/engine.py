"""The one door for page, command line and API: ask a bundle by generation or by dual tower, and see how it answered.

An engine is read-only after `load`; any number of threads may ask it at once.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, get_args

import numpy as np
import torch

from ace_core.bundle import Bundle
from ace_core.collection import MODALITIES, Collection, Item, Modality
from ace_core.comparison import compared, first
from ace_core.datasets.folder import modality_of
from ace_core.dual_tower import DualTower, IndexKind, VectorIndex
from ace_core.encoders.base import Encoder, Media
from ace_core.errors import CollectionError, ConfigError, QueryError
from ace_core.evaluation.protocol import text_hash
from ace_core.meaning import PrefixWords
from ace_core.parts import Parts, load_encoder, load_parts
from ace_core.results import (
    Comparison,
    Hit,
    PrefixSummary,
    SearchResult,
    Times,
    Trace,
)
from ace_core.retriever.beam import BeamResult, beam_search, trace_steps

Method = Literal["generation", "dual_tower"]

MAX_QUERY = 300  # characters
MAX_K = 100
MAX_BEAMS = 200


@dataclass(frozen=True)
class Example:
    """A query of a held-out item that the engine answers, chosen when the bundle was built."""

    query: str
    modality: Modality
    item: Item


@dataclass(frozen=True)
class Identification:
    """How an item, or a media file that may be new, is written as an identifier."""

    source: str  # item id or file name
    modality: Modality
    item: Item | None  # None: not in the collection
    identifier: tuple[int, ...]
    exists: bool  # False: the identifier is what the file would get if it were added
    nearest: tuple[Hit, ...]  # most alike items of the collection in the identifiers' space, itself left out


@dataclass(frozen=True)
class EngineInfo:
    """What a loaded bundle is."""

    name: str
    items: dict[str, int]  # by modality
    held_out: dict[str, int]  # by modality
    level_sizes: tuple[int, ...]  # (L,) tokens a level
    branching: tuple[int, ...]  # (L,) widest node of each level
    parameters: dict[str, int]  # by model
    bundle_bytes: int
    device: str
    index: str
    version: str
    metrics: dict[str, Any]  # as measured when built


class Engine:
    def __init__(self, bundle: Bundle, parts: Parts, device: torch.device, index: IndexKind = "flat") -> None:
        self.bundle = bundle
        self.collection: Collection = bundle.collection
        self.device = device
        self.parts = parts
        self.tokenizer = parts.tokenizer
        self.retriever = parts.retriever.to(device).eval()
        self.trie = parts.trie().to(device)
        self.codes: np.ndarray = parts.codes
        self.dual_tower = DualTower(parts.dual_tower.to(device), parts.tokenizer, parts.dual_vectors, index)
        self._scale = float(parts.dual_tower.scale)
        self._modalities = np.array([item.modality for item in self.collection])
        self._answers = {
            text_hash(query.text): position
            for position in reversed(self.collection.of(split="held_out"))
            for query in self.collection[position].queries
        }

    @classmethod
    def load(
        cls,
        bundle: Path | str,
        device: str = "auto",
        media_root: Path | str | None = None,
        index: IndexKind = "flat",
        warm_up: bool = True,
    ) -> Engine:
        """Verify and load a bundle; `index` is the dual tower's: flat, ivf or hnsw. Raises `BundleError`."""
        opened = Bundle.open(Path(bundle), Path(media_root) if media_root else None)
        engine = cls(opened, load_parts(opened), _device(device), index)
        if warm_up:
            engine.compare("warm up", k=1, beams=2)
        return engine

    # Asking

    def search(
        self,
        text: str,
        k: int = 12,
        beams: int = 20,
        modality: Modality | None = None,
        prefix: Sequence[int] = (),
        method: Method = "generation",
    ) -> SearchResult:
        """The k best items, optionally only of a modality and below a prefix of identifiers. Raises `QueryError`.

        `beams` is raised to k where it is less.
        """
        query = self._check(text, k, beams, modality)
        allowed = self._allowed(modality, tuple(prefix))
        if method not in get_args(Method):
            raise QueryError(f"There is no method {method!r}; choose one of {', '.join(get_args(Method))}.")
        if method == "dual_tower":
            return self._search_dual_tower(query, k, allowed)
        return first(self._generate(query, max(beams, k), allowed)[0], k)

    def compare(self, text: str, k: int = 12, beams: int = 20, modality: Modality | None = None) -> Comparison:
        """Generation and dual tower on the same query and pool, joined by item."""
        query = self._check(text, k, beams, modality)
        allowed = self._allowed(modality, ())
        generated, _ = self._generate(query, max(beams, k), allowed)
        dual_tower = self._search_dual_tower(query, k, allowed)
        answer = self.known_answer(query)
        generated_rank = next((hit.rank for hit in generated.hits if answer and hit.item.id == answer.id), None)
        tower_rank = self._dual_tower_rank(query, answer, allowed) if answer else None
        return compared(first(generated, k), dual_tower, answer, generated_rank, tower_rank)

    def trace(self, text: str, beams: int = 20, modality: Modality | None = None, k: int = 12) -> Trace:
        """A search by generation with exactly `beams` beams, and every step that led to it."""
        query = self._check(text, k, beams, modality)
        result, found = self._generate(query, beams, self._allowed(modality, ()), trace=True)
        return Trace(result=first(result, k), steps=trace_steps(found, 0, self.trie))

    def rank(
        self, texts: Sequence[str], k: int, beams: int, allowed: np.ndarray | None = None, method: Method = "generation"
    ) -> np.ndarray:
        """Item positions int64 (Q, k) for many queries at once, -1 for none; what measurements are made with.

        allowed: bool (N,), the pool; None: every item.
        """
        if method == "dual_tower":
            return self.dual_tower.search(texts, k, allowed)[0]
        ids, mask = self.retriever.tokenize(texts)
        found = beam_search(self.retriever, ids, mask, self.trie, max(beams, k), self._restriction(allowed))
        items = found.items.cpu().numpy()[:, :k]
        return np.pad(items, ((0, 0), (0, k - items.shape[1])), constant_values=-1)

    # Understanding

    def identify(self, source: str | Path, k: int = 8) -> Identification:
        """The identifier of an item by id, or of a media file by path, and the items most alike.

        A file needs a bundle whose encoder reads media; the unique token is the first that is free.
        """
        if not 1 <= k <= MAX_K:
            raise QueryError(f"The number of near items must be from 1 to {MAX_K}, not {k}.")
        try:
            position = self.collection.index(str(source))
        except CollectionError:
            return self._identify_file(Path(source), k)
        item = self.collection[position]
        others = np.arange(len(self.collection)) != position
        return Identification(
            source=item.id,
            modality=item.modality,
            item=item,
            identifier=self.identifier(position),
            exists=True,
            nearest=self._nearest(self.parts.vectors[position], k, others),
        )

    def describe(self, prefix: Sequence[int]) -> PrefixSummary:
        """What a prefix means: the words that tell its items' texts from the rest, and examples.

        Raises `QueryError` where no identifier begins with it.
        """
        return self._describe(tuple(int(token) for token in prefix))

    def exists(self, prefix: Sequence[int]) -> bool:
        """Whether any identifier begins with the prefix."""
        return self.trie.find(tuple(prefix)) is not None

    def examples(self) -> tuple[Example, ...]:
        """Example queries for each modality."""
        return tuple(
            Example(entry["query"], item.modality, item)
            for entry in self.parts.examples
            for item in [self.item(entry["item"])]
        )

    def known_answer(self, text: str) -> Item | None:
        """The held-out item that this very sentence was written for, if any."""
        position = self._answers.get(text_hash(text))
        return None if position is None else self.collection[position]

    def item(self, item_id: str) -> Item:
        """An item by id. Raises `QueryError` where there is none."""
        try:
            return self.collection[self.collection.index(item_id)]
        except CollectionError as error:
            raise QueryError(str(error)) from None

    def identifier(self, position: int) -> tuple[int, ...]:
        return tuple(self.codes[position].tolist())

    def media_path(self, item: Item) -> Path:
        return self.collection.media_path(item)

    def info(self) -> EngineInfo:
        import ace_core

        counts = {name: len(self.collection.of(name)) for name in MODALITIES}
        present: dict[str, int] = {name: count for name, count in counts.items() if count}
        return EngineInfo(
            name=self.collection.name,
            items=present,
            held_out={name: len(self.collection.of(name, "held_out")) for name in MODALITIES if counts[name]},
            level_sizes=self.trie.level_sizes,
            branching=self.trie.branching,
            parameters=self.parts.parameters(),
            bundle_bytes=self.bundle.size_bytes,
            device=str(self.device),
            index=self.dual_tower.index.kind,
            version=ace_core.__version__,
            metrics=dict(self.parts.metrics),
        )

    # Inside: checks and pools

    def _check(self, text: str, k: int, beams: int, modality: str | None) -> str:
        query = " ".join(text.split())
        if not query:
            raise QueryError("The query is empty; describe what you look for in a sentence.")
        if len(query) > MAX_QUERY:
            raise QueryError(f"The query has {len(query)} characters; at most {MAX_QUERY} are read, so shorten it.")
        if not 1 <= k <= MAX_K:
            raise QueryError(f"The number of results must be from 1 to {MAX_K}, not {k}.")
        if not 1 <= beams <= MAX_BEAMS:
            raise QueryError(f"The number of beams must be from 1 to {MAX_BEAMS}, not {beams}.")
        if modality is not None and not (self._modalities == modality).any():
            raise QueryError(f"This collection has no items of modality {modality!r}.")
        return query

    def _allowed(self, modality: Modality | None, prefix: tuple[int, ...]) -> np.ndarray | None:
        """bool (N,): the pool; None for the whole collection."""
        if modality is None and not prefix:
            return None
        allowed = np.ones(len(self.collection), dtype=bool)
        if modality is not None:
            allowed &= self._modalities == modality
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

    def _restriction(self, allowed: np.ndarray | None) -> Any:
        return None if allowed is None else self.trie.restrict(torch.from_numpy(allowed).to(self.device))

    # Inside: the two ways

    def _generate(
        self, query: str, beams: int, allowed: np.ndarray | None, trace: bool = False
    ) -> tuple[SearchResult, BeamResult]:
        started = perf_counter()
        ids, mask = self.retriever.tokenize([query])
        with torch.inference_mode():
            encoded = self.retriever.encode(ids.to(self.device), mask.to(self.device))
        began = perf_counter()
        restriction = self._restriction(allowed)
        found = beam_search(self.retriever, ids, mask, self.trie, beams, restriction, trace, encoded=encoded)
        items, scores = found.items[0].tolist(), found.log_probs[0].tolist()
        tokens = found.token_log_probs[0].float().exp().tolist()
        ended = perf_counter()
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
        times = Times(encode_ms=1000 * (began - started), search_ms=1000 * (ended - began))
        return SearchResult(query, "generation", hits, times, beams, self._pool_size(allowed)), found

    def _search_dual_tower(self, query: str, k: int, allowed: np.ndarray | None) -> SearchResult:
        started = perf_counter()
        vector = self.dual_tower.encode([query])
        began = perf_counter()
        items, cosines = self.dual_tower.index.search(vector, k, allowed)
        ended = perf_counter()
        # Only the display needs the whole pool's cosines, so they are not part of the search time.
        log_probabilities = self.dual_tower.log_probabilities(vector, self._scale, allowed)[0]
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
        return SearchResult(query, "dual_tower", hits, times, 0, self._pool_size(allowed))

    def _dual_tower_rank(self, query: str, answer: Item, allowed: np.ndarray | None) -> int | None:
        """Rank of the answer in the whole pool; a tie counts against it."""
        position = self.collection.index(answer.id)
        if allowed is not None and not allowed[position]:
            return None
        cosines = (self.dual_tower.encode([query]) @ self.dual_tower.index.vectors.T)[0]
        pool = cosines if allowed is None else cosines[allowed]
        return int((pool >= cosines[position]).sum())

    # Inside: identify and describe

    def _identify_file(self, path: Path, k: int) -> Identification:
        if not path.is_file():
            raise QueryError(f"{str(path)!r} is neither an item of the collection nor a file; give one of the two.")
        modality = modality_of(path)
        encoder = self._encoder
        if encoder is None or modality not in encoder.modalities:
            raise QueryError(
                "This bundle was built from ready vectors, so it cannot read new media; give an item's id."
            )
        vector = encoder.encode_media([Media(path, modality)])[0]
        codes = tuple(self.parts.codec.encode(vector[None], [modality])[0].tolist())
        same = (self.codes[:, :-1] == np.array(codes)).all(axis=1)
        return Identification(
            source=path.name,
            modality=modality,
            item=None,
            identifier=(*codes, self._free_unique_token(self.codes[same, -1])),
            exists=False,
            nearest=self._nearest(vector, k, self._modalities == modality),
        )

    @staticmethod
    def _free_unique_token(taken: np.ndarray) -> int:
        return min(set(range(len(taken) + 1)) - set(taken.tolist()))

    def _nearest(self, vector: np.ndarray, k: int, allowed: np.ndarray) -> tuple[Hit, ...]:
        """Items whose vectors are most like `vector` float32 (D,) in the identifiers' space."""
        items, cosines = self._vector_index.search(vector[None], k, allowed)
        return tuple(
            Hit(rank, self.collection[position], self.identifier(position), cosine, 0.0, ())
            for rank, (position, cosine) in enumerate(zip(items[0].tolist(), cosines[0].tolist(), strict=True), start=1)
            if position >= 0
        )

    @functools.cached_property
    def _encoder(self) -> Encoder | None:
        return load_encoder(self.bundle)

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

    @functools.lru_cache(maxsize=4096)  # noqa: B019  (an engine lives as long as the process)
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


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch says either for a device that is not there
        raise ConfigError(f"The device {name!r} cannot be used here ({str(error).splitlines()[0]}).") from error
    return torch.device(name)


def _dashed(prefix: Sequence[int]) -> str:
    return "-".join(str(token) for token in prefix)
