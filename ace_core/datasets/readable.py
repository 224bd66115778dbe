"""Which media of a collection can be read: a bad file among thousands is reported and left out, never fatal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from os import cpu_count
from pathlib import Path

from ace_core.collection import Collection, Item
from ace_core.datasets.scan import LeftOut
from ace_core.errors import CollectionError, MediaError
from ace_core.files import read_json, sha256_file, write_json
from ace_core.media import load_audio, load_audio_windows, load_frames, load_image, probe
from ace_core.media.limits import MAX_SECONDS
from ace_core.progress import Bar

LIST = "left_out.json"
_SHOWN = 5
_WINDOWS = 20  # of 10 seconds: what is looked at of a sound too long to be read at once

Outcome = dict[str, str]  # {"sha256": ...} or {"problem": ...}


def readable(
    collection: Collection,
    memory: Path,
    note: Callable[[str], None],
    progress: bool = True,
    left_out: Sequence[LeftOut] = (),
) -> Collection:
    """The collection without files that cannot be decoded or differ from their sha256, and with every sha256 filled in.

    `memory`: a JSON file that remembers what could be read, so that a file is decoded once. Beside it left_out.json
    lists every file that is not in the collection, with the reason; `left_out` adds those that never came into it. A
    few of them and their number are noted. Raises `CollectionError` where nothing is left.
    """
    good, bad = [], list(left_out)
    for item, outcome in zip(collection, _outcomes(collection, memory, progress), strict=True):
        problem = outcome.get("problem")
        if not problem and item.sha256 and item.sha256 != outcome["sha256"]:
            problem = "it is not the file that the manifest tells of: its sha256 differs; put that file in its place"
        if problem:
            bad.append(LeftOut(_plain(item.path), problem))
        else:
            good.append(item if item.sha256 else replace(item, sha256=outcome["sha256"]))
    listed = memory.with_name(LIST)
    write_json(listed, [asdict(one) for one in bad])
    for one in bad[:_SHOWN]:
        note(f"left out: {one.path}: {one.reason}")
    if bad:
        note(f"left out: {len(bad)} in all, {len(good)} can be read; every reason is in {listed}")
    if not good:
        raise CollectionError(
            f"None of the {len(collection)} media of {collection.name!r} can be read: {bad[0].reason}"
        )
    return replace(collection, items=tuple(good))


def _outcomes(collection: Collection, memory: Path, progress: bool) -> list[Outcome]:
    """What came of reading each item, in order; what could be read is remembered, also when a run is interrupted."""
    known: dict[str, Outcome] = _remembered(memory)
    found: list[tuple[str, Outcome]] = []
    workers = ThreadPoolExecutor(cpu_count() or 1)
    read = workers.map(lambda item: _outcome(collection, item, known), collection)
    try:
        with Bar(len(collection), "reading media", "file", shown=progress) as bar:
            for one in read:
                found.append(one)
                bar.update()
    finally:
        workers.shutdown(cancel_futures=True)
        write_json(memory, known | {key: outcome for key, outcome in found if "sha256" in outcome})
    return [outcome for _, outcome in found]


def _remembered(memory: Path) -> dict[str, Outcome]:
    try:
        return read_json(memory)
    except (OSError, ValueError):  # it only saves time
        return {}


def _outcome(collection: Collection, item: Item, known: dict[str, Outcome]) -> tuple[str, Outcome]:
    path, key = collection.media_path(item), _plain(item.path)
    try:
        status = path.stat()
        key = f"{key} {item.modality} {status.st_size} {status.st_mtime_ns}"
        if "sha256" in known.get(key, ()):
            return key, known[key]
    except (OSError, ValueError):
        pass  # decoding says why
    try:
        _decode(path, item)
        return key, {"sha256": sha256_file(path)}
    except MediaError as error:
        return key, {"problem": str(error).removeprefix(f"{_plain(str(path))}: ").removesuffix(".")}
    except OSError as error:
        return key, {"problem": f"the file cannot be read ({error.strerror}); copy it anew from its source"}


def _decode(path: Path, item: Item) -> None:
    if item.modality == "image":
        load_image(path, 64)
    elif item.modality == "video":
        load_frames(path, 4, 64)
    elif (probe(path, "audio").seconds or 0) <= MAX_SECONDS:
        load_audio(path, 16_000)
    else:
        load_audio_windows(path, 16_000, 10.0, _WINDOWS)


def _plain(path: str) -> str:
    """A path that can be written as UTF-8, whatever bytes it is made of."""
    return path.encode("utf-8", "backslashreplace").decode()
