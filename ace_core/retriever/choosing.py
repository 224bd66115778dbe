"""In which precision a model is asked here: found out by asking it, on this processor, and not guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from time import perf_counter
from typing import Any

from torch import Tensor

from ace_core.errors import ConfigError
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.matrices import Precision
from ace_core.retriever.model import Retriever
from ace_core.training.precision import cpu_has_bf16

GAIN = 1.25  # so many times as fast as float32 a precision must be that rounds
AGREEING = 0.99  # of the 10 best, by float32, what a precision that rounds must find too
BEST = 10
LARGE = 2**23  # weights; a smaller model is read from the processor's caches, and gains little
_ROUNDS = 3


def ways(model: Retriever) -> dict[Precision, FastRetriever]:
    """The model made ready to be asked, in float32 first, and in the number types that its device is fast at."""
    found: dict[Precision, FastRetriever] = {"float32": FastRetriever(model)}
    if model.start_vector.is_cuda or cpu_has_bf16():
        found["bfloat16"] = FastRetriever(model, "bfloat16")
    with suppress(ConfigError):  # this device does not multiply such integers
        found["int8"] = FastRetriever(model, "int8")
    return found


def fastest(models: Mapping[Precision, FastRetriever], ask: Callable[[FastRetriever], Any]) -> Precision:
    """The precision in which `ask` takes the least time; float32, unless another is `GAIN` times as fast."""
    seconds = dict.fromkeys(models, float("inf"))
    for _ in range(_ROUNDS + 1):  # the first warms up, and is never the least
        for name, model in models.items():
            began = perf_counter()
            ask(model)
            seconds[name] = min(seconds[name], perf_counter() - began)
    best = min(seconds, key=lambda name: seconds[name])
    return best if seconds["float32"] >= GAIN * seconds[best] else "float32"


def overlap(plain: Tensor, other: Tensor, best: int = BEST) -> float:
    """Share of the `best` items of each query, int64 (Q, W), that are among those of the other list too; -1: none."""
    shares = []
    for mine, theirs in zip(plain[:, :best].tolist(), other[:, :best].tolist(), strict=True):
        wanted = {item for item in mine if item >= 0}
        shares.append(len(wanted & set(theirs)) / max(1, len(wanted)))
    return sum(shares) / max(1, len(shares))
