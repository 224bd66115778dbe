"""How well anyone could answer the queries of the drawn collection, and how far generation and the dual tower come.

    python -m benchmarks.ceiling checkpoints/builtin --threads 1 --out benchmarks/results/ceiling.json

A query tells a few facts of its scene. Where n items of the pool bear them all, a reader who understands every word can
only guess among these n: the right one is among the reader's first k with a chance of min(1, k / n). A word that may
stand for two things counts as understood, and what somebody would guess beyond what is told does not count.

Beside the reader: how often the right item is among the first answers of generation, of so many beams, and of the dual
tower, which is as far as whatever reorders these answers can reach; and how often the first answer bears all that the
query tells, be it the right one or not; and, fact by fact, how often the first answer of generation bears it.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ace_core.bench.machine import Setting, arranged, facts
from ace_core.bundle import BUILT_IN, Bundle
from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.config import load_config
from ace_core.errors import AceError, CollectionError, ConfigError
from ace_core.evaluation.candidates import Candidates, generated, nearest
from ace_core.evaluation.metrics import bootstrap_interval, ranks_from_lists
from ace_core.evaluation.protocol import QuerySet, queries_of
from ace_core.evaluation.table import pool_mask
from ace_core.files import write_json
from ace_core.generation import Generation
from ace_core.parts import Parts, load_parts
from ace_core.results import Method
from ace_core.studio import clips, pictures, sounds
from ace_core.studio.language import Fact
from ace_core.studio.make import StudioConfig

STUDIOS: dict[Modality, ModuleType] = {"image": pictures, "audio": sounds, "video": clips}
CUTS = (1, 5, 10, 20, 50, 100)
POOLS = ("all", "held_out")

Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What the studio knows of one kind of items."""

    queries: QuerySet  # of the held-out items
    told: tuple[frozenset[Fact], ...]  # by each query
    truths: dict[int, frozenset[Fact]]  # position of an item -> all that could be told of it

    def bearing(self, allowed: np.ndarray) -> np.ndarray:
        """How many items of a pool bool (N,) bear all that each query tells: int (Q,)."""
        pool = [truths for position, truths in self.truths.items() if allowed[position]]
        return np.array([sum(told <= truths for truths in pool) for told in self.told])

    def by_fact(self, items: np.ndarray) -> dict[str, np.ndarray]:
        """Name of a fact -> whether the item bears it, bool (T,), wherever it was told; most often told first.

        items: int (Q,), one a query, -1 for none.
        """
        borne = defaultdict(list)
        for told, item in zip(self.told, items.tolist(), strict=True):
            for fact in sorted(told, key=str):
                borne[_name(fact)].append(item >= 0 and fact in self.truths[item])
        return {name: np.array(each) for name, each in sorted(borne.items(), key=lambda pair: -len(pair[1]))}

    def borne_by(self, items: np.ndarray) -> np.ndarray:
        """Whether each query's item of int (Q,), -1 for none, bears all that it tells: bool (Q,)."""
        pairs = zip(self.told, items.tolist(), strict=True)
        return np.array([item >= 0 and told <= self.truths[item] for told, item in pairs])


def _name(fact: Fact) -> str:
    """The pictures' relations of two described things have names of their own, and are one here."""
    return "two things" if len(fact) == 9 else str(fact[0])


@dataclass(frozen=True)
class Way:
    """A way to answer; `beams` where it is generation."""

    method: Method
    beams: int | None
    answer: Candidates

    @property
    def most(self) -> int:
        """How many answers are asked for."""
        return self.beams or CUTS[-1]


def ways_of(parts: Parts, beams: Sequence[int]) -> list[Way]:
    """Generation with each number of beams, the fewest first, and the dual tower."""
    generation = Generation(parts.retriever, parts.trie(), parts.dual_tower, parts.dual_vectors)
    ways = [Way("generation", width, generated(generation, width)) for width in sorted(beams)]
    return [*ways, Way("dual_tower", None, nearest(parts.dual_tower, parts.dual_vectors, CUTS[-1]))]


def studio_seed(collection: Collection) -> int:
    """Raises `CollectionError` where the collection was not drawn."""
    note = collection.root / "studio.json"
    if not note.is_file():
        raise CollectionError(f"There is no {note}; only of a drawn collection it is known what its queries tell.")
    return load_config(StudioConfig, note).seed


def known_of(collection: Collection, modality: Modality, seed: int) -> Known:
    """The studio's own account of the items. Raises `CollectionError` where it would ask for one in other words."""
    studio = STUDIOS[modality]
    told: list[frozenset[Fact]] = []
    truths = {}
    for position in collection.of(modality):
        item = collection[position]
        number = item.id.rpartition("-")[2]
        scene = studio.scene(seed, int(number) if number.isdecimal() else 0)
        truths[position] = studio.truths(scene)
        if item.split == "held_out":
            pairs = studio.told(scene)
            if tuple(query for query, _ in pairs) != item.queries:
                raise CollectionError(f"The queries of {item.id!r} are not the studio's at seed {seed}; draw it anew.")
            told += [facts_told for _, facts_told in pairs]
    return Known(queries_of(collection, modality, "held_out"), tuple(told), truths)


