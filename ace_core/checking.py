"""The check of the state that an engine is in, made when it is first needed; what it has read is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ace_core.check import Check
from ace_core.errors import QueryError
from ace_core.item_features import FeatureMemory, ReadFeatures, Warming
from ace_core.parts import load_features, reads_media
from ace_core.reader import Reader
from ace_core.results import SearchResult
from ace_core.snapshot import Ask, Snapshot


class Checking:
    def __init__(self) -> None:
        self.memory = FeatureMemory()
        self._made: tuple[Snapshot, Check] | None = None
        self._warming: Warming | None = None
        self._making = threading.Lock()

    def of(self, now: Snapshot, reader: Callable[[], Reader]) -> Check | None:
        """None where the bundle brings no weights, no captioner, or nothing that the captioner could read."""
        made = self._made
        if made is not None and made[0] is now:
            return made[1]
        config, bundle = now.parts.check, now.bundle
        if config is None or not bundle.has("captioner") or not (reads_media(bundle) or bundle.has("features.json")):
            return None
        with self._making:
            captioner = reader().captioner
            assert captioner is not None
            features = load_features(bundle) or ReadFeatures(now.collection, reader(), self.memory)
            check = Check(captioner, now.parts.tokenizer, features, now.modalities, config)
            self._made = now, check
        return check

    def needed(self, now: Snapshot, reader: Callable[[], Reader]) -> Check:
        check = self.of(now, reader)
        if check is None:
            raise QueryError("This bundle cannot check its answers; ask without the check, or build it with one.")
        return check

    def warm(self, check: Check | None) -> Warming | None:
        """Begin, once, to read the media in the background; None where there is nothing to be read."""
        if self._warming is None and check is not None and isinstance(check.features, ReadFeatures):
            self._warming = Warming(check.features)
        return self._warming

    def stop_warming(self) -> None:
        if self._warming is not None:
            self._warming.stop()


def checked(now: Snapshot, result: SearchResult, check: Check | None) -> SearchResult:
    """The result as the check puts it; as it is without one."""
    if check is None:
        return result
    positions = [now.collection.index(hit.item.id) for hit in result.hits]
    return check.checked(result, positions, now.parts.dual_tower.scale)


def looked_up(now: Snapshot, ask: Ask, k: int, check: Check | None) -> SearchResult:
    """The dual tower's answers: k, or as many as are checked where those are more."""
    return checked(now, now.look_up(ask, max(k, check.config.candidates) if check else k), check)
