"""The constraint step alone: which tokens may follow, and with what score, for every beam of a batch.

Ours and the dense-plus-sparse table give candidates (score, token, next state); the dictionary trie masks the scores
of the whole vocabulary, through Hugging Face's `PrefixConstrainedLogitsProcessor`. Each is asked for the same beams,
one level after the other; the time of all levels is what one identifier costs. Our trie is then built alone at larger
sizes, and from those its memory and time at a size that is not built are worked out.
"""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ace_core.bench.machine import Facts, Setting, arranged, facts
from ace_core.bench.made import random_identifiers
from ace_core.bench.peers import DictionaryTrie
from ace_core.bench.static_table import StaticTable
from ace_core.bench.timing import Spread, Tell, about, interleave, quiet
from ace_core.identifiers.trie import Trie

METHODS = ("ours", "static", "dictionary")
WORKED_OUT = 100_000_000  # items


@dataclass(frozen=True)
class ConstraintOptions:
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    level_sizes: tuple[int, ...] = (256, 256, 256, 256)
    beams: int = 10
    batches: tuple[int, ...] = (1, 32)  # queries at once
    alone: tuple[int, ...] = (1_000_000, 10_000_000)  # sizes at which our trie is built alone


@dataclass(frozen=True)
class ConstraintRow:
    items: int
    method: str
    queries: int
    ms: Spread  # one identifier: all levels, for all beams of all queries
    build_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class TrieRow:
    """Our trie alone."""

    items: int
    build_seconds: float
    memory_mb: float
    peak_mb: float  # while it is built, without the identifiers that it is built from
    measured: bool  # else worked out: memory at most, time and peak about


@dataclass(frozen=True)
class ConstraintResult:
    rows: tuple[ConstraintRow, ...]
    tries: tuple[TrieRow, ...]
    options: ConstraintOptions
    facts: Facts


def measure(
    options: ConstraintOptions | None = None, setting: Setting | None = None, tell: Tell = quiet
) -> ConstraintResult:
    """All three at all sizes."""
    options, setting = options or ConstraintOptions(), setting or Setting(rounds=50)
    rows: list[ConstraintRow] = []
    with arranged(setting) as device, torch.inference_mode():
        run_on = facts(setting)
        for size in options.sizes:
            tell(f"building all three of {size:,} identifiers")
            three = Three(random_identifiers(size, options.level_sizes, setting.seed), options.level_sizes, device)
            for queries in options.batches:
                runs = three.runs(queries, options.beams, setting.seed)
                said = about(f"{size:,} items, {queries} at once", tell)
                told = interleave(runs, setting.rounds, device=device, tell=said)
                rows += [
                    ConstraintRow(size, name, queries, told[name], three.seconds[name], three.memory[name])
                    for name in METHODS
                ]
        tries = [_alone(size, options.level_sizes, setting.seed, tell) for size in sorted(options.alone)]
    if tries:
        tries.append(worked_out(tries[-1], options.level_sizes))
    return ConstraintResult(tuple(rows), tuple(tries), options, run_on)


def _alone(size: int, level_sizes: tuple[int, ...], seed: int, tell: Tell) -> TrieRow:
    tell(f"our trie of {size:,} identifiers alone")
    codes = random_identifiers(size, level_sizes, seed)
    began = perf_counter()
    trie = Trie.build(codes, level_sizes)
    seconds = perf_counter() - began
    memory = trie_bytes(trie) / 1e6
    del trie
    tracemalloc.start()  # built again, since watching memory takes time
    try:
        Trie.build(codes, level_sizes)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    return TrieRow(size, round(seconds, 3), round(memory, 2), round(peak, 2), measured=True)


def worked_out(largest: TrieRow, level_sizes: tuple[int, ...], items: int = WORKED_OUT) -> TrieRow:
    """At `items`, from the largest that was built: time as that of sorting, peak in proportion, memory as counted."""
    times = items / largest.items
    slower = math.log(items) / math.log(largest.items)
    return TrieRow(
        items,
        round(largest.build_seconds * times * slower, 1),
        round(most_bytes(items, level_sizes) / 1e6, 1),
        round(largest.peak_mb * times, 1),
        measured=False,
    )


