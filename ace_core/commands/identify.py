"""`identify`: the identifier of an item or a media file, what its prefixes mean, and the items most alike."""

from __future__ import annotations

import argparse

from ace_core.commands._arguments import add_bundle, load_engine
from ace_core.commands._output import print_json, print_table, tokens

NAME = "identify"
HELP = "show the identifier of an item (by id) or of a media file (by path), and what is near it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument("source", help="an item's id, or the path of a picture, sound or clip")
    parser.add_argument("-k", type=int, default=8, help="how many near items, 1 to 100 (default: 8)")


def run(args: argparse.Namespace) -> int:
    engine = load_engine(args)
    found = engine.identify(args.source, args.k)
    shared = [found.identifier[:length] for length in range(1, len(found.identifier) + 1)]
    meanings = [engine.describe(prefix) for prefix in shared if engine.exists(prefix)]
    if args.json:
        print_json({"identification": found, "prefixes": meanings})
        return 0
    told = "in the collection" if found.exists else "as it would be if it were added"
    print(f"{found.source}: {tokens(found.identifier)} ({told})\n")
    print_table(
        ("prefix", "items", "words"),
        [(tokens(meaning.prefix), meaning.items_below, ", ".join(meaning.words)) for meaning in meanings],
    )
    print()
    print_table(
        ("near", "cosine", "identifier", "item"),
        [(hit.rank, hit.score, tokens(hit.identifier), hit.item.id) for hit in found.nearest],
    )
    return 0
