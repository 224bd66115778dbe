"""The least time that one search can take: what must be read and multiplied, at the speeds this machine reaches.

Every phase (the encoder, then each step of the decoder) reads its weights once and does its products; it cannot be
faster than the slower of the two. The roofline model (Williams, Waterman, Patterson 2009), without caches: the weights
of a model of this size do not fit into them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import torch

from ace_core.bench.models import Shape

_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
_PRODUCTS = {"float16": "float32"}  # what the products are made in, where it is not the type of the weights
# Which arm of the benchmark stands beside which floor. float32 weights that 16 bits hold may be read as such.
FLOORS = (("own", "float32"), ("own", "float16"), ("own_bfloat16", "bfloat16"), ("own_int8", "int8"))
_READ = 256 * 2**20  # bytes of the array that measures the bandwidth; larger than any cache here
_SIDE = 1024  # of the square matrices that measure the arithmetic


@dataclass(frozen=True)
class Speeds:
    """What the device reached on the simplest work there is."""

    read_gb_per_s: float  # a sum over an array in memory
    gflop_per_s: dict[str, float]  # a product of two square matrices, by number type


@dataclass(frozen=True)
class Phase:
    name: str
    weights: int  # read once, whatever the batch
    flops: float


@dataclass(frozen=True)
class Floor:
    """Milliseconds a query. `floor_ms` sums the slower of the two over the phases."""

    weights: str  # how they are kept
    arm: str  # of the benchmark, which is measured beside it
    queries: int  # a batch
    reading_ms: float
    arithmetic_ms: float
    floor_ms: float
    own_ms: float  # measured
    times_floor: float  # own_ms / floor_ms
    bandwidth_share: float  # weights read in own_ms, of the bandwidth measured


def phases(shape: Shape, queries: int) -> list[Phase]:
    """Reading `queries` queries at once, and writing one identifier with plain cross-attention."""
    d, tokens, layers = shape.d_model, shape.query_tokens, shape.layers
    encoder = layers * (4 * d * d + 2 * d * shape.d_ff)
    memory = layers * 2 * d * d  # keys and values of the cross-attention
    read = queries * tokens
    found = [Phase("encoder", encoder + memory, 2 * read * (encoder + memory) + layers * 4 * read * tokens * d)]
    decoder = layers * (6 * d * d + 2 * d * shape.d_ff)
    for level, size in enumerate(shape.level_sizes):
        rows = queries * (shape.beams if level else 1)
        weights = decoder + d * size
        attention = layers * 4 * rows * (tokens + level + 1) * d
        found.append(Phase(f"token {level + 1}", weights, 2 * rows * weights + attention))
    return found


def floor(shape: Shape, queries: int, speeds: Speeds, weights: str, arm: str, own_ms: float) -> Floor:
    """`own_ms`: what a query was measured to take."""
    rate = speeds.gflop_per_s[_PRODUCTS.get(weights, weights)]
    parts = [
        (
            phase.weights * _BYTES[weights] / speeds.read_gb_per_s / 1e6 / queries,
            phase.flops / rate / 1e6 / queries,
        )
        for phase in phases(shape, queries)
    ]
    reading, arithmetic = (sum(column) for column in zip(*parts, strict=True))
    least = sum(max(pair) for pair in parts)
    return Floor(
        weights=weights,
        arm=arm,
        queries=queries,
        reading_ms=round(reading, 3),
        arithmetic_ms=round(arithmetic, 3),
        floor_ms=round(least, 3),
        own_ms=own_ms,
        times_floor=round(own_ms / least, 2),
        bandwidth_share=round(reading / own_ms, 3),
    )


def speeds(
    device: torch.device, numbers: Sequence[str] = ("float32",), read: int = _READ, side: int = _SIDE, rounds: int = 5
) -> Speeds:
    """Measure; the best of a few rounds, since a floor is what nothing gets below."""
    array = torch.ones(read // 4, device=device)
    reading = _best(array.sum, device, rounds)
    rates = {}
    for number in numbers:
        a, b = (torch.ones((side, side), dtype=getattr(torch, number), device=device) for _ in range(2))
        product = partial(torch._int_mm, a, b.t()) if number == "int8" else partial(torch.mm, a, b)
        rates[number] = round(2 * side**3 / _best(product, device, rounds) / 1e9, 2)
    return Speeds(round(read / reading / 1e9, 2), rates)


def _best(run: Callable[[], Any], device: torch.device, rounds: int) -> float:
    found = []
    for _ in range(rounds + 1):
        began = perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append(perf_counter() - began)
    return min(found[1:])
