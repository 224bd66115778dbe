"""The check: what a search found is put in order anew by how likely the captioner is to write the query of each item.

    checked score = own score + w x log p(query | item)         natural logarithms, w a weight for each modality

The second part is the query likelihood of Ponte and Croft (1998), here by the captioner.
The own score is log p(identifier | query), or the dual tower's scaled cosine: but for a constant, its log-softmax over
the pool. Only the first few answers are looked at, and only their order changes. Likelihoods of different modalities
come from different readers and are not compared: items change places with those of their own modality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, Protocol, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ace_core.collection import MODALITIES
from ace_core.errors import ConfigError, MediaError, QueryError
from ace_core.results import Hit, Method, Refused, SearchResult
from ace_core.text import PAD, Tokenizer

if TYPE_CHECKING:
    from ace_core.captioners.writer import CompactCaptioner, Memory

CANDIDATES = 20
GRID = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)  # weights to choose from
ITEMS_AT_ONCE = 64
SENTENCES_AT_ONCE = 8  # of each item
TOKENS_AT_ONCE = 1024  # whose logits over the vocabulary are held at a time


@dataclass(frozen=True)
class CheckConfig:
    weights: dict[str, dict[str, float]]  # by method and modality; a modality that is not named is not checked
    candidates: int = CANDIDATES  # answers that are looked at, from the first
    chosen_on: str = "dev"  # split whose queries chose the weights

    def __post_init__(self) -> None:
        if self.candidates < 1 or set(self.weights) - set(get_args(Method)):
            raise ConfigError("CheckConfig needs one candidate or more, and weights by the methods of a search.")
        for weights in self.weights.values():
            if set(weights) - set(MODALITIES) or not all(0 <= weight < np.inf for weight in weights.values()):
                raise ConfigError("CheckConfig.weights must be finite, not negative, and by modality.")


class Features(Protocol):
    """Where the feature tokens of a collection's items come from."""

    def rows(self, items: Sequence[int]) -> Sequence[np.ndarray | MediaError]:
        """float16 (T, F) of items of one modality, by position, or what is wrong with an item's file."""
        ...


class Reading(NamedTuple):
    """log p(query | item) of B queries and K items each, and items that could not be read."""

    log_likelihoods: np.ndarray  # float32 (B, K), -inf where there is no item
    unread: dict[int, MediaError]  # by position; each has the mean of the query's others of its modality
    media_seconds: float  # of reading the items
    check_seconds: float


