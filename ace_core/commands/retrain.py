"""`retrain`: another retriever for a built bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from ace_core.commands._output import print_json

NAME = "retrain"
HELP = "train another retriever for a bundle, on its identifiers and texts; start it again to go on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to write")
    parser.add_argument("--work", type=Path, help="folder for the training's state (default: work/retrain-<out>)")
    parser.add_argument("--config", type=Path, help="JSON file of settings; only those of the retriever count")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="such as retriever.steps=400")
    parser.add_argument("--also", action="append", default=[], metavar="VARIANT", help="as for build; kept in --work")
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (default: 0)")


def run(args: argparse.Namespace) -> int:
    from ace_core.build_config import BuildConfig
    from ace_core.bundle import Bundle
    from ace_core.files import read_json
    from ace_core.retrain import retrain

    config = BuildConfig.for_collection(Bundle.open(args.bundle).collection, args.seed)
    if args.config:
        config = config.with_values(read_json(args.config))
    for setting in args.set:
        config = config.with_setting(setting)
    work = args.work or Path("work") / f"retrain-{args.out.resolve().name}"
    retrain(args.bundle, config, args.out, work, also=args.also, progress=not args.json)
    if args.json:
        print_json({"bundle": args.out})
    return 0
