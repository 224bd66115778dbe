"""`add`: new media into a bundle, without training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ace_core.commands._changing import add_changed_bundle, load
from ace_core.commands._output import print_json, print_table, tokens
from ace_core.errors import ConfigError

if TYPE_CHECKING:
    from ace_core.changes import NewItem

NAME = "add"
HELP = "add pictures, sounds and clips to a bundle; they can be found at once, and better after update"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_changed_bundle(parser)
    parser.add_argument("media", type=Path, nargs="+", help="files, or folders, with captions.csv if there is one")
    parser.add_argument(
        "--caption", action="append", default=[], metavar="TEXT", help="what a single file shows; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    new = [item for path in args.media for item in _new_items(path, args.caption)]
    if args.caption and len(new) != 1:
        raise ConfigError(f"--caption describes one file, but {len(new)} are given; add them one by one.")
    engine = load(args)
    result = engine.add(new, args.out)
    if args.json:
        print_json({"bundle": engine.bundle.path, **vars(result)})
    else:
        if result.added:
            print_table(("added", "identifier"), [(one.item.id, tokens(one.identifier)) for one in result.added])
            print(f"\n{len(result.added)} added; teach the retriever of them with: update {engine.bundle.path}")
        for one in result.refused:
            print(f"left out: {one.reason}", file=sys.stderr)
    return 0 if result.added else 1


def _new_items(path: Path, captions: list[str]) -> list[NewItem]:
    """The file, or all of a folder's."""
    from ace_core.changes import NewItem
    from ace_core.datasets.folder import load_folder

    if not path.is_dir():
        return [NewItem(path, tuple(captions))]
    found = load_folder(path, held_out=0.0, dev=0.0)
    return [NewItem(found.media_path(item), tuple(said.text for said in item.captions)) for item in found]
