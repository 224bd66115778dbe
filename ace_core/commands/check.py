"""`check`: the weights of a check for a bundle that is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from ace_core.commands._output import print_json

NAME = "check"
HELP = "give a bundle a check of its answers by the captioner, weighed on the dev queries; nothing is trained"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to write; it may be the same")
    parser.add_argument("--media-root", type=Path, default=None, help="folder of the media where they were moved")
    parser.add_argument("--work", type=Path, help="folder where features are kept (default: work/check-<out>)")


def run(args: argparse.Namespace) -> int:
    from ace_core.add_check import add_check

    work = args.work or Path("work") / f"check-{args.out.resolve().name}"
    told = add_check(args.bundle, args.out, work, media_root=args.media_root, progress=not args.json)
    if args.json:
        print_json({"bundle": args.out, "outcome": told})
    else:
        print(told)
    return 0
