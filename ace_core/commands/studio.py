"""`studio`: make a collection of drawn pictures, synthesised sounds and animated clips."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

NAME = "studio"
HELP = "make a collection of any size from the grammar of scenes, the same for the same seed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for media and manifest.jsonl")
    parser.add_argument("--pictures", type=int, default=2400, help="how many pictures (default: 2400)")
    parser.add_argument("--sounds", type=int, default=1200, help="how many sounds (default: 1200)")
    parser.add_argument("--clips", type=int, default=600, help="how many clips (default: 600)")
    parser.add_argument("--seed", type=int, default=1, help="seed; another seed makes other scenes (default: 1)")
    parser.add_argument("--workers", type=int, default=None, help="processes (default: one a core)")


def run(args: argparse.Namespace) -> int:
    from ace_core.studio.make import StudioConfig, make_collection

    config = StudioConfig(args.pictures, args.sounds, args.clips, args.seed)
    collection = make_collection(config, args.out, workers=args.workers, progress=not args.json)
    size = sum(collection.media_path(item).stat().st_size for item in collection)
    count = Counter(item.modality for item in collection)
    if args.json:
        print(json.dumps({"out": str(args.out), "items": dict(count), "bytes": size}))
    else:
        told = ", ".join(f"{number} {modality}" for modality, number in count.items())
        print(f"{told}: {size / 1e6:.1f} MB in {args.out}")
    return 0
