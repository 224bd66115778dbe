"""`info`: what a bundle is."""

from __future__ import annotations

import argparse

from ace_core.commands._arguments import add_bundle, load_engine
from ace_core.commands._output import print_json, print_table, tokens

NAME = "info"
HELP = "show what a bundle holds: items, identifiers, models, sizes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)


def run(args: argparse.Namespace) -> int:
    info = load_engine(args).info()
    if args.json:
        print_json(info)
        return 0
    print(f"{info.name}: {sum(info.items.values())} items, bundle {info.bundle_bytes / 1e6:.1f} MB, on {info.device}")
    print_table(
        ("modality", "items", "held out"),
        [(name, count, info.held_out[name]) for name, count in info.items.items()],
    )
    print(f"\nidentifiers: {len(info.level_sizes)} tokens of {tokens(info.level_sizes)} kinds")
    print_table(("model", "parameters"), [(name, count) for name, count in info.parameters.items()])
    return 0
