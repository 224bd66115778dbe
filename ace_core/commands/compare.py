"""`compare`: generation and dual tower on the same query, side by side."""

from __future__ import annotations

import argparse

from ace_core.commands._arguments import add_query, load_engine
from ace_core.commands._output import print_json, print_table, tell_unread, told

NAME = "compare"
HELP = "ask generation and the dual tower the same sentence"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_query(parser)


def run(args: argparse.Namespace) -> int:
    comparison = load_engine(args).compare(args.text, args.k, args.beams, args.modality, args.check)
    if args.json:
        print_json(comparison)
        return 0
    right = comparison.answer.id if comparison.answer else None
    print_table(
        ("generated", "dual tower", "item", ""),
        [
            (
                entry.generated_rank or "-",
                entry.dual_tower_rank or "-",
                entry.item.id,
                "the right answer" if entry.item.id == right else "",
            )
            for entry in comparison.items
        ],
    )
    print()
    for result in (comparison.generated, comparison.dual_tower):
        print(f"{result.method.replace('_', ' ')}: {told(result.times)}")
    print(comparison.summary)
    tell_unread(comparison.generated, comparison.dual_tower)
    return 0
