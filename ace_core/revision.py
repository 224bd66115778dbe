"""The next state of a bundle on disk: what is different is written anew, all else is linked to the file it was.

One writer at a time. From the check that nobody changed the bundle since it was opened until the new one is in its
place, a lock beside it is held; a kill at any moment leaves the old bundle or the new one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from ace_core.bundle import BUILT_IN, Bundle, collection_entry, link, new_bundle, save_lines, save_tensors
from ace_core.changes import Change
from ace_core.errors import BundleError, MediaError
from ace_core.files import sha256_file, write_json
from ace_core.parts import VECTOR_TYPE, Parts, pseudo_query_lines, save_model

PATIENCE = 60.0  # seconds to wait for another process that is changing the bundle

_ENDING = re.compile(r"(-\d{5}-of-\d{5})?\.safetensors$|\.jsonl(\.gz)?$|\.json$")


def save_change(bundle: Bundle, before: Parts, change: Change, out: Path) -> Bundle:
    """Write `change` of `bundle`, whose parts were `before`, to `out`; the bundle there.

    Raises `BundleError` where `out` is the built-in bundle, another process is changing it, or it is not what it was.
    """
    out = Path(os.path.abspath(out))
    check_place(out)
    with _alone(out):
        if out == Path(os.path.abspath(bundle.path)) and not bundle.is_current():
            raise BundleError(f"{out} was changed since it was opened; open it again and repeat the change.")
        anew = _different(bundle, before, change)
        kept = {name: entry for name, entry in bundle.files.items() if _ENDING.sub("", name) not in anew}
        with new_bundle(out, kept) as staged:
            for name in kept:
                link(bundle.folder / name, staged / name)
            _write(bundle, change, anew, staged, out)
        return Bundle.written(out, change.collection)


def check_place(out: Path) -> None:
    """Raises `BundleError` where a bundle must not be changed."""
    if out.resolve() == BUILT_IN.resolve():
        raise BundleError(f"The built-in bundle {out} is never changed; have a changed copy written elsewhere (--out).")


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    out.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out.with_name(f".{out.name}.lock"), timeout=PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise BundleError(f"Another process has been changing {out} for {PATIENCE:.0f} s; try again later.") from None
    try:
        yield
    finally:
        lock.release()


def _different(bundle: Bundle, before: Parts, change: Change) -> set[str]:
    """Files of the bundle, by name without ending, that are not to be taken over as they are."""
    after, anew = change.parts, {"config", "manifest"}
    if after.codes is not before.codes:
        anew |= {"identifiers", "vectors", "dual_vectors", "pseudo_queries", "examples"}
    if after.retriever is not before.retriever:
        anew.add("retriever")
    anew |= {f"logs/{name}" for name in after.logs}
    present = {item.path for item in change.collection if item.in_bundle}
    return anew | {
        _ENDING.sub("", item.path) for item in bundle.collection if item.in_bundle and item.path not in present
    }


def _write(bundle: Bundle, change: Change, anew: set[str], staged: Path, out: Path) -> None:
    parts, collection = change.parts, change.collection
    # What is added follows what is there: to write all lines of a large collection again would take longest of all.
    start = len(bundle.collection) if change.verb == "add" else 0
    manifest = bundle.folder / "manifest.jsonl" if start and "manifest.jsonl" in bundle.files else None
    collection.save(staged / "manifest.jsonl", manifest, start if manifest else 0)
    if "identifiers" in anew:
        _save_tables(bundle, change, staged)
        write_json(staged / "examples.json", list(parts.examples))
        written = bundle.folder / "pseudo_queries.jsonl.gz" if start else None
        save_lines(staged, "pseudo_queries", pseudo_query_lines(parts, collection, start), written)
    if "retriever" in anew:
        save_model(staged, "retriever", parts.retriever)
    for name, source in change.files.items():
        _copy_media(source, staged / name)
    for name, log in parts.logs.items():
        (staged / "logs").mkdir(exist_ok=True)
        shutil.copyfile(log, staged / "logs" / f"{name}.jsonl")
    models = dict(bundle.config["models"])
    models["retriever"] = models["retriever"] | {"level_sizes": list(parts.retriever.config.level_sizes)}
    entry = {"verb": change.verb, "items": len(change.items)}
    config = dict(bundle.config) | {
        "collection": collection_entry(staged, out, collection, None),
        "models": models,
        "changes": [*bundle.config.get("changes", ()), entry],
    }
    write_json(staged / "config.json", config)


def _save_tables(bundle: Bundle, change: Change, staged: Path) -> None:
    """Vectors are taken from file to file: read, brought to unit length and stored again, they could drift."""
    save_tensors(staged, "identifiers", {"codes": torch.from_numpy(change.parts.codes)})
    for name in ("vectors", "dual_vectors"):
        rows = bundle.tensors(name)["vectors"].to(VECTOR_TYPE)
        if change.kept is not None:
            rows = rows[torch.from_numpy(change.kept)]
        if name in change.vectors:
            rows = torch.cat([rows, torch.from_numpy(change.vectors[name])])
        save_tensors(staged, name, {"vectors": rows})


def _copy_media(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise MediaError(f"{source}: cannot be copied into the bundle ({error.strerror}); add it again.") from error
    if sha256_file(target) != target.stem:
        raise MediaError(f"{source}: was changed while it was read; add it again.")
