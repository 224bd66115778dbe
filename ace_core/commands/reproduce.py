"""`reproduce`: the paper's experiment on a published data set, from raw files to a table beside published figures."""

from __future__ import annotations

import argparse
import os
import platform
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ace_core.commands._building import Prepared, add_how, prepare
from ace_core.commands._output import print_json
from ace_core.errors import AceError, CollectionError
from ace_core.evaluation.published import BENCHMARKS
from ace_core.progress import EventLog

if TYPE_CHECKING:
    from ace_core.evaluation.reproduction import Reproduction

NAME = "reproduce"
HELP = "run the paper's experiment on a published data set; ours and the published figures side by side"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", choices=sorted(BENCHMARKS), help="the data set; its files: docs/datasets.md")
    parser.add_argument("--root", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--json-file", type=Path, help="split file of the data set (default: found below --root)")
    parser.add_argument("--out", type=Path, help="folder for bundle and table (default: work/reproduce/<data set>)")
    parser.add_argument("--beams", type=int, default=20, help="beams of the search (default: 20)")
    parser.add_argument(
        "--also",
        action="append",
        metavar="VARIANT",
        help="a retriever to train for comparison: decoder_only, without_teacher, no_pseudo_queries (default: all)",
    )
    parser.add_argument("--skip-ablation", action="store_true", help="train no other retriever for comparison")
    add_how(parser)
    parser.set_defaults(manifest=None, media=None)


def run(args: argparse.Namespace) -> int:
    args.out = args.out or Path("work") / "reproduce" / args.dataset
    try:
        return _run(args)
    except AceError as error:
        EventLog(args.events, ["build"]).failed(str(error))
        raise


def _run(args: argparse.Namespace) -> int:
    prepared = prepare(args)
    if not any(prepared.collection[item].queries for item in prepared.collection.of(split="held_out")):
        raise CollectionError(f"{prepared.collection.name} has no query about a test item; nothing can be measured.")

    from ace_core.build import run_build
    from ace_core.evaluation.arms import VARIANTS
    from ace_core.evaluation.reproduction import as_json, as_markdown
    from ace_core.files import atomic_path, write_json

    run_build(
        prepared.config,
        prepared.collection,
        args.out / "bundle",
        prepared.work,
        source=prepared.source,
        also=() if args.skip_ablation else args.also or list(VARIANTS),
        progress=not args.json,
        events=prepared.events,
    )
    found, benchmark = _measure(args, prepared), BENCHMARKS[args.dataset]
    write_json(args.out / "results.json", as_json(found, benchmark))
    page = as_markdown(found, benchmark)
    with atomic_path(args.out / "results.md") as staged:
        staged.write_text(page, encoding="utf-8")
    prepared.events.finished(f"the table is in {args.out / 'results.md'}")
    if args.json:
        print_json(as_json(found, benchmark))
    else:
        print(page, end="")
    return 0


def _measure(args: argparse.Namespace, prepared: Prepared) -> Reproduction:
    """Every arm on the queries of the test items, over the test items and over the whole collection."""
    from ace_core.bundle import Bundle
    from ace_core.commands.evaluate import processor
    from ace_core.evaluation.arms import arms_of
    from ace_core.evaluation.reproduction import Reproduction
    from ace_core.evaluation.table import evaluate
    from ace_core.parts import load_parts
    from ace_core.stages import say

    bundle = Bundle.open(args.out / "bundle")
    arms = arms_of(load_parts(bundle), args.beams, None if args.skip_ablation else prepared.work)
    rows = evaluate(bundle.collection, arms, seed=args.seed, note=(lambda line: None) if args.json else say)
    return Reproduction(
        dataset=args.dataset,
        collection=prepared.collection.name,
        items=dict(Counter(item.split for item in prepared.collection)),
        encoder=f"{bundle.config['encoder']}, {args.embeddings.name}" if args.embeddings else bundle.config["encoder"],
        beams=args.beams,
        seed=args.seed,
        share=args.share,
        machine={"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version()},
        titles={arm.name: arm.title for arm in arms},
        reads={arm.name: arm.reads for arm in arms},
        rows=tuple(row for row in rows if row.query_items == "held_out"),
    )
