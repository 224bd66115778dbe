"""Text -> sound on ESC-10, judged by label: fold 5 is searched, folds 1 to 4 teach.

    ACE_DATA=... python -m benchmarks.esc10 --out benchmarks/results/esc10.json

Two kinds of vectors: YAMNet's, given beside the data, and those of the shipped compact encoder, which was trained on
synthesised sounds. A training sound is described by its label and by the title of its recording; the captioner's
pseudo-queries describe every sound. Queries are the ten labels, and the titles of fold 5's recordings. A sound counts
as right where its label is the query's: many share one, so one-to-one recall says nothing here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ace_core.build import Source, run_build
from ace_core.build_config import BuildConfig
from ace_core.bundle import BUILT_IN
from ace_core.collection import Caption, Collection, Item
from ace_core.commands.evaluate import processor
from ace_core.engine import Engine
from ace_core.errors import CollectionError
from ace_core.evaluation.metrics import bootstrap_interval
from ace_core.files import sha256_file, write_json
from ace_core.results import Method

TEST_FOLD = 5
METHODS: tuple[Method, ...] = ("generation", "dual_tower")


def load(root: Path) -> Collection:
    """ESC-10 as a collection; attributes hold each sound's label. Raises `CollectionError` where it is not there."""
    file = root / "metadata.json"
    if not file.is_file():
        raise CollectionError(f"There is no {file}; set ACE_DATA to the folder that holds esc10.")
    items = []
    for entry in json.loads(file.read_text(encoding="utf-8")):
        said = (Caption(entry["label"]), Caption(entry["title"]))
        held_out = entry["fold"] == TEST_FOLD
        items.append(
            Item(
                id=entry["file_name"],
                modality="audio",
                path=f"audio/{entry['file_name']}",
                captions=() if held_out else said,
                queries=said[1:] if held_out else (),
                split="held_out" if held_out else "train",
                attributes={"label": entry["label"]},
                sha256=sha256_file(root / "audio" / entry["file_name"]),
            )
        )
    return Collection("esc10", root, tuple(items))


def judged(ranked: np.ndarray, labels: np.ndarray, wanted: list[str]) -> dict[str, Any]:
    """precision@1 and mAP@10, in percent with 95 % intervals over queries, of rankings (Q, k), -1 for none.

    Average precision at 10 divides by the number of right items, at most 10, as is usual where many are right.
    """
    first, average = [], []
    for row, label in zip(ranked, wanted, strict=True):
        right = np.array([position >= 0 and labels[position] == label for position in row[:10]], dtype=bool)
        precision = np.cumsum(right) / np.arange(1, len(right) + 1)
        first.append(bool(right[0]))
        average.append(float((precision * right).sum() / min(10, int((labels == label).sum()))))
    figures: dict[str, Any] = {}
    for name, values in (("precision_at_1", first), ("map_at_10", average)):
        shares = 100.0 * np.array(values)
        figures[name] = round(float(shares.mean()), 1)
        figures[f"{name}_ci95"] = [round(value, 1) for value in bootstrap_interval(shares)]
    return figures


def measure(engine: Engine, collection: Collection) -> list[dict[str, object]]:
    """A row a method and a kind of query, over the sounds of the test fold."""
    labels = np.array([item.attributes["label"] for item in collection])
    pool = np.array([item.split == "held_out" for item in collection])
    titled = [item for item in collection if item.queries]
    asked = {
        "labels": [(label, label) for label in sorted(set(labels))],
        "titles": [(item.queries[0].text, str(item.attributes["label"])) for item in titled],
    }
    rows: list[dict[str, object]] = []
    for kind, pairs in asked.items():
        for method in METHODS:
            ranked = engine.rank([text for text, _ in pairs], 10, 20, pool, method)
            figures = judged(ranked, np.where(pool, labels, ""), [label for _, label in pairs])
            rows.append({"queries": kind, "count": len(pairs), "method": method, "pool": int(pool.sum()), **figures})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("work/esc10"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vectors", choices=("YAMNet", "compact encoder"), help="only these (default: both)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the builds")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/esc10.json"))
    args = parser.parse_args()
    root = Path(os.environ.get("ACE_DATA", "")) / "esc10"
    try:
        collection = load(root)
    except CollectionError as error:
        print(error, file=sys.stderr)
        return 1
    sources = {"YAMNet": Source(embeddings=root / "yamnet.npz"), "compact encoder": Source(bundle=BUILT_IN)}
    rows = []
    for name, source in sources.items():
        if args.vectors not in (None, name):
            continue
        work = args.work / name.split()[0].lower()
        config = BuildConfig.for_collection(collection, args.seed)
        for setting in args.set:
            config = config.with_setting(setting)
        config = replace(config, examples=0)
        run_build(config, collection, work / "bundle", work, source=source)
        rows += [{"vectors": name, **row} for row in measure(Engine.load(work / "bundle"), collection)]
    machine = {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version()}
    write_json(args.out, {"machine": machine, "seed": args.seed, "set": args.set, "rows": rows})
    for row in rows:
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
