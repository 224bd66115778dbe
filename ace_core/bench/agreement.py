"""How much of a ranking stays when a model is asked in fewer bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ace_core.engine import Engine
from ace_core.evaluation.protocol import queries_of
from ace_core.identifiers.trie import Trie
from ace_core.retriever.beam import beam_search
from ace_core.retriever.choosing import overlap, ways
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.matrices import Precision

_AT_ONCE = 32


@dataclass(frozen=True)
class Agreement:
    """Of a precision that rounds, with float32."""

    precision: Precision
    of: str  # which model
    queries: int
    top_10: float  # share of float32's ten best that are among its ten best
    first: float  # share of queries with the same first item


def with_random_weights(
    models: Mapping[Precision, FastRetriever], ids: Tensor, mask: Tensor, trie: Trie, beams: int
) -> list[Agreement]:
    """Random weights decide little between identifiers, so small errors change much: the hardest case."""
    found = {name: beam_search(model, ids, mask, trie, beams).items.cpu() for name, model in models.items()}
    return _agreements(found, "random weights")


def of_bundle(folder: Path, count: int, beams: int = 20) -> list[Agreement]:
    """A bundle's retriever on `count` of its collection's held-out queries, evenly taken."""
    engine = Engine.load(folder, device="cpu", warm_up=False)
    generation = engine.snapshot.generation
    texts = queries_of(engine.collection, split="held_out").texts
    texts = texts[:: max(1, len(texts) // count)][:count]
    found = {}
    for name, model in ways(engine.retriever).items():
        generation.retriever = model
        found[name] = _items(generation.search(generation.read(part), beams).items for part in _parts(texts))
    return _agreements(found, f"the bundle {folder.name}")


def _parts(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[i : i + _AT_ONCE] for i in range(0, len(texts), _AT_ONCE)]


def _items(parts: object) -> Tensor:
    return torch.cat(list(parts))  # type: ignore[call-overload]


def _agreements(found: Mapping[Precision, Tensor], of: str) -> list[Agreement]:
    plain = found["float32"]
    return [
        Agreement(name, of, len(plain), round(overlap(plain, items), 4), round(overlap(plain, items, 1), 4))
        for name, items in found.items()
        if name != "float32"
    ]
