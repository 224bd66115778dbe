"""`search`: answer a sentence, by writing identifiers or with the dual tower."""

from __future__ import annotations

import argparse

from ace_core.commands._arguments import add_query, identifier, load_engine
from ace_core.commands._output import print_json, print_table, tokens

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
    result = engine.search(args.text, args.k, args.beams, args.modality, args.prefix, args.method)
    if args.json:
        print_json(result)
        return 0
    print_table(
        ("rank", "probability", "identifier", "item", "file"),
        [
            (hit.rank, hit.probability, tokens(hit.identifier), hit.item.id, str(engine.media_path(hit.item)))
            for hit in result.hits
        ],
    )
    times = result.times
    print(
        f"\n{len(result.hits)} of {result.pool_size} items in {times.total_ms:.1f} ms "
        f"(reading the query {times.encode_ms:.1f}, searching {times.search_ms:.1f})"
    )
    return 0
