"""Pseudo-queries on disk: what a captioner wrote for each item, kept so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor
from tqdm import tqdm

from ace_core.captioners.base import Captioner
from ace_core.collection import Modality
from ace_core.errors import TrainingError

ITEMS_AT_ONCE = 256  # written and synced together


def write_pseudo_queries(
    captioner: Captioner,
    features: np.ndarray | Tensor,
    modality: Modality,
    keys: Sequence[str],
    path: Path,
    *,
    count: int,
    seed: int,
    progress: bool = True,
) -> list[list[str]]:
    """At most `count` sentences for each of N items (N, T, F), in their order.

    `keys` (N,) name the items' content (its sha256). `path` (JSON Lines) holds one line an item, by key and by what
    wrote it; lines of another captioner, count or seed are kept and not used.
    """
    if len(keys) != len(features) or not all(keys):
        raise TrainingError(f"Every item needs a key (the sha256 of its content) to keep its pseudo-queries: {path}.")
    wanted = f"{captioner.fingerprint}/{modality}/{count}/{seed}"
    writer = hashlib.sha256(wanted.encode()).hexdigest()
    known = _read(path, writer)
    missing = [place for place, key in enumerate(keys) if key not in known]
    bar = tqdm(total=len(keys), initial=len(keys) - len(missing), desc="pseudo-queries", unit="item")
    bar.disable = not progress
    path.parent.mkdir(parents=True, exist_ok=True)
    with bar, open(path, "a", encoding="utf-8") as stream:
        for start in range(0, len(missing), ITEMS_AT_ONCE):
            places = missing[start : start + ITEMS_AT_ONCE]
            names = [keys[place] for place in places]
            written = captioner.generate(features[places], modality, count, seed, keys=names)
            for name, texts in zip(names, written, strict=True):
                known[name] = texts
                stream.write(json.dumps({"key": name, "writer": writer, "texts": texts}, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
            bar.update(len(places))
    return [known[key] for key in keys]


def _read(path: Path, writer: str) -> dict[str, list[str]]:
    """Sentences by key; a last line that a kill cut short is removed from the file."""
    if not path.is_file():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with open(path, "r+b") as stream:
            stream.truncate(len(whole))
    known = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            record = json.loads(line)
            if record["writer"] == writer:
                known[record["key"]] = record["texts"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise TrainingError(f"{path} line {number} is not a line of pseudo-queries; delete the file.") from error
    return known
