"""`add`: new media into a bundle, without training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ace_core.commands._changing import add_changed_bundle, load
from ace_core.commands._output import print_json, print_table, tokens
from ace_core.errors import ConfigError

NAME = "add"
HELP = "add pictures, sounds and clips to a bundle; they can be found at once, and better after update"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_changed_bundle(parser)
    parser.add_argument("media", type=Path, nargs="+", help="files, or folders whose files are all taken")
    parser.add_argument(
        "--caption", action="append", default=[], metavar="TEXT", help="what a single file shows; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    files = [file for path in args.media for file in _files(path)]
    if args.caption and len(files) != 1:
        raise ConfigError(f"--caption describes one file, but {len(files)} are given; add them one by one.")
    from ace_core.changes import NewItem

    engine = load(args)
    result = engine.add([NewItem(file, tuple(args.caption)) for file in files], args.out)
    if args.json:
        print_json({"bundle": engine.bundle.path, **vars(result)})
    else:
        if result.added:
            print_table(("added", "identifier"), [(one.item.id, tokens(one.identifier)) for one in result.added])
            print(f"\n{len(result.added)} added; teach the retriever of them with: update {engine.bundle.path}")
        for one in result.refused:
            print(f"left out: {one.reason}", file=sys.stderr)
    return 0 if result.added else 1


def _files(path: Path) -> list[Path]:
    """The path, or all files below it that are of a known kind and not hidden."""
    if not path.is_dir():
        return [path]
    from ace_core.datasets.folder import load_folder

    found = load_folder(path)
    return [found.media_path(item) for item in found]
