"""`evaluate`: Recall@1/5/10 and MRR@10 of every arm, by the protocol of docs/architecture.md."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ace_core.bundle import BUILT_IN
from ace_core.commands._output import print_json

NAME = "evaluate"
HELP = "measure generation, dual tower and cosine search on held-out queries; JSON and a Markdown table"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, nargs="?", default=BUILT_IN, help="folder of a bundle")
    parser.add_argument("--media-root", type=Path, default=None, help="folder of the media where they were moved")
    parser.add_argument("--work", type=Path, help="the build's work folder: adds the variants trained with --also")
    parser.add_argument("--beams", type=int, default=20, help="beams of the search (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap and of the sample of seen queries")
    parser.add_argument("--name", help="what to call the collection in the tables (default: its own name)")
    parser.add_argument("--out", type=Path, help="JSON file to write; rows of other collections in it are kept")
    parser.add_argument("--readme", type=Path, help="Markdown file whose accuracy table to write anew")
    parser.add_argument("--report", type=Path, help="Markdown file to write with everything that was measured")
    parser.add_argument("--write-only", action="store_true", help="measure nothing; write what --out holds")


def run(args: argparse.Namespace) -> int:
    from ace_core.errors import ConfigError
    from ace_core.evaluation.ablation_plots import draw_all
    from ace_core.evaluation.overview import overview
    from ace_core.evaluation.report import full_report, insert
    from ace_core.evaluation.sections import sections
    from ace_core.files import atomic_path, read_json

    if args.write_only and not (args.out and args.out.is_file()):
        raise ConfigError("--write-only needs --out, the JSON file of an earlier evaluation.")
    result = read_json(args.out) if args.write_only else _measured(args)
    if args.readme:
        insert(args.readme, overview(result))
    if args.report:
        further = sections(args.out.parent) if args.out else []
        if args.out:
            draw_all(args.out.parent, args.report.parent)
        with atomic_path(args.report) as staged:
            staged.write_text(full_report(result, further), encoding="utf-8")
    if args.json:
        print_json(result)
    else:
        print(overview(result), end="")
    return 0


def _measured(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, and write --out, where rows of other collections are kept."""
    from ace_core.add_check import whole_check
    from ace_core.bundle import Bundle
    from ace_core.config import to_json
    from ace_core.evaluation.arms import arms_of
    from ace_core.evaluation.table import evaluate
    from ace_core.files import read_json, write_json
    from ace_core.parts import load_parts
    from ace_core.stages import say

    bundle = Bundle.open(args.bundle, args.media_root)
    parts = load_parts(bundle)
    wanted = parts.check
    check = None if wanted is None else whole_check(bundle, parts, args.work, wanted, progress=not args.json)
    arms = arms_of(parts, args.beams, args.work, check)
    collection = replace(bundle.collection, name=args.name or bundle.collection.name)
    rows = evaluate(collection, arms, seed=args.seed, note=(lambda line: None) if args.json else say)
    result: dict[str, Any] = {
        "beams": args.beams,
        "machine": {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version()},
        "titles": {arm.name: arm.title for arm in arms},
        "reads": {arm.name: arm.reads for arm in arms},
        "ceiling": {collection.name: dict(parts.report)},
        "check": {} if wanted is None else {collection.name: to_json(wanted)},
        "build_seconds": {collection.name: _seconds(parts.metrics)},
        "parameters": {collection.name: parts.parameters()},
        "rows": [asdict(row) for row in rows],
    }
    if args.out:
        if args.out.is_file():
            before = read_json(args.out)
            names = list(dict.fromkeys(row["collection"] for row in before["rows"]))
            others = [row for row in before["rows"] if row["collection"] != collection.name]
            # A collection that is measured anew keeps its place in the tables.
            place = {name: number for number, name in enumerate(dict.fromkeys([*names, collection.name]))}
            result["rows"] = sorted(others + result["rows"], key=lambda row: place[row["collection"]])
            for part in ("ceiling", "check", "build_seconds", "parameters", "titles", "reads"):
                result[part] = before.get(part, {}) | result[part]
        write_json(args.out, result)
    return result


def _seconds(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Of each stage of the build that the bundle tells of."""
    return {name: made["seconds"] for name, made in metrics.items() if isinstance(made, dict) and "seconds" in made}


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
