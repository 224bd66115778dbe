"""`update`: teach the retriever of the items that were added."""

from __future__ import annotations

import argparse
from pathlib import Path

from ace_core.commands._changing import add_changed_bundle
from ace_core.commands._output import print_json

NAME = "update"
HELP = "train a bundle's retriever on the items that were added, rehearsing the others; start it again to go on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_changed_bundle(parser)
    parser.add_argument("--work", type=Path, help="folder for the training's state (default: work/update-<bundle>)")
    parser.add_argument("--rehearsal", type=float, default=0.5, help="share of examples of old items (default: 0.5)")
    parser.add_argument("--steps", type=int, default=0, help="training steps (default: by the number of new items)")
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="(default: 0.0002)")
    parser.add_argument("--seed", type=int, default=0)


def run(args: argparse.Namespace) -> int:
    from ace_core.update import UpdateConfig, update_bundle

    config = UpdateConfig(rehearsal=args.rehearsal, steps=args.steps, learning_rate=args.learning_rate, seed=args.seed)
    work = args.work or Path("work") / f"update-{args.bundle.resolve().name}"
    report = update_bundle(args.bundle, work, config, out=args.out, media_root=args.media_root, progress=not args.json)
    if args.json:
        print_json(report)
        return 0
    print(f"{report.bundle}: {report.learnt} items learnt ({report.outcome})")
    if report.without_text:
        print(f"{report.without_text} new items have neither caption nor pseudo-query; they were not learnt")
    return 0
