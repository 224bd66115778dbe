"""`remove`: items out of a bundle."""

from __future__ import annotations

import argparse

from ace_core.commands._changing import add_changed_bundle, load
from ace_core.commands._output import print_json

NAME = "remove"
HELP = "remove items from a bundle, so that they cannot be found any more; the collection's files stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_changed_bundle(parser)
    parser.add_argument("items", nargs="+", help="ids of items")


def run(args: argparse.Namespace) -> int:
    engine = load(args)
    removed = engine.remove(args.items, args.out)
    if args.json:
        print_json({"bundle": engine.bundle.path, "removed": [item.id for item in removed]})
        return 0
    print(f"removed {len(removed)}: {', '.join(item.id for item in removed)}; {len(engine.collection)} are left")
    return 0
