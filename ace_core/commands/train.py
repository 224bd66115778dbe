"""`train`: one stage of a build, and what it needs."""

from __future__ import annotations

import argparse

from ace_core.commands._building import add_source, prepare
from ace_core.commands._output import print_json

NAME = "train"
HELP = "run a build up to one stage; the same --work lets build go on from there"
STAGES = (
    "encoder",
    "joint",
    "identifiers",
    "captioner",
    "pseudo_queries",
    "dual_tower",
    "retriever",
    "reranker",
    "check",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=STAGES, help="the last stage to run")
    add_source(parser)


def run(args: argparse.Namespace) -> int:
    prepared = prepare(args)
    from ace_core.build import Build

    build = Build(
        prepared.config,
        prepared.collection,
        prepared.work,
        prepared.source,
        progress=not args.json,
        events=prepared.events,
    )
    stage = build.until(args.stage)
    if args.json:
        print_json({"stage": args.stage, "outcome": stage.summary, "seconds": stage.seconds, "folder": stage.folder})
    return 0
