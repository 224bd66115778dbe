"""Cost against the size of the collection: writing an identifier, and the dual tower with three indexes.

Encoding and search apart. Searches by generation of all sizes are timed in turn with each other and with the three
text encoders; the indexes of one size in turn with each other, since all of them at once would need too much memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from ace_core.bench.indexes import MeasuredIndex, recall
from ace_core.bench.machine import Facts, Setting, arranged, facts
from ace_core.bench.made import clustered_vectors, queries_near, random_queries
from ace_core.bench.models import ClipText, Shape, clip_ids, compact_text, megabytes
from ace_core.bench.timing import Spread, Tell, about, interleave, quiet
from ace_core.bench.writing import AHEAD, WAYS, Query, Writers, one_by_one, turning
from ace_core.dual_tower import IndexKind
from ace_core.encoders.space import JointSpace
from ace_core.errors import ConfigError
from ace_core.progress import EventLog

STAGES = ("models", "generation", "indexes", "searches")  # of a measurement, as its events name them
TOWERS = {
    "clip": "CLIP's text tower, 77 tokens as usual",
    "clip_cut": "CLIP's text tower, cut behind the query",
    "compact": "our compact text tower",
}
FOUND = 10  # items asked of an index, and of its recall


@dataclass(frozen=True)
class ScaleOptions:
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    shape: Shape = field(default_factory=Shape)
    dimension: int = 512  # of vectors and text towers
    clip_layers: int = 12
    methods: tuple[str, ...] = (*WAYS, *TOWERS)  # ways to write, and text towers
    indexes: tuple[IndexKind, ...] = ("flat", "ivf", "hnsw")
    hnsw_up_to: int = 100_000  # items: its graph of a million takes longer to build than all the rest to measure
    ahead_limit: int = 100_000  # items up to which looking ahead is measured; its tables need a lot of memory
    queries: int = 16  # different ones, asked one at a time
    recall_queries: int = 256

    def __post_init__(self) -> None:
        if not self.sizes or min(self.sizes) < 1:
            raise ConfigError(f"ScaleOptions.sizes must be numbers of items, not {self.sizes}.")
        known = (*WAYS, *TOWERS)
        if unknown := [method for method in self.methods if method not in known]:
            raise ConfigError(f"There is no method {unknown[0]!r} to measure; known: {', '.join(known)}.")

    @property
    def ways(self) -> list[str]:
        """To write, in their usual order."""
        return [way for way in WAYS if way in self.methods]

    def indexes_of(self, size: int) -> tuple[IndexKind, ...]:
        """Those that are built of so many items."""
        return tuple(kind for kind in self.indexes if kind != "hnsw" or size <= self.hnsw_up_to)


@dataclass(frozen=True)
class ScaleRow:
    """One query alone. `method`: a text tower + an index, such as clip+flat, or one of

    generation            the decoder with both fusions
    generation_plain      without them
    generation_unskipped  with them, and the model is asked of every beam at every level
    generation_ahead      with them, and looking ahead at every item's vector, as a bundle may
    """

    items: int
    method: str
    encode_ms: float
    search_ms: float
    recall: float | None  # share of the exact 10 best; None for generation, which has no vectors to be exact about
    memory_mb: float  # of what grows with the collection: the trie, or the index
    encode: Spread
    search: Spread
    model_mb: float  # of the model that reads the query
    build_seconds: float


@dataclass(frozen=True)
class Growth:
    """Time at the largest size measured / time at the smallest."""

    items: int  # the largest
    whole: float  # reading the query included
    search: float


@dataclass(frozen=True)
class ScaleResult:
    rows: tuple[ScaleRow, ...]
    growth: dict[str, Growth]  # of generation
    options: ScaleOptions
    facts: Facts


def measure(
    options: ScaleOptions | None = None,
    setting: Setting | None = None,
    tell: Tell = quiet,
    events: EventLog | None = None,
) -> ScaleResult:
    """All methods at all sizes. `events`, of `STAGES`, is for a program that watches."""
    events = events or EventLog(None, STAGES)
    options, setting = options or ScaleOptions(), setting or Setting(rounds=30)
    options = replace(options, sizes=tuple(sorted(set(options.sizes))))
    with arranged(setting) as device, torch.inference_mode():
        run_on = facts(setting)
        rows, towers = _generation(options, setting, device, tell, events)
        if options.indexes:
            rows += _dual_tower(options, setting, towers, tell, events)
    events.finished("measured")
    growth = {
        method: _growth([row for row in rows if row.method == method])
        for method in WAYS
        if any(row.method == method for row in rows)
    }
    return ScaleResult(tuple(sorted(rows, key=lambda row: row.items)), growth, options, run_on)


def _growth(rows: list[ScaleRow]) -> Growth:
    """`rows` of one method, by size."""
    first, last = rows[0], rows[-1]
    whole = (last.encode_ms + last.search_ms) / (first.encode_ms + first.search_ms)
    return Growth(last.items, round(whole, 3), round(last.search_ms / first.search_ms, 3))


def _generation(
    options: ScaleOptions, setting: Setting, device: torch.device, tell: Tell, events: EventLog
) -> tuple[list[ScaleRow], dict[str, tuple[Spread, float]]]:
    """Rows of generation, and every text tower's time and megabytes."""
    tell("building the tries and the models")
    shape = options.shape
    with events.stage("models"):
        compact = compact_text(options.dimension, shape.vocabulary).to(device)
        words = random_queries(options.queries, shape.query_tokens, shape.vocabulary, setting.seed)
        asked = one_by_one(*words, device)
        writers = Writers(options.sizes, shape, compact, asked, setting.seed, options.ways)
        blind = [way for way in options.ways if way != AHEAD]
        searches = {(way, size): writers.searching(way, size) for way in blind for size in options.sizes}
        for size in options.sizes:
            if AHEAD in options.ways and size <= options.ahead_limit:
                tell(f"what can be seen ahead of {size:,} items")
                searches[AHEAD, size] = writers.seeing(size, options.dimension)
        encoders, towers_mb = _encoders(options, asked, compact, device)
    arms = {f"{way} {size}": search for (way, size), search in searches.items()}
    told = about("generation and encoders", tell)
    with events.stage("generation"):
        spreads = interleave(writers.reading() | arms | encoders, setting.rounds, device=device, tell=told)
    rows = [
        _row(
            size,
            way,
            encode=spreads[way],
            search=spreads[f"{way} {size}"],
            memory_mb=writers.memory_mb[way, size],
            model_mb=writers.model_mb[way],
            seconds=writers.seconds[size],
        )
        for way, size in searches
    ]
    return rows, {name: (spreads[name], towers_mb[name]) for name in encoders}


