"""Feature tokens by content: a file with the same bytes, under the same encoder, is encoded once.

A shard is a safetensors file named by the sha256 of its own bytes. One that does not match its name, or cannot be read,
is deleted and its items are encoded again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ace_core.encoders.base import Encoder, Media
from ace_core.encoders.decode import group
from ace_core.files import atomic_path, sha256_file
from ace_core.progress import Bar

LEAST, STEP = 8, 128  # items encoded between two looks at the clock
TOLD = 10  # how often, about, a small collection's progress is told
SAVE_SECONDS = 30.0  # of work that an interruption may cost


class FeatureCache:
    """Features of files on disk below `folder`, one sub-folder an encoder and modality."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def features(
        self, encoder: Encoder, media: Sequence[Media], *, shard: int = 512, progress: bool = True
    ) -> dict[str, np.ndarray]:
        """Feature tokens of each modality: float16 (N_m, T, F), rows in the order of `media`.

        Every `shard` new items, and what is new after `SAVE_SECONDS`, are written as soon as they are there, so an
        interrupted run goes on where it stopped.
        """
        result: dict[str, np.ndarray] = {}
        for modality, positions in group(media).items():
            some = [media[position] for position in positions]
            result[modality] = self._of_modality(encoder, some, shard, progress)
        return result

    def _of_modality(self, encoder: Encoder, media: list[Media], shard: int, progress: bool) -> np.ndarray:
        modality = media[0].modality
        folder = self.folder / hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:16] / modality
        keys = [_key(one) for one in media]
        wanted = set(keys)
        known = {key: row for path in sorted(folder.glob("*.safetensors")) for key, row in _read(path, wanted)}
        missing = list({key: one for key, one in zip(keys, media, strict=True) if key not in known}.items())
        step = min(shard, STEP, max(LEAST, len(missing) // TOLD))
        fresh: list[tuple[str, np.ndarray]] = []
        saved = time.monotonic()
        with Bar(len(missing), f"encoding {modality}", "file", shown=progress) as bar:
            for start in range(0, len(missing), step):
                part = missing[start : start + step]
                rows = encoder.encode_features([one for _, one in part])
                fresh += [(key, row) for (key, _), row in zip(part, rows, strict=True)]
                over = start + step >= len(missing) or time.monotonic() - saved > SAVE_SECONDS
                if over or len(fresh) + step > shard:
                    _write(folder, [key for key, _ in fresh], np.stack([row for _, row in fresh]))
                    known |= dict(fresh)
                    fresh, saved = [], time.monotonic()
                bar.update(len(part))
        return np.stack([known[key] for key in keys])


def _key(media: Media) -> str:
    """The file's content; vectors that are looked up by id have no file to read and go by that id."""
    return sha256_file(media.path) if media.path.is_file() else f"id:{media.id}"


def _write(folder: Path, keys: list[str], rows: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "draft.tmp"
    with atomic_path(draft) as staged:
        save_file({"features": np.ascontiguousarray(rows)}, staged, metadata={"keys": json.dumps(keys)})
    draft.replace(folder / f"{sha256_file(draft)}.safetensors")


def _read(path: Path, wanted: set[str]) -> list[tuple[str, np.ndarray]]:
    """The wanted rows of a shard; a damaged shard has none and is deleted."""
    try:
        if sha256_file(path) != path.stem:
            raise ValueError("the content does not match the name")
        with safe_open(path, framework="numpy") as shard:
            keys, rows = json.loads(shard.metadata()["keys"]), shard.get_tensor("features")
        return [(key, row) for key, row in zip(keys, rows, strict=True) if key in wanted]
    except (ValueError, KeyError, TypeError, OSError, SafetensorError):
        path.unlink(missing_ok=True)
        return []
