"""Recall of items that were added to a finished bundle, before and after `update`, and what that costs the old ones.

    python -m benchmarks.update checkpoints/builtin --out benchmarks/results/update.json

A share of the collection, all of it held-out items, is set aside. With the given bundle's encoder and captioner a
second bundle is built over the rest; to that the items set aside are added, with no caption, and then it is updated.
What the second bundle's codec, dual tower and retriever know of them before is nothing at all. The encoder and the
captioner are as they were: trained on the given bundle's `train` items, none of which is set aside; the pseudo-queries
of the items that stay are those of the given bundle.

Every query is a sentence kept for measuring, never trained on. The pool is every item of its modality.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ace_core.build import Build
from ace_core.build_config import BuildConfig
from ace_core.build_source import Source
from ace_core.bundle import BUILT_IN, Bundle
from ace_core.changes import NewItem
from ace_core.collection import MODALITIES, Collection, Item, Modality
from ace_core.commands.evaluate import processor
from ace_core.engine import Engine
from ace_core.errors import ConfigError
from ace_core.evaluation.metrics import bootstrap_interval, measure, ranks_from_lists
from ace_core.files import write_json
from ace_core.parts import load_parts
from ace_core.results import Method
from ace_core.update import UpdateConfig, update_bundle

METHODS: tuple[Method, ...] = ("generation", "dual_tower")
LIST_LENGTH = 10
BATCH = 64


@dataclass(frozen=True)
class Row:
    """Percentages; the interval is a 95 % bootstrap interval over queries. Before the addition none are added."""

    moment: str  # "before", "added" or "updated"
    items: str  # "old" or "added": whose queries were asked
    modality: Modality
    method: Method
    queries: int
    pool_size: int
    recall_at_1: float
    recall_at_10: float
    recall_at_10_ci95: tuple[float, float]
    mrr_at_10: float


@dataclass(frozen=True)
class Question:
    text: str
    item: str  # id of the right answer
    modality: Modality


def some_of(collection: Collection, share: float, seed: int) -> Collection:
    """A share of the items, drawn from all, in their order."""
    if not 0 < share <= 1:
        raise ConfigError(f"--of must be above 0 and at most 1, not {share}.")
    chosen = np.random.default_rng(seed).permutation(len(collection))[: max(1, round(share * len(collection)))]
    return replace(collection, items=tuple(collection[int(i)] for i in sorted(chosen)))


def set_aside(collection: Collection, share: float, seed: int) -> tuple[Collection, list[Item]]:
    """The collection without, and the list of, `share` of all its items, drawn from the held-out ones."""
    held_out = np.array(collection.of(split="held_out"))
    count = round(share * len(collection))
    if not 0 < count <= len(held_out):
        raise ConfigError(f"--aside {share} is {count} items, but {len(held_out)} are held out; choose another share.")
    chosen = {int(i) for i in np.random.default_rng(seed).permutation(held_out)[:count]}
    rest = tuple(item for i, item in enumerate(collection) if i not in chosen)
    return replace(collection, items=rest), [collection[i] for i in sorted(chosen)]


def questions(items: Sequence[Item], most: int, seed: int) -> list[Question]:
    """The items' queries, at most so many a modality."""
    chosen: list[Question] = []
    for modality in MODALITIES:
        every = [
            Question(q.text, item.id, modality) for item in items if item.modality == modality for q in item.queries
        ]
        order = np.random.default_rng(seed).permutation(len(every))[:most]
        chosen += [every[i] for i in sorted(order)]
    return chosen


def ask(engine: Engine, moment: str, items: str, asked: Sequence[Question], beams: int) -> list[Row]:
    rows = []
    kinds = np.array([item.modality for item in engine.collection])
    for modality in MODALITIES:
        here = [question for question in asked if question.modality == modality]
        if not here:
            continue
        pool = kinds == modality
        answers = np.array([engine.collection.index(question.item) for question in here])
        for method in METHODS:
            parts = [
                engine.rank([q.text for q in here[start : start + BATCH]], LIST_LENGTH, beams, pool, method)
                for start in range(0, len(here), BATCH)
            ]
            ranks = ranks_from_lists(np.concatenate(parts), answers)
            found = measure(ranks)
            low, high = bootstrap_interval(100.0 * (ranks > 0))  # the lists are LIST_LENGTH long
            row = Row(
                moment=moment,
                items=items,
                modality=modality,
                method=method,
                queries=len(here),
                pool_size=int(pool.sum()),
                recall_at_1=round(found.recall_at_1, 2),
                recall_at_10=round(found.recall_at_10, 2),
                recall_at_10_ci95=(round(low, 2), round(high, 2)),
                mrr_at_10=round(found.mrr_at_10, 2),
            )
            rows.append(row)
    return rows


