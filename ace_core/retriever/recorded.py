"""Searches recorded once and played back, for GPUs: launching the hundreds of small kernels of a search one by one
takes longer than running them, and a CUDA graph launches them all at once.

What is recorded has fixed shapes: queries are filled up to the next power of two, their tokens to a multiple of 16.
A recording is made over blanks, when its shape is asked for a second time, and is kept only if it then says of real
queries what a search without it says; so nothing of the blanks can have stuck to it.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields
from time import perf_counter
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from ace_core.identifiers.trie import Restriction
from ace_core.retriever.beam import BeamResult, refuse_unless_finite

TOKENS = 16  # queries are filled up to a multiple of these
MOST = 32  # recordings that are kept; the one played the longest ago gives way
REMEMBERED = 256  # shapes that were asked for once
WARM_UPS = 3
Found = tuple[BeamResult, dict[int, Tensor]]  # as `Search.run` gives it
Outcome = TypeVar("Outcome")

log = logging.getLogger("ace.recorded")


class Plain(Protocol):
    """The search that is recorded, in two parts that are timed apart; it may read nothing back from the device."""

    def read_recorded(self, ids: Tensor, mask: Tensor) -> Any: ...
    def search_recorded(
        self, encoded: Any, vectors: Tensor | None, beams: int, restriction: Restriction | None
    ) -> Found: ...


class Recorder(Protocol):
    def __call__(self, run: Callable[[], Outcome]) -> tuple[Callable[[], None], Outcome]:
        """What runs it again, and the outcome, whose tensors hold the new values then."""
        ...


class Played(NamedTuple):
    found: BeamResult
    read_ms: float
    search_ms: float


def cuda_graph(run: Callable[[], Outcome]) -> tuple[Callable[[], None], Outcome]:
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UPS):
            run()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outcome = run()
    return graph.replay, outcome


class Inputs(NamedTuple):
    ids: Tensor  # int64 (B, T)
    mask: Tensor  # bool (B, T)
    vectors: Tensor | None  # float32 (B, D)

    def filled(self, device: torch.device) -> Inputs:
        """Of the shape that is recorded, on the device; what is added is blank."""
        batch, tokens = 1 << (len(self.ids) - 1).bit_length(), -(-self.ids.shape[1] // TOKENS) * TOKENS

        def fill(part: Tensor, *shape: int) -> Tensor:
            whole = torch.zeros(shape, dtype=part.dtype, device=device)
            whole[: len(part), : part.shape[1]] = part.to(device)
            return whole

        vectors = None if self.vectors is None else fill(self.vectors, batch, self.vectors.shape[1])
        return Inputs(fill(self.ids, batch, tokens), fill(self.mask, batch, tokens), vectors)

    def take(self, other: Inputs) -> None:
        for mine, new in zip(self, other, strict=True):
            if mine is not None and new is not None:
                mine.copy_(new)


@dataclass(frozen=True)
class Recording:
    inputs: Inputs
    read: Callable[[], None]
    search: Callable[[], None]
    found: Found
    _encoded: Any  # must live as long as what is played reads it

    def play(self, inputs: Inputs, queries: int) -> Played:
        started = perf_counter()
        self.inputs.take(inputs)
        self.read()
        _wait(self.inputs.ids.device)
        began = perf_counter()
        self.search()
        result, finite = self.found
        refuse_unless_finite(finite)  # waits for the device
        own = {field.name: getattr(result, field.name) for field in fields(result) if field.name != "steps"}
        copy = BeamResult(**{name: part[:queries].clone() for name, part in own.items()})
        return Played(copy, 1000 * (began - started), 1000 * (perf_counter() - began))


class Recordings:
    """Those of one search on one device, played one at a time."""

    def __init__(self, plain: Plain, device: torch.device, record: Recorder = cuda_graph) -> None:
        self.plain, self.device, self.record = plain, device, record
        self._kept: OrderedDict[Any, Recording | None] = OrderedDict()  # None: to be searched plainly, always
        self._asked: OrderedDict[Any, None] = OrderedDict()
        self._playing = threading.Lock()

    def __len__(self) -> int:
        """How many can be played."""
        return sum(recording is not None for recording in self._kept.values())

    @torch.inference_mode()
    def play(
        self, ids: Tensor, mask: Tensor, vectors: Tensor | None, beams: int, restriction: Restriction | None
    ) -> Played | None:
        """The answer to queries ids int64 (B, T), mask bool (B, T), vectors (B, D); None: nothing is recorded."""
        with self._playing:
            return self._play(Inputs(ids, mask, vectors).filled(self.device), len(ids), beams, restriction)

    def _play(self, inputs: Inputs, queries: int, beams: int, restriction: Restriction | None) -> Played | None:
        key = (*inputs.ids.shape, beams, restriction)
        if key not in self._kept:
            if key not in self._asked:  # what is asked only once, such as a filter of its own, is not worth a recording
                self._asked[key] = None
                while len(self._asked) > REMEMBERED:
                    self._asked.popitem(last=False)
                return None
            self._kept[key] = self._recorded(inputs, beams, restriction)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        recording = self._kept[key]
        return None if recording is None else recording.play(inputs, queries)

    def _recorded(self, real: Inputs, beams: int, restriction: Restriction | None) -> Recording | None:
        own = Inputs(*(None if part is None else torch.zeros_like(part) for part in real))  # type: ignore[arg-type]
        try:
            read, encoded = self.record(lambda: self.plain.read_recorded(own.ids, own.mask))
            search, found = self.record(lambda: self.plain.search_recorded(encoded, own.vectors, beams, restriction))
            recording = Recording(own, read, search, found, encoded)
            played = recording.play(real, len(real.ids)).found
            wanted = self.plain.search_recorded(
                self.plain.read_recorded(real.ids, real.mask), real.vectors, beams, restriction
            )[0]
            if torch.equal(played.items, wanted.items) and torch.allclose(
                played.log_probs, wanted.log_probs, atol=1e-3
            ):
                return recording
            log.warning("A recorded search of %d queries says something else than a plain one; not used.", len(own.ids))
        except RuntimeError as error:
            log.warning("A search of %d queries cannot be recorded and is made plainly: %s", len(own.ids), error)
        return None


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
