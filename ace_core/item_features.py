"""Feature tokens of a collection's items by position: from a table, or read from the media and kept in memory."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ace_core.collection import MODALITIES, Collection, Item, Modality
from ace_core.encoders.base import Encoder, Media
from ace_core.encoders.cache import FeatureCache
from ace_core.errors import AceError, MediaError
from ace_core.reader import Reader

MEMORY_BYTES = 256_000_000  # of feature tokens that an engine keeps
READ_AT_ONCE = 8  # files, while nobody waits for them


def cache_folder() -> Path:
    """Where this user's programs keep what can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ace"


class FeatureTable:
    """All of them at hand: float16 (N_m, T, F) by modality, rows in the collection's order."""

    def __init__(self, tables: Mapping[Any, np.ndarray], modalities: Sequence[str]) -> None:
        self._tables, self._modalities = tables, modalities
        counts: Counter[str] = Counter()
        self._row = []
        for modality in modalities:
            self._row.append(counts[modality])
            counts[modality] += 1

    def rows(self, items: Sequence[int]) -> list[np.ndarray | MediaError]:
        return [self._tables[self._modalities[item]][self._row[item]] for item in items]


class StoredFeatures:
    """Those that a bundle holds because no media can be read: rows by item id, of items since removed too."""

    def __init__(self, tables: Mapping[str, np.ndarray], row: Mapping[str, int], items: Sequence[Item]) -> None:
        self._tables, self._row, self._items = tables, row, items

    def rows(self, items: Sequence[int]) -> list[np.ndarray | MediaError]:
        return [self._one(self._items[item]) for item in items]

    def tables(self, collection: Collection) -> dict[Modality, np.ndarray]:
        """float16 (N_m, T, F) by modality, rows in the collection's order."""
        places = {m: [self._row[collection[i].id] for i in collection.of(m)] for m in MODALITIES}
        return {modality: self._tables[modality][rows] for modality, rows in places.items() if rows}

    def _one(self, item: Item) -> np.ndarray | MediaError:
        if item.id not in self._row:
            return MediaError(f"{item.id}: the bundle holds no features of it; build the bundle again.")
        return self._tables[item.modality][self._row[item.id]]


class FeatureMemory:
    """Feature tokens by content; of more than `limit` bytes, those that were not asked for the longest are dropped."""

    def __init__(self, limit: int = MEMORY_BYTES) -> None:
        self.limit, self.bytes = limit, 0
        self._rows: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> np.ndarray | None:
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def put(self, key: str, row: np.ndarray) -> None:
        with self._lock:
            old = self._rows.pop(key, None)
            self._rows[key] = row
            self.bytes += row.nbytes - (0 if old is None else old.nbytes)
            while self.bytes > self.limit and len(self._rows) > 1:
                self.bytes -= self._rows.popitem(last=False)[1].nbytes


class ReadFeatures:
    """Read by a bundle's encoder when they are first asked for."""

    def __init__(self, collection: Collection, reader: Reader, memory: FeatureMemory) -> None:
        self.collection, self.reader, self.memory = collection, reader, memory

    def rows(self, items: Sequence[int]) -> list[np.ndarray | MediaError]:
        """float16 (T, F) of items of one modality. A file that cannot be read is tried again when asked for again."""
        found: dict[int, np.ndarray | MediaError] = {}
        for item in items:
            known = self.memory.get(self._key(item))
            if known is not None:
                found[item] = known
        missing = [item for item in items if item not in found]
        if missing:
            outcomes = self.reader.features([self._media(item) for item in missing])
            for item, row in zip(missing, outcomes, strict=True):
                found[item] = row
                if isinstance(row, np.ndarray):
                    self.memory.put(self._key(item), row)
        return [found[item] for item in items]

    def read_all(self, stop: threading.Event, cache: FeatureCache) -> None:
        """Read what is not in memory yet, until all is there, the memory is full, or `stop` is set.

        What was read is kept in `cache`, so that it is there at once the next time.
        """
        for modality in MODALITIES:
            items = self.collection.of(modality)
            try:
                self._read_through(cache, items, stop)
            except (MediaError, OSError):  # a file that cannot be read, or a folder that cannot be written
                self._read_apart(items, stop)

    def _read_through(self, cache: FeatureCache, items: Sequence[int], stop: threading.Event) -> None:
        first = self.rows(items[:1])
        if not first or isinstance(first[0], MediaError) or len(items) * first[0].nbytes > self._room():
            return self._read_apart(items, stop)
        encoder = cast(Encoder, _Patient(cast(Encoder, self.reader.encoder), stop))
        with contextlib.suppress(_Stopped):
            (table,) = cache.features(encoder, [self._media(item) for item in items], progress=False).values()
            for item, row in zip(items, table, strict=True):
                self.memory.put(self._key(item), row.copy())
        return None

    def _read_apart(self, items: Sequence[int], stop: threading.Event) -> None:
        for start in range(0, len(items), READ_AT_ONCE):
            if stop.is_set() or self._room() <= 0:
                return
            self.rows(items[start : start + READ_AT_ONCE])

    def _room(self) -> float:
        """Bytes that may be read before anybody asks for them."""
        return 0.95 * self.memory.limit - self.memory.bytes

    def _media(self, item: int) -> Media:
        one = self.collection[item]
        return Media(self.collection.media_path(one), one.modality, one.id)

    def _key(self, item: int) -> str:
        one = self.collection[item]
        return one.sha256 or str(self.collection.media_path(one))


class _Stopped(Exception):
    """Nobody needs the rest."""


class _Patient:
    """An encoder that reads a few files at a time and looks in between whether it is to stop."""

    def __init__(self, encoder: Encoder, stop: threading.Event) -> None:
        self._encoder, self._stop, self.fingerprint = encoder, stop, encoder.fingerprint

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        parts = []
        for start in range(0, len(media), READ_AT_ONCE):
            if self._stop.is_set():
                raise _Stopped
            parts.append(self._encoder.encode_features(media[start : start + READ_AT_ONCE]))
        return np.concatenate(parts)


class Warming:
    """Reads a collection's media in the background, with what the machine has left over."""

    def __init__(self, features: ReadFeatures) -> None:
        self._features, self._stop = features, threading.Event()
        self._thread = threading.Thread(target=self._run, name="reading media for the check", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # a thread has a priority of its own on Linux alone
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        with contextlib.suppress(AceError):  # an encoder whose weights are not here; who asks for a check is told
            self._features.read_all(self._stop, FeatureCache(cache_folder() / "features"))

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it has come to its end, after at most that long."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self, seconds: float = 5.0) -> None:
        """Let it end after the files in hand, and wait for that, but not longer."""
        self._stop.set()
        self._thread.join(seconds)
