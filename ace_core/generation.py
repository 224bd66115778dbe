"""Generation whole: the retriever, the identifiers that exist, and what it sees ahead where it was trained to look.

Queries that several threads ask at about the same time are answered together (`retriever/batching.py`): one thread of
the process writes for all of them, for whichever collection, so that they do not take each other's processor away.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ace_core.encoders.towers import Space
from ace_core.identifiers.trie import Restriction, Trie
from ace_core.retriever.batching import Batcher
from ace_core.retriever.beam import BeamResult, Search, beam_search
from ace_core.retriever.choosing import AGREEING, LARGE, fastest, overlap, ways
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.frozen_encoder import Read
from ace_core.retriever.look_ahead import LookAhead
from ace_core.retriever.matrices import Precision
from ace_core.retriever.model import Retriever
from ace_core.retriever.packing import Bias
from ace_core.retriever.recorded import Found, Played, Recordings

PROBE_BEAMS = 20


class ReadQueries(NamedTuple):
    """Queries as the search needs them."""

    ids: Tensor  # int64 (B, T)
    mask: Tensor  # bool (B, T)
    encoded: Any  # the decoder's memory of them
    vectors: Tensor | None  # float32 (B, D) in the space that is looked ahead in


class Written(NamedTuple):
    """The answer to one query. Milliseconds are those of all the queries that were answered together with it."""

    found: BeamResult  # of this query alone: B = 1
    read_ms: float
    search_ms: float


class Generation:
    """text -> the identifiers a beam search writes, best first."""

    def __init__(
        self, retriever: Retriever, trie: Trie, space: Space, vectors: np.ndarray, probes: Sequence[str] = ()
    ) -> None:
        """space, vectors float32 (N, D): where a retriever that looks ahead looks; on the trie's device.

        `probes`: queries to find out with whether a large retriever is asked in fewer bits (`retriever/choosing.py`).
        """
        self.retriever, self.trie, self.space = FastRetriever(retriever.eval()), trie, space
        self.device = trie.leaf_items.device
        ahead = retriever.config.look_ahead
        self.look_ahead = None if ahead == "none" else LookAhead(trie, vectors, space.scale, ahead)
        if probes and sum(p.numel() for p in retriever.parameters()) >= LARGE:
            self.retriever = self._chosen(ways(retriever), probes)
        self.recordings = Recordings(self, self.device) if self.device.type == "cuda" else None

    def _chosen(self, models: dict[Precision, FastRetriever], probes: Sequence[str]) -> FastRetriever:
        """The fastest of `models`, where it finds what float32 finds."""

        def ask(model: FastRetriever, texts: Sequence[str] = probes[:1]) -> Tensor:
            self.retriever = model
            return self.search(self.read(texts), PROBE_BEAMS).items.cpu()

        name, plain = fastest(models, ask), models["float32"]
        agrees = name == "float32" or overlap(ask(plain, probes), ask(models[name], probes)) >= AGREEING
        return models[name] if agrees else plain

    @property
    def reads(self) -> str:
        """What a search reads of the items, in words."""
        ahead = self.retriever.config.look_ahead
        told = {
            "none": "",
            "items": " and one vector an item",
            "children": " and node means",
            "means": " and node means",
        }
        return "identifiers, the decoder" + told[ahead]

    def answer(self, text: str, beams: int, restriction: Restriction | None = None, trace: bool = False) -> Written:
        """One query, from any thread. Those who ask with the same beams and restriction may be answered together."""
        if trace:
            return self.write([text], beams, restriction, trace)[0]
        return _together(os.getpid()).ask((self, beams, restriction), text)

    def write(
        self, texts: Sequence[str], beams: int, restriction: Restriction | None = None, trace: bool = False
    ) -> list[Written]:
        """Several queries at once; only of one alone a trace can be kept."""
        started = perf_counter()
        ids, mask, vectors = self._prepared(texts)
        prepared = perf_counter() - started
        recordings = None if trace else self.recordings
        played = None if recordings is None else recordings.play(ids, mask, vectors, beams, restriction)
        if played is None:
            started = perf_counter()
            queries = self._encoded(ids, mask, vectors)
            began = perf_counter()
            found = self.search(queries, beams, restriction, trace)
            found.items.cpu()  # waits for the device
            played = Played(found, 1000 * (began - started), 1000 * (perf_counter() - began))
        found, read_ms, search_ms = played.found, 1000 * prepared + played.read_ms, played.search_ms
        items = found.items.cpu()
        scores, codes, tokens = (part.cpu() for part in (found.log_probs, found.codes, found.token_log_probs))
        each = [slice(row, row + 1) for row in range(len(texts))]
        return [
            Written(BeamResult(items[row], scores[row], codes[row], tokens[row], found.steps), read_ms, search_ms)
            for row in each
        ]

    def read(self, texts: Sequence[str]) -> ReadQueries:
        return self._encoded(*self._prepared(texts))

    def _prepared(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor | None]:
        """Token ids int64 (B, T), their mask bool (B, T), and where it looks ahead, vectors float32 (B, D)."""
        ids, mask = self.retriever.tokenize(texts)
        if self.look_ahead is None:
            return ids, mask, None
        return ids, mask, torch.from_numpy(self.space.encode_texts(list(texts))).to(self.device)

    @torch.inference_mode()
    def _encoded(self, ids: Tensor, mask: Tensor, vectors: Tensor | None) -> ReadQueries:
        encoded = self.retriever.encode(ids.to(self.device), mask.to(self.device))
        return ReadQueries(ids, mask, encoded, vectors)

    def search(
        self, queries: ReadQueries, beams: int, restriction: Restriction | None = None, trace: bool = False
    ) -> BeamResult:
        with torch.inference_mode():
            guide = None
            if self.look_ahead is not None and queries.vectors is not None:
                guide = self.look_ahead.see(queries.vectors, restriction)
        return beam_search(
            self.retriever,
            queries.ids,
            queries.mask,
            self.trie,
            beams,
            restriction,
            trace,
            encoded=queries.encoded,
            guide=guide,
        )

    # What is recorded

    def read_recorded(self, ids: Tensor, mask: Tensor) -> Read:
        return self.retriever.encode(ids, mask)

    def search_recorded(
        self, encoded: Read, vectors: Tensor | None, beams: int, restriction: Restriction | None
    ) -> Found:
        encoded = encoded._replace(bias=Bias(encoded.bias.plain))  # what it made of itself before is not recorded
        guide = None
        if self.look_ahead is not None and vectors is not None:
            guide = self.look_ahead.see(vectors, restriction)
        return Search(self.retriever, self.trie, beams, restriction, guide, fixed=True).run(encoded, encoded.batch)


@cache
def _together(process: int) -> Batcher[tuple[Generation, int, Restriction | None], str, Written]:
    """The one who answers in a process, by its number: a fork has no thread of its parent's."""
    return Batcher(lambda key, texts: key[0].write(texts, *key[1:]))
