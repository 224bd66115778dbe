"""`build`: from a manifest, a folder of media or a published data set all the way to a bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from ace_core.commands._building import add_source, prepare
from ace_core.commands._output import print_json
from ace_core.errors import AceError
from ace_core.progress import EventLog

NAME = "build"
HELP = "build a bundle from a manifest, a folder of media or a published data set; start it again to go on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to write")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="VARIANT",
        help="also train a retriever for comparison, kept in --work: decoder_only, without_teacher, no_pseudo_queries",
    )
    parser.add_argument("--show-config", action="store_true", help="print the configuration as JSON and stop")


def run(args: argparse.Namespace) -> int:
    try:
        return _run(args)
    except AceError as error:
        EventLog(args.events, ["build"]).failed(str(error))
        raise


def _run(args: argparse.Namespace) -> int:
    prepared = prepare(args)
    if args.show_config:
        print_json(prepared.config)
        return 0
    from ace_core.build import run_build
    from ace_core.bundle import Bundle

    run_build(
        prepared.config,
        prepared.collection,
        args.out,
        prepared.work,
        manifest=prepared.manifest,
        source=prepared.source,
        also=args.also,
        progress=not args.json,
        events=prepared.events,
    )
    prepared.events.finished(f"open it with: python app.py --bundle {args.out}")
    if args.json:
        built = Bundle.open(args.out)
        print_json({"bundle": args.out, "items": len(built.collection), "bytes": built.size_bytes})
    return 0