class Check:
    """A captioner, the features of N items, and how much its word counts."""

    def __init__(
        self,
        captioner: CompactCaptioner,
        tokenizer: Tokenizer,
        features: Features,
        modalities: Sequence[str] | np.ndarray,
        config: CheckConfig,
    ) -> None:
        """modalities: (N,), one an item."""
        self.captioner, self.tokenizer, self.features = captioner.eval(), tokenizer, features
        self.modalities, self.config = np.asarray(modalities), config

    def log_likelihoods(self, texts: Sequence[str], items: np.ndarray) -> np.ndarray:
        """log p(text | item) float32 (B, K) of B texts and item positions int64 (B, K), -inf where that is -1."""
        return self.read(texts, items).log_likelihoods

    def read(self, texts: Sequence[str], items: np.ndarray) -> Reading:
        """As `log_likelihoods`; an item that several queries ask for is read once. Texts are cut to the captioner's.

        Raises `QueryError` where a likelihood is not finite.
        """
        found = np.where(items >= 0, 0.0, -np.inf).astype(np.float32)
        ids, _ = self.tokenizer.encode_batch(texts, self.captioner.config.max_tokens)
        kinds = np.where(items >= 0, self.modalities[items], "")
        unread: dict[int, MediaError] = {}
        reading = checking = 0.0
        for modality in (name for name in MODALITIES if name in self.captioner.readers):
            for group in _groups(np.where(kinds == modality, items, -1)):
                began = perf_counter()
                rows = self.features.rows([item for item, _ in group])
                there = [(one, row) for one, row in zip(group, rows, strict=True) if isinstance(row, np.ndarray)]
                unread |= {one[0]: row for one, row in zip(group, rows, strict=True) if isinstance(row, MediaError)}
                began, reading = perf_counter(), reading + perf_counter() - began
                if there:
                    table = np.stack([row for _, row in there])
                    self._score(table, modality, ids, [pairs for (_, pairs), _ in there], found)
                checking += perf_counter() - began
        for modality in {self.modalities[item] for item in unread}:
            _fill(found, kinds == modality, np.isin(items, list(unread)))
        return Reading(found, unread, reading, checking)

    def rerank(self, method: Method, items: np.ndarray, own: np.ndarray, log_likelihoods: np.ndarray) -> np.ndarray:
        """Items int64 (B, K), best first, with the candidates in their new order; the others stay where they are."""
        result = items.copy()
        for query, row in enumerate(items):
            seen = np.flatnonzero(row[: self.config.candidates] >= 0)
            order = new_order(
                own[query, seen], log_likelihoods[query, seen], self.modalities[row[seen]], self._weights(method)
            )
            result[query, seen] = row[seen[order]]
        return result

    def checked(self, result: SearchResult, positions: Sequence[int], scale: float) -> SearchResult:
        """The result with its candidates in their new order, and what the check said of each.

        positions: of all hits; scale: of the dual tower's cosines.
        """
        method: Method = "dual_tower" if result.method == "dual_tower" else "generation"
        candidates, rest = result.hits[: self.config.candidates], result.hits[self.config.candidates :]
        items = np.array([positions[: len(candidates)]], dtype=np.int64).reshape(1, -1)
        reading = self.read([result.query], items)
        own = np.array([hit.score for hit in candidates]) * (scale if method == "dual_tower" else 1.0)
        order = new_order(own, reading.log_likelihoods[0], self.modalities[items[0]], self._weights(method))
        hits = tuple(
            replace(candidates[place], rank=rank, unchecked_rank=place + 1, check=self._said(reading, items, place))
            for rank, place in enumerate(order.tolist(), start=1)
        )
        refused = (Refused(self._name(candidates, items, item), str(why)) for item, why in reading.unread.items())
        times = replace(
            result.times,
            media_ms=result.times.media_ms + 1000 * reading.media_seconds,
            check_ms=1000 * reading.check_seconds,
        )
        kept = tuple(replace(hit, unchecked_rank=hit.rank) for hit in rest)
        return replace(result, hits=hits + kept, times=times, unread=tuple(refused))

    def _weights(self, method: Method) -> Mapping[str, float]:
        return self.config.weights.get(method, {})

    def _said(self, reading: Reading, items: np.ndarray, place: int) -> float | None:
        """log p(query | item); None of what was not read, or is of a kind that the captioner does not know."""
        item = int(items[0, place])
        known = item not in reading.unread and self.modalities[item] in self.captioner.readers
        return float(reading.log_likelihoods[0, place]) if known else None

    @staticmethod
    def _name(candidates: Sequence[Hit], items: np.ndarray, item: int) -> str:
        return candidates[items[0].tolist().index(item)].item.id

    @torch.inference_mode()
    def _score(
        self, table: np.ndarray, modality: str, ids: Tensor, pairs: Sequence[np.ndarray], found: np.ndarray
    ) -> None:
        """Fill in `found` (B, K) what is asked of I items: features (I, T, F), pairs (n_i, 2) of query and place.

        A batch holds a few sentences of each item, about equally long: each is as long there as the longest.
        """
        memory = self.captioner.remember(table, modality)  # type: ignore[arg-type]
        lengths = (ids != PAD).sum(-1).numpy()
        sorted_pairs = [own[np.argsort(-lengths[own[:, 0]], kind="stable")] for own in pairs]
        for start in range(0, max(map(len, pairs)), SENTENCES_AT_ONCE):
            parts = [own[start : start + SENTENCES_AT_ONCE] for own in sorted_pairs]
            alive = [item for item, own in enumerate(parts) if len(own)]
            asked = torch.full((len(alive), max(map(len, parts)), ids.shape[1]), PAD)
            for row, item in zip(asked, alive, strict=True):
                row[: len(parts[item])] = ids[torch.from_numpy(parts[item][:, 0])]
            some = memory if len(alive) == len(parts) else memory.take(torch.tensor(alive, device=memory.words.device))
            totals = self._sentences(some, asked[..., : int(lengths[[own[0, 0] for own in parts if len(own)]].max())])
            for total, item in zip(totals, alive, strict=True):
                found[parts[item][:, 0], parts[item][:, 1]] = total[: len(parts[item])]

    def _sentences(self, memory: Memory, ids: Tensor) -> np.ndarray:
        """Log-probabilities float32 (I, C) of sentences int64 (I, C, L), C of each item; a sentence of PAD has 0."""
        ids = ids.to(self.captioner.device)
        hidden, _ = self.captioner.read(memory, ids[..., :-1])
        wanted = ids[..., 1:] != PAD
        steps = torch.zeros(wanted.shape, device=ids.device)
        steps[wanted] = _token_log_probs(self.captioner, hidden[wanted], ids[..., 1:][wanted])
        totals = steps.sum(-1).cpu().numpy()
        if not np.isfinite(totals).all():
            raise QueryError("The check gives values that are not finite; the bundle's captioner is broken.")
        return totals