def most_bytes(items: int, level_sizes: tuple[int, ...]) -> int:
    """Bytes of our trie of `items` at most: as many prefixes of every length as there can be.

    A node costs a token (int16 where tokens fit, else int32) and the first of its leaves (int32), all but leaves the
    first of their children (int32), and a leaf the position of its item (int64).
    """
    token = 2 if max(level_sizes) <= 2**15 else 4
    nodes = [min(items, math.prod(level_sizes[:depth])) for depth in range(len(level_sizes) + 1)]
    rows = sum(4 * (count + 1) for count in nodes) + sum(4 * (count + 1) for count in nodes[:-1])
    return rows + token * sum(nodes[1:]) + 8 * items + 8 * sum(level_sizes)


class Three:
    """The same identifiers in the three structures."""

    def __init__(self, codes: np.ndarray, level_sizes: tuple[int, ...], device: torch.device) -> None:
        """codes int64 (N, L)."""
        self.codes, self.level_sizes, self.device = codes, level_sizes, device
        self.vocabulary = max(level_sizes)
        self.seconds: dict[str, float] = {}
        self.trie: Trie = self._build("ours", lambda: Trie.build(codes, level_sizes).to(device))
        self.table: StaticTable = self._build("static", lambda: StaticTable(codes, self.vocabulary).to(device))
        self.dictionary: DictionaryTrie = self._build("dictionary", lambda: DictionaryTrie(codes))
        sizes = (trie_bytes(self.trie), self.table.memory_bytes, self.dictionary.memory_bytes)
        self.memory = {name: round(size / 1e6, 3) for name, size in zip(METHODS, sizes, strict=True)}

    def _build(self, name: str, make: Callable[[], Any]) -> Any:
        began = perf_counter()
        made = make()
        self.seconds[name] = round(perf_counter() - began, 4)
        return made

    def runs(self, queries: int, beams: int, seed: int) -> dict[str, Callable[[], Any]]:
        """One call: all levels of `queries` x `beams` beams, each at a random item's prefixes, for random scores."""
        rng = np.random.default_rng(seed)
        chosen = self.codes[rng.integers(len(self.codes), size=queries * beams)]
        logits = torch.from_numpy(rng.standard_normal((len(chosen), self.vocabulary), dtype=np.float32))
        scores = logits.to(self.device).log_softmax(-1)
        nodes, states, sentences = self.places(chosen)
        levels = range(len(self.level_sizes))
        processor = self._processor(beams)
        return {
            "ours": lambda: [self.ours(level, nodes[level], scores) for level in levels],
            "static": lambda: [self.table.candidates(level, states[level], scores) for level in levels],
            "dictionary": lambda: [processor(sentences[level], scores) for level in levels],
        }

    def ours(self, level: int, nodes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """nodes int64 (R,), scores (R, V) -> scores (R, C), tokens and nodes int64 (R, C) of the children."""
        tokens, following, exists = self.trie.children(level, nodes)
        return scores.gather(-1, tokens).masked_fill(~exists, -torch.inf), tokens, following

    def places(self, codes: np.ndarray) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Where identifiers int64 (R, L) are before each level: our nodes, the table's states, what was written."""
        written = torch.from_numpy(codes).to(self.device)
        nodes = [torch.zeros(len(codes), dtype=torch.int64, device=self.device)]
        states = [torch.zeros(len(codes), dtype=torch.int32, device=self.device)]
        level_scores = torch.zeros((len(codes), self.vocabulary), device=self.device)
        for level in range(len(self.level_sizes) - 1):
            wanted = written[:, level : level + 1]
            _, tokens, following = self.ours(level, nodes[-1], level_scores)
            exists = self.trie.children(level, nodes[-1])[2]
            nodes.append(following[(tokens == wanted) & exists])
            found, tokens, following = self.table.candidates(level, states[-1], level_scores)
            states.append(following[(tokens == wanted) & (found > -torch.inf)])
        return nodes, states, [written[:, :level] for level in range(len(self.level_sizes))]

    def _processor(self, beams: int) -> Any:
        from transformers import PrefixConstrainedLogitsProcessor

        return PrefixConstrainedLogitsProcessor(lambda _, sentence: self.dictionary.allowed(sentence.tolist()), beams)


def trie_bytes(trie: Trie) -> int:
    """Of all arrays that our trie holds."""
    held = [part for value in vars(trie).values() for part in (value if isinstance(value, tuple | list) else (value,))]
    return sum(part.numel() * part.element_size() for part in held if isinstance(part, Tensor))
