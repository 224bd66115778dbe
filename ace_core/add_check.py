"""A check for a bundle that is there: its weights chosen on the dev queries, nothing else changed, nothing trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ace_core.bundle import Bundle, link, new_bundle, save_collection
from ace_core.check import Check, CheckConfig, Features
from ace_core.collection import MODALITIES
from ace_core.config import to_json
from ace_core.encoders.base import Media
from ace_core.encoders.cache import FeatureCache
from ace_core.errors import TrainingError
from ace_core.evaluation.candidates import fit_check, ways
from ace_core.evaluation.protocol import queries_of
from ace_core.files import write_json
from ace_core.generation import Generation
from ace_core.item_features import FeatureTable, cache_folder
from ace_core.parts import Parts, load_features, load_parts
from ace_core.reader import Reader
from ace_core.training.precision import pick_device


def add_check(path: Path, out: Path, work: Path, *, media_root: Path | None = None, progress: bool = True) -> str:
    """Choose the weights for the bundle at `path` and write it with them to `out`; one sentence that tells them.

    `work` keeps the features that were read, so that a run that was stopped goes on. Raises `TrainingError` where there
    are no dev queries, or no captioner.
    """
    bundle = Bundle.open(Path(path), media_root)
    parts = load_parts(bundle)
    check = whole_check(bundle, parts, work, CheckConfig({}), progress)
    if check is None:
        raise TrainingError(f"The bundle {path} has no captioner, or nothing that one could read; build it with both.")
    if not len(queries_of(bundle.collection, split="dev")):
        raise TrainingError(f"The bundle {path} has no dev queries to choose weights by; give items of that split.")
    device = pick_device()
    tower = parts.dual_tower.to(device)
    generation = Generation(parts.retriever.to(device), parts.trie().to(device), tower, parts.dual_vectors)
    answers = ways(generation, tower, parts.dual_vectors, check.config.candidates)
    config, told = fit_check(bundle.collection, check, answers)
    save_check(bundle, Path(out), config)
    return told


def whole_check(
    bundle: Bundle, parts: Parts, work: Path | None, config: CheckConfig, progress: bool = True
) -> Check | None:
    """A check of all items at once: features that the bundle holds, or that are read now and kept below `work` (None:
    where the user's programs keep what can be made again).

    None where the bundle has no captioner, or nothing that it could read.
    """
    reader = Reader(bundle, parts)
    modalities = [item.modality for item in bundle.collection]
    features: Features | None = load_features(bundle)
    if features is None and reader.captioner is not None and reader.encoder is not None:
        collection = bundle.collection
        media = [Media(collection.media_path(item), item.modality, item.id) for item in collection]
        tables = FeatureCache((work or cache_folder()) / "features").features(reader.encoder, media, progress=progress)
        features = FeatureTable({m: tables[m] for m in MODALITIES if m in tables}, modalities)
    if features is None or reader.captioner is None:
        return None
    return Check(reader.captioner, parts.tokenizer, features, np.array(modalities), config)


def save_check(bundle: Bundle, out: Path, check: CheckConfig) -> None:
    """Write the bundle with this check to `out`, which may be its own place; all else is linked to the file it was."""
    collection = bundle.collection
    own = {"config.json", "check.json", "manifest.jsonl", *(item.path for item in collection if item.in_bundle)}
    kept = {name: entry for name, entry in bundle.files.items() if name not in own}
    named = bundle.config["collection"]["manifest"]
    manifest = None if named is None else (bundle.folder / named).resolve()
    with new_bundle(out, kept) as staged:
        for name in kept:
            link(bundle.folder / name, staged / name)
        entry = save_collection(staged, out, collection, manifest)
        write_json(staged / "config.json", dict(bundle.config) | {"collection": entry})
        write_json(staged / "check.json", to_json(check))
