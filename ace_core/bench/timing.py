"""Times of several arms, taken in turn, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ace_core.progress import Bar

Tell = Callable[[str], None]


def quiet(line: str) -> None:
    """Tells nobody."""


def about(subject: str, tell: Tell) -> Tell:
    """Tells what it is told, with its subject before it."""
    return lambda line: tell(f"{subject}: {line}")


@dataclass(frozen=True)
class Spread:
    """Milliseconds: the median, and the quarters beside it."""

    median_ms: float
    p25_ms: float
    p75_ms: float
    runs: int

    @classmethod
    def of(cls, seconds: list[float], share: int = 1) -> Spread:
        """Of times in seconds, each shared by so many queries."""
        low, middle, high = np.percentile(np.asarray(seconds) * 1000 / share, [25, 50, 75])
        return cls(round(float(middle), 4), round(float(low), 4), round(float(high), 4), len(seconds))


def timed(run: Callable[[], Any], device: torch.device) -> float:
    """Seconds until what was asked of the device is done."""
    _finish(device)
    began = time.perf_counter()
    run()
    _finish(device)
    return time.perf_counter() - began


def interleave(
    arms: Mapping[str, Callable[[], Any]],
    rounds: int,
    *,
    device: torch.device | None = None,
    share: int = 1,
    warm_up: int = 2,
    tell: Tell = quiet,
) -> dict[str, Spread]:
    """Time every arm `rounds` times, one after the other in each round; every round begins with another arm.

    `share`: how many queries one run answers; the times are a query.
    """
    where = device or torch.device("cpu")
    names = list(arms)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        tell(f"warming up: {name}")
        for _ in range(warm_up):
            timed(arms[name], where)
    with _without_collector(), Bar(rounds, "rounds", "round", shown=False) as bar:
        for turn in range(rounds):
            tell(f"round {turn + 1} of {rounds}")
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                seconds[name].append(timed(arms[name], where))
            gc.collect()
            bar.update()
    return {name: Spread.of(found, share) for name, found in seconds.items()}


@contextmanager
def _without_collector() -> Iterator[None]:
    """Python's collector walks every object there is, a dictionary trie of millions too: only between the rounds."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