def run(args: argparse.Namespace) -> dict:
    given = Bundle.open(args.bundle, args.media_root)
    rest, new = set_aside(some_of(given.collection, args.of, args.seed), args.aside, args.seed)
    sized = BuildConfig.for_collection(rest, args.seed)
    settings = sized.with_values(dict(given.config.get("stages", {}))).scaled(args.share * args.of)
    if args.of < 1:
        settings = replace(settings, codec=sized.codec)
    for setting in args.set:
        settings = settings.with_setting(setting)
    base, grown, updated = (args.work / name for name in ("base", "grown", "updated"))
    build = Build(settings, rest, args.work / "stages", Source(bundle=args.bundle), args.progress)
    written = dict(zip((item.id for item in given.collection), load_parts(given).pseudo_queries, strict=True))
    build.__dict__["pseudo_queries"] = [list(written[item.id]) for item in rest]
    build.bundle(base, None)

    old, added = questions(rest.items, args.queries, args.seed), questions(new, args.queries, args.seed)
    engine = Engine.load(base)
    rows = ask(engine, "before", "old", old, args.beams)
    began = time.perf_counter()
    result = engine.add([NewItem(given.collection.media_path(item), id=item.id) for item in new], out=grown)
    add_seconds = time.perf_counter() - began
    if result.refused:
        raise ConfigError(f"{len(result.refused)} items could not be added, such as: {result.refused[0].reason}")
    rows += ask(engine, "added", "old", old, args.beams) + ask(engine, "added", "added", added, args.beams)
    config = UpdateConfig(rehearsal=args.rehearsal, steps=args.steps, seed=args.seed)
    report = update_bundle(grown, args.work / "update", config, out=updated, progress=args.progress)
    engine = Engine.load(updated)
    rows += ask(engine, "updated", "old", old, args.beams) + ask(engine, "updated", "added", added, args.beams)
    return {
        "machine": {"processor": processor(), "cores": os.cpu_count(), "device": str(engine.device)},
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "collection": given.collection.name,
        "seed": args.seed,
        "beams": args.beams,
        "build": {"of": args.of, "share": args.share, "set": args.set},
        "items": {"old": len(rest), "added": len(new)},
        "unseen": "codec, dual tower and retriever met no added item before; encoder and captioner were trained on "
        "other items, the train split of the given bundle's collection",
        "add_seconds": round(add_seconds, 2),
        "update": asdict(config) | {"outcome": report.outcome, "seconds": report.seconds},
        "rows": [asdict(row) for row in rows],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, nargs="?", default=BUILT_IN)
    parser.add_argument("--media-root", type=Path, help="folder of the media where they were moved")
    parser.add_argument("--of", type=float, default=1.0, help="share of the collection to measure with (default: 1)")
    parser.add_argument("--aside", type=float, default=0.1, help="share of all items to add later (default: 0.1)")
    parser.add_argument("--queries", type=int, default=1000, help="at most, a modality, old and added each")
    parser.add_argument("--beams", type=int, default=20)
    parser.add_argument(
        "--share", type=float, default=1.0, help="share of the build's training steps, beside --of (default: 1)"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the build")
    parser.add_argument("--rehearsal", type=float, default=0.5, help="share of old items in the update (default: 0.5)")
    parser.add_argument("--steps", type=int, default=0, help="of the update (default: by the number of new items)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("work/update-benchmark"), help="folder to go on from")
    parser.add_argument("--no-progress", dest="progress", action="store_false", help="show no progress bars")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    args = parser.parse_args(arguments)
    result = run(args)
    if args.out:
        write_json(args.out, result)
    for row in result["rows"]:
        print(
            f"{row['moment']:8} {row['items']:6} {row['modality']:6} {row['method']:10} pool {row['pool_size']:5} "
            f"R@1 {row['recall_at_1']:5.1f}  R@10 {row['recall_at_10']:5.1f}"
        )


if __name__ == "__main__":
    main()
