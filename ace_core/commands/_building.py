"""What `build`, `train` and `reproduce` share: where the items come from and how they are to be built."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ace_core.bundle import BUILT_IN
from ace_core.errors import ConfigError

if TYPE_CHECKING:
    from ace_core.build import Source
    from ace_core.build_config import BuildConfig
    from ace_core.collection import Collection
    from ace_core.progress import EventLog


COMPACT = "compact"  # --encoder: train one on the collection, however few its captions
ENOUGH = 1000  # files of a folder with captions from which on that is the better choice
OWN = ", and --encoder compact trains one on these files all the same"


@dataclass(frozen=True)
class Prepared:
    config: BuildConfig
    collection: Collection
    manifest: Path | None  # the collection's own file, where it is used as it is
    source: Source
    work: Path
    events: EventLog


def add_source(parser: argparse.ArgumentParser) -> None:
    items = parser.add_argument_group("what to build from (one of the three)")
    items.add_argument("manifest", type=Path, nargs="?", help="a manifest: JSON Lines, one item a line")
    items.add_argument("--media", type=Path, help="a folder of media, with captions.csv (path,caption) if there is one")
    items.add_argument("--dataset", metavar="NAME", help="a published layout below --root, such as karpathy")
    items.add_argument("--root", type=Path, help="folder of the data set")
    items.add_argument("--json-file", type=Path, help="split file of the data set (default: found below --root)")
    add_how(parser)


def add_how(parser: argparse.ArgumentParser) -> None:
    how = parser.add_argument_group("how")
    how.add_argument("--embeddings", type=Path, help=".npz with ids and embeddings: use these vectors of the items")
    how.add_argument("--encoder-of", type=Path, help="a bundle whose encoder and captioner to use instead of training")
    how.add_argument(
        "--encoder",
        metavar="NAME[:MODEL[,PRETRAINED]]",
        help="a published encoder: open_clip (pictures, clips), clap (sounds), spaces (all); compact: trained here",
    )
    how.add_argument("--weights", type=Path, help="folder of its weights (default: ACE_WEIGHTS, else the hub)")
    how.add_argument(
        "--describe",
        action="append",
        metavar="NAME[=MODEL]",
        help="further texts about the items: names, tags, sidecar, blip, video, audio (default for --media: names)",
    )
    how.add_argument("--extra", type=Path, help="manifest of further media that teach the encoder; not searched")
    how.add_argument("--work", type=Path, help="folder for the stages, kept to go on (default: work/<name of --out>)")
    how.add_argument("--config", type=Path, help="JSON file of settings; see --show-config for their names")
    how.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="such as retriever.steps=4000")
    how.add_argument("--share", type=float, default=1.0, help="share of all training steps, for a trial (default: 1)")
    how.add_argument("--events", type=Path, metavar="FILE", help="append what happens to this file, as JSON Lines")
    how.add_argument("--seed", type=int, default=0, help="seed of every stage (default: 0)")


def prepare(args: argparse.Namespace) -> Prepared:
    """Load, check and size; raises `ConfigError` where the arguments do not go together."""
    if sum(given is not None for given in (args.manifest, args.media, args.dataset)) != 1:
        raise ConfigError("Give one of a manifest, --media FOLDER, or --dataset NAME --root FOLDER.")
    if args.dataset and not args.root:
        raise ConfigError("--dataset needs --root, the folder of the data set.")
    if sum(given is not None for given in (args.embeddings, args.encoder_of, args.encoder)) > 1:
        raise ConfigError("--embeddings, --encoder-of and --encoder exclude each other; give one of them.")
    if not 0 < args.share <= 10:
        raise ConfigError(f"--share must be above 0 and at most 10, not {args.share}.")

    from ace_core.build import Source
    from ace_core.build_config import BuildConfig
    from ace_core.collection import Collection
    from ace_core.datasets import DATASETS
    from ace_core.datasets.folder import load_folder
    from ace_core.datasets.readable import readable
    from ace_core.datasets.scan import LeftOut
    from ace_core.files import read_json
    from ace_core.progress import EventLog
    from ace_core.stages import say

    work = args.work or Path("work") / _name(args)
    left_out: list[LeftOut] = []
    if args.manifest:
        given = Collection.load(args.manifest)
    elif args.media:
        given = load_folder(args.media, seed=args.seed, left_out=left_out)
    else:
        given = DATASETS[args.dataset](args.root, args.json_file, seed=args.seed)
    events = EventLog(args.events, _stages(args))

    def note(line: str) -> None:
        events.note(line)
        say(line)

    with events.stage("media"):
        collection = readable(given, work / "media.json", note, progress=not args.json, left_out=left_out)
    config = BuildConfig.for_collection(collection, args.seed).scaled(args.share)
    if args.config:
        config = config.with_values(read_json(args.config))
    for setting in args.set:
        config = config.with_setting(setting)
    told = sum(bool(item.captions) for item in collection)
    encoder_of = args.encoder_of
    if not _is_given(args) and told < (ENOUGH if args.media else 1):
        few = f"{told} files with captions to learn from are too few to train an encoder on"
        why = few if told else "no captions to learn from"
        own = OWN if told else ""
        say(f"{why}: the encoder and the captioner of {BUILT_IN} are used, which learnt from drawn scenes and")
        say(f"synthesised sounds and are weak on photos and recordings; --encoder names a better one{own}.")
        encoder_of = BUILT_IN
    published = None if args.encoder == COMPACT else args.encoder
    extra = Collection.load(args.extra) if args.extra else None
    whole = args.manifest if args.manifest and len(collection) == len(given) else None
    described = args.describe or (["names"] if args.media else [])
    if published and not args.describe and not told:
        described = ["names", "tags"]
    source = Source(args.embeddings, encoder_of, published, args.weights, extra, tuple(described))
    return Prepared(config, collection, whole, source, work, events)


def _is_given(args: argparse.Namespace) -> bool:
    """Whether it was said what makes the vectors."""
    return bool(args.embeddings or args.encoder_of or args.encoder)


def _stages(args: argparse.Namespace) -> list[str]:
    """Those that are watched, in order; a compact encoder is trained only where none is given."""
    first = (
        ["media", "features"]
        if _is_given(args) and args.encoder != COMPACT
        else ["media", "encoder", "features", "joint"]
    )
    return [*first, "identifiers", "captioner", "pseudo_queries", "dual_tower", "retriever", "bundle"]


def _name(args: argparse.Namespace) -> str:
    out = getattr(args, "out", None)
    return out.name if out else (args.media or args.root or args.manifest.parent).resolve().name
