"""What the verbs that change a bundle share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ace_core.bundle import MEDIA_ROOT_VARIABLE

if TYPE_CHECKING:
    from ace_core.engine import Engine


def add_changed_bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("--out", type=Path, help="write the changed bundle there and leave this one as it is")
    parser.add_argument(
        "--media-root",
        type=Path,
        default=None,
        help=f"folder of the media where they were moved (default: as built, or {MEDIA_ROOT_VARIABLE})",
    )


def load(args: argparse.Namespace) -> Engine:
    from ace_core.engine import Engine

    return Engine.load(args.bundle, device="cpu", media_root=args.media_root, warm_up=False)
