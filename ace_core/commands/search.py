"""`search`: answer a sentence, by writing identifiers or with the dual tower."""

from __future__ import annotations

import argparse

from ace_core.commands._arguments import add_query, identifier, load_engine
from ace_core.commands._output import print_json, print_table, tell_unread, tokens, told

NAME = "search"
HELP = "find the pictures, sounds and clips that a sentence describes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_query(parser)
    parser.add_argument(
        "--prefix", type=identifier, default=(), help="only items whose identifier begins so, such as 12-5"
    )
    parser.add_argument(
        "--method", choices=("generation", "dual_tower"), default="generation", help="(default: generation)"
    )


def run(args: argparse.Namespace) -> int:
    engine = load_engine(args)
    result = engine.search(args.text, args.k, args.beams, args.modality, args.prefix, args.method, args.check)
    if args.json:
        print_json(result)
        return 0
    before = ("before",) if args.check else ()
    print_table(
        ("rank", *before, "probability", "identifier", "item", "file"),
        [
            (
                hit.rank,
                *((hit.unchecked_rank,) if args.check else ()),
                hit.probability,
                tokens(hit.identifier),
                hit.item.id,
                str(engine.media_path(hit.item)),
            )
            for hit in result.hits
        ],
    )
    print(f"\n{len(result.hits)} of {result.pool_size} items in {told(result.times)}")
    tell_unread(result)
    return 0
