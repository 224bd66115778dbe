"""Ways to write an identifier at several sizes of the collection, as arms that can be timed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from ace_core.bench.constraint import trie_bytes
from ace_core.bench.made import clustered_vectors, random_identifiers
from ace_core.bench.models import Shape, megabytes, retriever
from ace_core.encoders.space import JointSpace
from ace_core.identifiers.trie import Trie
from ace_core.retriever.beam import Search
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.look_ahead import LookAhead

FUSED, PLAIN, UNSKIPPED = "generation", "generation_plain", "generation_unskipped"
AHEAD = "generation_ahead"
WAYS = (FUSED, PLAIN, UNSKIPPED, AHEAD)

_SCALE = 20.0  # of a cosine, as a dual tower learns it; any costs the same
Query = tuple[Tensor, Tensor]  # ids int64 (1, T), mask bool (1, T)


class Writers:
    """Tries of several sizes and the models that write over them; one query at a time."""

    def __init__(
        self,
        sizes: Sequence[int],
        shape: Shape,
        compact: JointSpace,
        asked: Sequence[Query],
        seed: int,
        ways: Sequence[str] = WAYS,
    ) -> None:
        """`compact`: the text tower that looks ahead; `asked`: the queries, on its device; `ways`: some of `WAYS`."""
        self.ways = ways
        self.shape, self.compact, self.asked, self.seed = shape, compact, asked, seed
        device = asked[0][0].device
        self.tries: dict[int, Trie] = {}
        self.seconds: dict[int, float] = {}
        for size in sizes:
            codes = random_identifiers(size, shape.level_sizes, seed)
            began = perf_counter()
            self.tries[size] = Trie.build(codes, shape.level_sizes).to(device)
            self.seconds[size] = perf_counter() - began
        self.models: dict[str, FastRetriever] = {}
        self.model_mb: dict[str, float] = {}
        for like in ((FUSED, UNSKIPPED, AHEAD), (PLAIN,)):
            if wanted := [way for way in like if way in ways]:
                model = retriever(shape, fused=PLAIN not in like).to(device)
                self.models |= dict.fromkeys(wanted, FastRetriever(model))
                self.model_mb |= dict.fromkeys(wanted, megabytes(model))
        if AHEAD in ways:
            self.model_mb[AHEAD] = round(self.model_mb[AHEAD] + megabytes(compact.text), 1)
        self.memory_mb = {(way, size): trie_bytes(trie) / 1e6 for way in ways for size, trie in self.tries.items()}

    def reading(self) -> dict[str, Callable[[], Any]]:
        """For every way, reading a query."""
        reads = {way: self._read if way == AHEAD else self.models[way].encode for way in self.ways}
        return {way: turning([partial(read, *query) for query in self.asked]) for way, read in reads.items()}

    def searching(self, way: str, size: int) -> Callable[[], Any]:
        """Writing for queries that were read, without looking ahead."""
        model = self.models[way]
        search = Search(model, self.tries[size], self.shape.beams, fixed=way == UNSKIPPED)
        return turning([partial(search.run, model.encode(*query), 1) for query in self.asked])

    def seeing(self, size: int, dimension: int) -> Callable[[], Any]:
        """Looking ahead at items' vectors of `dimension`, and writing."""
        vectors = clustered_vectors(size, dimension, self.seed)
        look = LookAhead(self.tries[size], vectors, _SCALE)
        self.memory_mb[AHEAD, size] += sum(part.nbytes for part in look.means) / 1e6

        def run(encoded: Any, vector: Tensor) -> Any:
            guide = look.see(vector)
            return Search(self.models[AHEAD], look.trie, self.shape.beams, guide=guide).run(encoded, 1)

        return turning([partial(run, *self._read(*query)) for query in self.asked])

    def _read(self, ids: Tensor, mask: Tensor) -> tuple[Any, Tensor]:
        """A query as the decoder reads it, and its vector (1, D), with which it looks ahead."""
        return self.models[AHEAD].encode(ids, mask), self.compact.encode_text_ids(ids, mask)


def turning(runs: Iterable[Callable[[], Any]]) -> Callable[[], Any]:
    """One of `runs` a call, in turn, so that no query is answered from the processor's caches alone."""
    order = itertools.cycle(list(runs))
    return lambda: next(order)()


def one_by_one(ids: Tensor, mask: Tensor, device: torch.device) -> list[Query]:
    """Queries (Q, T) as Q of (1, T)."""
    return [(ids[i : i + 1].to(device), mask[i : i + 1].to(device)) for i in range(len(ids))]
