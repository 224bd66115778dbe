"""What the engine gives back: frozen dataclasses. Probabilities are in [0, 1], scores natural-log probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ace_core.collection import Item, Modality

Method = Literal["generation", "dual_tower"]


@dataclass(frozen=True)
class Times:
    """Milliseconds of one query, by part."""

    encode_ms: float
    search_ms: float
    media_ms: float = 0.0  # reading media that the check asked for and memory did not hold
    check_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        return self.encode_ms + self.search_ms + self.media_ms + self.check_ms


@dataclass(frozen=True)
class Hit:
    """One answer. `identifier` has L tokens (coarse, M fine, unique); the dual tower's hits carry it too.

    `item.trained` is False where the retriever has not learnt of the item yet.
    """

    rank: int  # from 1
    item: Item
    identifier: tuple[int, ...]
    score: float  # generation: log p(identifier | query), natural log; dual tower: cosine
    probability: float  # generation: exp(score); dual tower: softmax of the scaled cosine over the pool
    token_probabilities: tuple[float, ...]  # (L,) p(token | prefix, query); empty for the dual tower
    check: float | None = None  # log p(query | item), natural log, where the answers were checked and the item was read
    unchecked_rank: int | None = None  # the rank before the answers were checked


@dataclass(frozen=True)
class Refused:
    """A file that was not added, or an item whose file could not be read, and one sentence that says why."""

    source: str
    reason: str


@dataclass(frozen=True)
class SearchResult:
    query: str
    method: str  # "generation" or "dual_tower"
    hits: tuple[Hit, ...]
    times: Times
    beams: int  # 0 for the dual tower
    pool_size: int  # how many items the answer could have come from
    unread: tuple[Refused, ...] = ()  # items by id that were to be checked and could not be read


@dataclass(frozen=True)
class ComparedItem:
    """One item of a comparison with its rank on each side (None: not among the first k)."""

    item: Item
    generated_rank: int | None
    dual_tower_rank: int | None


@dataclass(frozen=True)
class Comparison:
    query: str
    generated: SearchResult
    dual_tower: SearchResult
    items: tuple[ComparedItem, ...]  # union, ordered by best rank
    answer: Item | None  # the right answer where the query is a known held-out caption
    answer_generated_rank: int | None  # rank in the whole pool's list as far as searched, else None
    answer_dual_tower_rank: int | None
    summary: str  # one sentence: who found what


@dataclass(frozen=True)
class BeamNode:
    """One prefix that the search looked at."""

    prefix: tuple[int, ...]  # tokens so far, length = level + 1
    parent: int | None  # position in the previous step's `nodes`; None at the first step
    log_prob: float  # log p(prefix | query)
    token_probability: float  # p(last token | rest of prefix, query)
    kept: bool  # False: pruned by the beam
    items_below: int  # how many items carry this prefix


@dataclass(frozen=True)
class TraceStep:
    level: int  # 0 = coarse
    nodes: tuple[BeamNode, ...]  # kept ones first, best first; then the best of the pruned


@dataclass(frozen=True)
class Trace:
    result: SearchResult
    steps: tuple[TraceStep, ...]


@dataclass(frozen=True)
class PrefixSummary:
    """What a prefix means: the words its items' captions share, and examples."""

    prefix: tuple[int, ...]
    items_below: int
    words: tuple[str, ...]  # most telling first
    examples: tuple[Item, ...]  # up to four, nearest to the prefix's centre first


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
    not_trained: int  # items added since the retriever was last trained
    level_sizes: tuple[int, ...]  # (L,) tokens a level
    branching: tuple[int, ...]  # (L,) widest node of each level
    parameters: dict[str, int]  # by model
    bundle_bytes: int
    device: str
    index: str
    version: str
    metrics: dict[str, Any]  # as measured when built


@dataclass(frozen=True)
class AddedItem:
    item: Item
    identifier: tuple[int, ...]


@dataclass(frozen=True)
class Addition:
    """What became of the media that were to be added. They can be found at once; `update` trains on them."""

    added: tuple[AddedItem, ...]
    refused: tuple[Refused, ...]