def guessed(bearing: np.ndarray, cut: int) -> np.ndarray:
    """Chance float (Q,) that a guess among so many items, int (Q,), has the right one among its first `cut`."""
    if (bearing < 1).any():
        raise ValueError("a query must at least be borne by its own item")
    return np.minimum(1.0, cut / bearing)


def reader_row(bearing: np.ndarray, seed: int) -> Row:
    """Of a reader who guesses among the items that bear each query: int (Q,)."""
    values = {f"recall_at_{cut}": guessed(bearing, cut) for cut in CUTS}
    return {"median_bearing": float(np.median(bearing))} | shares(values | {"told_apart": bearing == 1}, seed)


def found_row(queries: QuerySet, items: np.ndarray, most: int, seed: int) -> Row:
    """Of answers int (Q, K), best first; `most` were asked for, K are fewer where the pool has no more."""
    ranks = ranks_from_lists(items, queries.answers)
    return shares({f"recall_at_{cut}": (ranks >= 1) & (ranks <= cut) for cut in CUTS if cut <= most}, seed)


def shares(values: dict[str, np.ndarray], seed: int) -> Row:
    """Percentages with their 95 % bootstrap intervals over queries."""
    row: Row = {}
    for name, each in values.items():
        row[name] = round(100.0 * float(each.mean()), 2)
        row[f"{name}_ci95"] = [round(bound, 2) for bound in bootstrap_interval(100.0 * each, seed=seed)]
    return row


def measure(collection: Collection, parts: Parts, drawn_from: int, beams: Sequence[int], seed: int) -> dict[str, Any]:
    """Rows `told` of the reader, `candidates` of the ways to answer, and `facts` of generation with the fewest beams.

    drawn_from: the studio's seed.
    """
    ways = ways_of(parts, beams)
    told: list[Row] = []
    found: list[Row] = []
    borne: list[Row] = []
    for modality in MODALITIES:
        known = known_of(collection, modality, drawn_from)
        if not len(known.queries):
            continue
        for pool in POOLS:
            allowed = pool_mask(collection, modality, pool)
            asked = {"modality": modality, "pool": pool, "pool_size": int(allowed.sum()), "queries": len(known.queries)}
            told.append(asked | reader_row(known.bearing(allowed), seed))
            answers = [way.answer(known.queries.texts, allowed)[0] for way in ways]
            for way, items in zip(ways, answers, strict=True):
                row = found_row(known.queries, items, way.most, seed)
                bears = shares({"first_bears_all": known.borne_by(items[:, 0])}, seed)
                found.append(asked | {"method": way.method, "beams": way.beams} | row | bears)
            for fact, each in known.by_fact(answers[0][:, 0]).items():
                borne.append(asked | {"fact": fact, "told": len(each)} | shares({"borne": each}, seed))
    return {"told": told, "candidates": found, "facts": borne}


Measured = Callable[[Collection, Parts, Sequence[int], int], dict[str, Any]]  # with beams, and the bootstrap's seed


def of_drawn(collection: Collection, parts: Parts, beams: Sequence[int], seed: int) -> dict[str, Any]:
    """`measure`, with the studio's seed as the collection tells it."""
    drawn_from = studio_seed(collection)
    return {"collection_seed": drawn_from, **measure(collection, parts, drawn_from, beams, seed)}


def run(args: argparse.Namespace, measured: Measured) -> int:
    """Open the bundle, measure its collection and parts, write, and show; the exit status."""
    setting = Setting(threads=args.threads, seed=args.seed)
    try:
        if min(args.beams) < 1:
            raise ConfigError("--beams must be at least 1 each.")
        with arranged(setting):
            machine = facts(setting)
            bundle = Bundle.open(args.bundle, args.media_root)
            parts = load_parts(bundle)
            rows = measured(bundle.collection, parts, args.beams, args.seed)
    except AceError as error:
        print(error, file=sys.stderr)
        return 1
    told = {"machine": asdict(machine), "collection": bundle.collection.name, "seed": args.seed, "beams": args.beams}
    result = told | {"checked": parts.check.candidates if parts.check else None} | rows
    if args.out:
        write_json(args.out, result)
    for row in (*result["told"], *result["candidates"]):
        way = f"{row['method']} {row['beams'] or ''}" if "method" in row else "reader"
        found = "  ".join(f"{cut}: {row[name]:5.1f}" for cut in CUTS if (name := f"recall_at_{cut}") in row)
        print(f"{row['modality']:6} pool {row['pool']:8} ({row['pool_size']:5}) {way:14} {found}")
    return 0


def parser(told: str | None) -> argparse.ArgumentParser:
    """Arguments that `run` reads; `told` is what the benchmark is about."""
    found = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("bundle", type=Path, nargs="?", default=BUILT_IN, help="folder (default: the built-in one)")
    found.add_argument("--media-root", type=Path, help="folder of the media where they were moved")
    found.add_argument("--beams", type=int, nargs="+", default=[20, 100], help="of generation (default: 20 100)")
    found.add_argument("--threads", type=int, default=0, help="of torch (default: as it is)")
    found.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    found.add_argument("--out", type=Path, help="JSON file to write")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    return run(parser(__doc__).parse_args(arguments), of_drawn)


if __name__ == "__main__":
    sys.exit(main())
