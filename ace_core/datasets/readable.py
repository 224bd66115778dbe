"""Which media of a collection can be read: a bad file among thousands is reported and left out, never fatal."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os import cpu_count
from pathlib import Path

from tqdm import tqdm

from ace_core.collection import Collection, Item
from ace_core.errors import CollectionError, MediaError
from ace_core.files import read_json, sha256_file, write_json
from ace_core.media import load_audio, load_frames, load_image

_SHOWN = 5


def readable(collection: Collection, memory: Path, note: Callable[[str], None], progress: bool = True) -> Collection:
    """The collection without files that cannot be decoded or differ from their sha256, and with every sha256 filled in.

    `memory`: a JSON file that remembers what was read, so that a file is decoded once. Raises `CollectionError` where
    nothing is left.
    """
    known: dict[str, dict[str, str]] = read_json(memory) if memory.is_file() else {}
    with ThreadPoolExecutor(cpu_count() or 1) as workers:
        outcomes = list(
            tqdm(
                workers.map(lambda item: _outcome(collection, item, known), collection),
                total=len(collection),
                desc="reading media",
                unit="file",
                disable=not progress,
            )
        )
    write_json(memory, dict(outcomes))
    good, bad = [], []
    for item, (_, outcome) in zip(collection, outcomes, strict=True):
        problem = outcome.get("problem")
        if not problem and item.sha256 and item.sha256 != outcome["sha256"]:
            problem = f"{item.path} is not the file that the manifest tells of; its sha256 differs."
        if problem:
            bad.append(problem)
        else:
            good.append(item if item.sha256 else replace(item, sha256=outcome["sha256"]))
    for problem in bad[:_SHOWN]:
        note(f"left out: {problem}")
    if len(bad) > _SHOWN:
        note(f"left out: {len(bad) - _SHOWN} more; all are in {memory}")
    if not good:
        raise CollectionError(f"None of the {len(collection)} media of {collection.name!r} can be read: {bad[0]}")
    return replace(collection, items=tuple(good))


def _outcome(collection: Collection, item: Item, known: dict[str, dict[str, str]]) -> tuple[str, dict[str, str]]:
    path = collection.media_path(item)
    try:
        status = path.stat()
    except OSError:
        return item.path, {"problem": f"{item.path} is not there."}
    key = f"{item.path} {status.st_size} {status.st_mtime_ns}"
    if key in known:
        return key, known[key]
    try:
        _decode(path, item)
    except MediaError as error:
        return key, {"problem": str(error)}
    return key, {"sha256": sha256_file(path)}


def _decode(path: Path, item: Item) -> None:
    if item.modality == "image":
        load_image(path, 64)
    elif item.modality == "audio":
        load_audio(path, 16_000)
    else:
        load_frames(path, 4, 64)
