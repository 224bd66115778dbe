"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ace_core.bundle import BUILT_IN, MEDIA_ROOT_VARIABLE
from ace_core.collection import MODALITIES

if TYPE_CHECKING:
    from ace_core.engine import Engine


def add_bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "bundle", type=Path, nargs="?", default=BUILT_IN, help="folder of a bundle (default: the built-in one)"
    )
    parser.add_argument(
        "--media-root",
        type=Path,
        default=None,
        help=f"folder of the media where they were moved (default: as built, or {MEDIA_ROOT_VARIABLE})",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default: auto)")


def add_query(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument("text", help="a sentence, in quotes")
    parser.add_argument("-k", type=int, default=10, help="how many results, 1 to 100 (default: 10)")
    parser.add_argument("--beams", type=int, default=20, help="beams of the search, 1 to 200 (default: 20)")
    parser.add_argument("--modality", choices=MODALITIES, default=None, help="only this modality (default: all)")
    parser.add_argument(
        "--check", action="store_true", help="order the first answers by how likely the captioner is to write the text"
    )


def identifier(text: str) -> tuple[int, ...]:
    """An identifier or a prefix of one, written 12-5-77."""
    try:
        return tuple(int(token) for token in text.split("-"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no identifier; write its tokens like 12-5-77") from None


def load_engine(args: argparse.Namespace) -> Engine:
    from ace_core.engine import Engine

    return Engine.load(args.bundle, device=args.device, media_root=args.media_root)