def _encoders(
    options: ScaleOptions, asked: list[Query], compact: JointSpace, device: torch.device
) -> tuple[dict[str, Callable[[], Any]], dict[str, float]]:
    """The text towers as arms, from token ids to a vector, and their megabytes; none where no index is measured."""
    models: dict[str, nn.Module] = {}
    arms: dict[str, Callable[[], Any]] = {}
    wanted = [tower for tower in TOWERS if tower in options.methods and options.indexes]
    if {"clip", "clip_cut"} & set(wanted):
        models["clip"] = clip = ClipText(options.dimension, options.clip_layers).to(device)
        arms["clip"] = turning([partial(clip, clip_ids(ids, padded=True)) for ids, _ in asked])
    if "clip_cut" in wanted:
        cut = [clip_ids(ids, padded=False) for ids, _ in asked]
        models["clip_cut"] = shorter = clip.cut(cut[0].shape[1]).to(device)
        arms["clip_cut"] = turning([partial(shorter, ids) for ids in cut])
    if "compact" in wanted:
        models["compact"] = compact.text
        arms["compact"] = turning([partial(compact.encode_text_ids, *query) for query in asked])
    return {name: arms[name] for name in wanted}, {name: megabytes(models[name]) for name in wanted}


def _dual_tower(
    options: ScaleOptions, setting: Setting, towers: dict[str, tuple[Spread, float]], tell: Tell, events: EventLog
) -> list[ScaleRow]:
    """Rows of every text tower with every index; an index does not know which tower asks it."""
    tell("making the vectors")
    with events.stage("indexes"):
        vectors = clustered_vectors(options.sizes[-1], options.dimension, setting.seed)
        queries = queries_near(vectors[: options.sizes[0]], options.recall_queries, setting.seed + 1)
    rows = []
    for size in options.sizes:
        indexes: dict[IndexKind, MeasuredIndex] = {}
        with events.stage("indexes"):
            for kind in options.indexes_of(size):
                tell(f"building {kind} of {size:,} vectors")
                indexes[kind] = MeasuredIndex.build(vectors[:size], kind, torch.get_num_threads())
        arms: dict[str, Callable[[], Any]] = {kind: _searching(index, queries) for kind, index in indexes.items()}
        with events.stage("searches"):
            spreads = interleave(arms, setting.rounds, tell=about(f"indexes of {size:,}", tell))
            recalls = {kind: recall(index, queries, FOUND) for kind, index in indexes.items()}
        for kind, index in indexes.items():
            rows += [
                _row(
                    size,
                    f"{tower}+{kind}",
                    encode=encode,
                    search=spreads[kind],
                    memory_mb=index.memory_bytes / 1e6,
                    model_mb=model_mb,
                    seconds=index.build_seconds,
                    found=recalls[kind],
                )
                for tower, (encode, model_mb) in towers.items()
            ]
    return rows


def _searching(index: MeasuredIndex, queries: np.ndarray) -> Callable[[], Any]:
    return turning([partial(index.search, query[None], FOUND) for query in queries])


def _row(
    items: int,
    method: str,
    *,
    encode: Spread,
    search: Spread,
    memory_mb: float,
    model_mb: float,
    seconds: float,
    found: float | None = None,
) -> ScaleRow:
    return ScaleRow(
        items=items,
        method=method,
        encode_ms=encode.median_ms,
        search_ms=search.median_ms,
        recall=found,
        memory_mb=round(memory_mb, 3),
        encode=encode,
        search=search,
        model_mb=model_mb,
        build_seconds=round(seconds, 3),
    )
