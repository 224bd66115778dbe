"""Where the time of one search goes, part by part."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from unittest.mock import patch

from ace_core.identifiers.trie import Trie
from ace_core.retriever.beam import Search
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.frozen_decoder import FrozenDecoder
from ace_core.retriever.kernels import Attention, Kernel

_SEARCHES = 5
# What is timed, and what it is called; a part leaves out the parts within it.
_PARTS: tuple[tuple[type, str, str], ...] = (
    (FastRetriever, "encode", "reading the query, between its products"),
    (FastRetriever, "level_logits", "logits, between products"),
    (FrozenDecoder, "__call__", "decoder, between its products"),
    (Kernel, "__call__", "products, with norms, GELU and sums (compiled)"),
    (Attention, "write", "keys and values written (compiled)"),
    (Attention, "remember", "keys and values written (compiled)"),
    (Attention, "attend", "attention (compiled)"),
    (Search, "_children", "children in the trie"),
    (Trie, "items_below", "items below a prefix"),
    (Search, "_log_probs", "normalising among the children"),
    (Search, "_select", "the best continuations"),
    (Search, "_result", "leaves to items"),
)


@dataclass(frozen=True)
class Operation:
    name: str
    calls: float  # a search
    share: float  # of the whole time, parts within it left out


class _Clock:
    """Time spent in parts that call each other: each is charged for itself alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._inner = [0.0]

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*values: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            began = perf_counter()
            try:
                return function(*values, **named)
            finally:
                lasted = perf_counter() - began
                self.seconds[name] += lasted - self._inner.pop()
                self.calls[name] += 1
                self._inner[-1] += lasted

        return run


@contextmanager
def _watched(clock: _Clock) -> Any:
    with ExitStack() as stack:
        for owner, method, name in _PARTS:
            stack.enter_context(patch.object(owner, method, clock.timed(name, getattr(owner, method))))
        yield


def top_operations(run: Callable[[], Any], count: int = 12) -> tuple[Operation, ...]:
    """The `count` parts of the search `run` that take most of its time on a CPU; "the rest" is what no part names."""
    clock, run_whole = _Clock(), "the rest"
    whole = clock.timed(run_whole, run)
    run()
    with _watched(clock):
        for _ in range(_SEARCHES):
            whole()
    total = sum(clock.seconds.values())
    return tuple(
        Operation(name, round(clock.calls[name] / _SEARCHES, 1), round(seconds / total, 4))
        for name, seconds in sorted(clock.seconds.items(), key=lambda part: -part[1])[:count]
    )