def new_order(
    own: np.ndarray, log_likelihoods: np.ndarray, modalities: np.ndarray, weights: Mapping[str, float]
) -> np.ndarray:
    """Places int64 (K,) of one list in their new order: each modality keeps its places, a tie keeps the earlier first.

    own, log_likelihoods: float (K,), finite (`ValueError`); modalities (K,).
    """
    if not (np.isfinite(own).all() and np.isfinite(log_likelihoods).all()):
        raise ValueError("scores must be finite")
    order = np.arange(len(own))
    for modality, weight in weights.items():
        places = np.flatnonzero(modalities == modality)
        if weight and len(places):
            scores = own[places].astype(np.float64) + weight * log_likelihoods[places].astype(np.float64)
            order[places] = places[np.argsort(-scores, kind="stable")]
    return order


def choose_weight(items: np.ndarray, answers: np.ndarray, own: np.ndarray, log_likelihoods: np.ndarray) -> float:
    """The weight of `GRID`, the smallest of equals, by which the answers' mean reciprocal rank is highest.

    items int64 (B, K), -1 for none, in pools of one modality; answers int64 (B,); own, log_likelihoods float (B, K).
    """
    there = items >= 0
    if not (np.isfinite(own[there]).all() and np.isfinite(log_likelihoods[there]).all()):
        raise ValueError("scores must be finite")
    means = []
    for weight in GRID:
        scores = np.full(items.shape, -np.inf)
        scores[there] = own[there].astype(np.float64) + weight * log_likelihoods[there].astype(np.float64)
        found = np.take_along_axis(items, np.argsort(-scores, axis=1, kind="stable"), axis=1)
        hit = found == answers[:, None]
        means.append(float(np.where(hit.any(1), 1 / (hit.argmax(1) + 1), 0.0).mean()))
    return GRID[int(np.argmax(means))]


def _groups(items: np.ndarray) -> Iterator[list[tuple[int, np.ndarray]]]:
    """Items (B, K), -1 for none, as groups to be read at once: (item, pairs int64 (n, 2) of query and place).

    Those of a group are asked for about equally often.
    """
    queries, places = np.nonzero(items >= 0)
    wanted = items[queries, places]
    order = np.argsort(wanted, kind="stable")
    names, starts = np.unique(wanted[order], return_index=True)
    pairs = np.split(np.column_stack([queries, places])[order], starts[1:]) if len(names) else []
    several = sorted(zip(names.tolist(), pairs, strict=True), key=lambda one: len(one[1]))
    for start in range(0, len(several), ITEMS_AT_ONCE):
        yield several[start : start + ITEMS_AT_ONCE]


def _token_log_probs(captioner: CompactCaptioner, hidden: Tensor, tokens: Tensor) -> Tensor:
    """float32 (P,): log-probability of each token int64 (P,) after what `hidden` (P, width) has read."""
    parts = [
        -F.cross_entropy(captioner.logits(hidden[start : start + TOKENS_AT_ONCE]), own, reduction="none")
        for start, own in zip(range(0, len(tokens), TOKENS_AT_ONCE), tokens.split(TOKENS_AT_ONCE), strict=True)
    ]
    return torch.cat(parts)


def _fill(found: np.ndarray, same: np.ndarray, unread: np.ndarray) -> None:
    """Give unread items of a modality (`same`) the mean of those of their query that were read; all are (B, K)."""
    read = same & ~unread
    counts = np.maximum(read.sum(1), 1)
    means = np.where(read, found, 0.0).sum(1) / counts
    found[:] = np.where(same & unread, means[:, None].astype(np.float32), found)
