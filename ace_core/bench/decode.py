"""Writing identifiers: ours against Hugging Face `generate`, in turn, at one query and in a batch.

What is compared is like for like: the same sizes, tokens, beams, threads and number of items, random weights, the
encoder included. The decoder without fusion stands against T5, whose cross-attention it has; the decoder with both
fusions, which also reads every encoder layer, is shown beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ace_core.bench.agreement import Agreement, of_bundle, with_random_weights
from ace_core.bench.floor import FLOORS, Floor, Speeds, floor, speeds
from ace_core.bench.machine import Facts, Setting, arranged, facts
from ace_core.bench.made import random_identifiers, random_queries
from ace_core.bench.models import Shape, parameters, retriever
from ace_core.bench.peers import SPECIALS, DictionaryTrie, GeneratePeer, code_tokens
from ace_core.bench.profile import Operation, top_operations
from ace_core.bench.timing import Spread, Tell, about, interleave, quiet
from ace_core.bundle import BUILT_IN
from ace_core.identifiers.trie import Trie
from ace_core.retriever.beam import Searchable, beam_search
from ace_core.retriever.choosing import fastest, ways
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.matrices import Precision

T5_VOCABULARY = 32_128
TITLES = {
    "own": "ours, without fusion",
    "own_bfloat16": "ours, without fusion, bfloat16",
    "own_int8": "ours, without fusion, int8",
    "own_slow": "ours, without fusion, the model as it is trained",
    "own_fused": "ours, with both fusions",
    "own_fused_bfloat16": "ours, with both fusions, bfloat16",
    "own_fused_int8": "ours, with both fusions, int8",
    "peer": "`generate` on T5, small vocabulary",
    "peer_open": "`generate` on T5, small vocabulary, without the end token",
    "peer_wide": "`generate` on T5, its usual vocabulary",
}


@dataclass(frozen=True)
class DecodeOptions:
    shape: Shape = field(default_factory=Shape)
    items: int = 1_000_000  # of the collection; more items leave fewer choices forced
    batch: int = 32
    wide_vocabulary: int = T5_VOCABULARY
    bundle: Path | None = BUILT_IN  # whose ranking in fewer bits is compared; None: only that of random weights
    bundle_queries: int = 192


@dataclass(frozen=True)
class Row:
    """One arm at one batch size; milliseconds a query."""

    arm: str
    title: str
    queries: int
    parameters: int
    ms: Spread


@dataclass(frozen=True)
class Ratio:
    precision: Precision
    queries: int
    own_ms: float
    ratio: float  # peer / own


@dataclass(frozen=True)
class DecodeResult:
    """`ratio`: peer / own, of medians. `own`: without fusion, in the precision that was the fastest when all were
    tried; `peer`: the small vocabulary.
    """

    precision: Precision  # of `own_ms_1`, `own_ms_32` and the ratios

    own_ms_1: float
    peer_ms_1: float
    ratio_1: float
    own_ms_32: float
    peer_ms_32: float
    ratio_32: float
    ratios: tuple[Ratio, ...]  # in every precision
    agreements: tuple[Agreement, ...]
    rows: tuple[Row, ...]
    speeds: Speeds
    floors: tuple[Floor, ...]
    profile: dict[str, tuple[Operation, ...]]  # of `own`, by queries a batch
    options: DecodeOptions
    facts: Facts


@dataclass(frozen=True)
class Arm:
    parameters: int
    search: Callable[[Tensor, Tensor], Any]  # ids int64 (B, T), mask bool (B, T)
    codes: Callable[[Any], np.ndarray]  # what `search` gave -> identifiers int64 (B, W, L)


def measure(options: DecodeOptions | None = None, setting: Setting | None = None, tell: Tell = quiet) -> DecodeResult:
    """All arms at one query and at a whole batch."""
    options, setting = options or DecodeOptions(), setting or Setting()
    with arranged(setting) as device:
        run_on = facts(setting)
        shape = options.shape
        tell(f"making {options.items:,} identifiers, the trie and the models")
        codes = random_identifiers(options.items, shape.level_sizes, setting.seed)
        trie = Trie.build(codes, shape.level_sizes)
        trie = trie.to(device)
        models = ways(retriever(shape, fused=False).to(device))
        arms = _arms(options, codes, trie, models, device)
        words = min(shape.vocabulary, SPECIALS + sum(shape.level_sizes))
        ids, mask = random_queries(options.batch, shape.query_tokens, words, setting.seed)
        ids, mask = ids.to(device), mask.to(device)
        check(arms, ids, mask, trie)
        tell("trying every precision")
        precision = fastest(
            models, lambda model: [beam_search(model, ids[:n], mask[:n], trie, shape.beams) for n in (1, len(ids))]
        )
        own = arm_of(precision)
        rows, profiles = [], {}
        for queries in (1, options.batch):
            some = ids[:queries], mask[:queries]
            runs = {name: partial(arm.search, *some) for name, arm in arms.items()}
            said = about(f"{queries} at once", tell)
            spreads = interleave(runs, setting.rounds, device=device, share=queries, tell=said)
            rows += [Row(n, TITLES[n], queries, arms[n].parameters, ms) for n, ms in spreads.items()]
            if device.type == "cpu":  # on others a part returns before it is done
                profiles[str(queries)] = top_operations(runs[own])
        tell("measuring memory and arithmetic")
        reached = speeds(device, [weights for arm, weights in FLOORS if arm in arms and weights != "float16"])
        tell("comparing rankings")
        agreements = with_random_weights(models, ids, mask, trie, shape.beams)
    if options.bundle is not None and options.bundle.is_dir():
        agreements += of_bundle(options.bundle, options.bundle_queries)
        options = replace(options, bundle=Path(options.bundle.name))  # where it lies is nobody's business
    return _result(options, rows, precision, list(models), agreements, reached, profiles, run_on)


def arm_of(precision: Precision) -> str:
    """The arm of ours without fusion in a precision."""
    return "own" if precision == "float32" else f"own_{precision}"


def _arms(
    options: DecodeOptions, codes: np.ndarray, trie: Trie, plain: dict[Precision, FastRetriever], device: torch.device
) -> dict[str, Arm]:
    shape = options.shape

    def trie_of(words: int) -> DictionaryTrie:
        return DictionaryTrie(code_tokens(codes, shape.level_sizes, words))

    small = trie_of(SPECIALS)
    peers = {
        "peer": GeneratePeer(shape, small, device),
        "peer_open": GeneratePeer(shape, small, device, closed=False),
    }
    if options.wide_vocabulary:
        wide = options.wide_vocabulary
        peers["peer_wide"] = GeneratePeer(shape, trie_of(wide), device, words=wide)
    arms = {}
    model = plain["float32"].original
    fused = retriever(shape, fused=True).to(device)
    for name, whole, models in (("own", model, plain), ("own_fused", fused, ways(fused))):
        for precision, fast in models.items():
            full = name if precision == "float32" else f"{name}_{precision}"
            arms[full] = _own(fast, parameters(whole), trie, shape.beams)
    arms["own_slow"] = _own(model, parameters(model), trie, shape.beams)
    return arms | {name: Arm(parameters(found.model), found.search, found.codes) for name, found in peers.items()}


def _own(model: Searchable, weights: int, trie: Trie, beams: int) -> Arm:
    return Arm(
        weights,
        lambda ids, mask: beam_search(model, ids, mask, trie, beams),
        lambda found: found.codes.cpu().numpy(),
    )


def check(arms: dict[str, Arm], ids: Tensor, mask: Tensor, trie: Trie) -> None:
    """Raise where an arm writes other than as many different identifiers that exist as it has beams."""
    for name, arm in arms.items():
        for beams in arm.codes(arm.search(ids[:2], mask[:2])):
            written = {tuple(code) for code in beams.tolist()}
            if len(written) < len(beams) or any(trie.find(code) is None for code in written):
                raise RuntimeError(f"The arm {name!r} wrote identifiers that do not exist, or one twice.")


def _result(
    options: DecodeOptions,
    rows: list[Row],
    precision: Precision,
    precisions: list[Precision],
    agreements: list[Agreement],
    reached: Speeds,
    profiles: dict[str, tuple[Operation, ...]],
    run_on: Facts,
) -> DecodeResult:
    medians = {(row.arm, row.queries): row.ms.median_ms for row in rows}
    batches = (1, options.batch)
    own, peer = ([medians[arm, queries] for queries in batches] for arm in (arm_of(precision), "peer"))
    ratios = [
        Ratio(name, queries, mine := medians[arm_of(name), queries], round(medians["peer", queries] / mine, 3))
        for name in precisions
        for queries in dict.fromkeys(batches)
    ]
    floors = tuple(
        floor(options.shape, queries, reached, weights, arm, medians[arm, queries])
        for arm, weights in FLOORS
        if (arm, 1) in medians
        for queries in dict.fromkeys(batches)
    )
    return DecodeResult(
        precision=precision,
        own_ms_1=own[0],
        peer_ms_1=peer[0],
        ratio_1=round(peer[0] / own[0], 3),
        own_ms_32=own[1],
        peer_ms_32=peer[1],
        ratio_32=round(peer[1] / own[1], 3),
        ratios=tuple(ratios),
        agreements=tuple(agreements),
        rows=tuple(rows),
        speeds=reached,
        floors=floors,
        profile=profiles,
        options=options,
        facts=run_on,
    )
