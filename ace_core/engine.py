"""The one door for page, command line and API: ask a bundle by generation or by dual tower, see how it answered, and
add or remove items.

Any number of threads may ask an engine at once, also while another adds or removes: a search reads one `Snapshot` from
beginning to end, and a change makes the next one, writes it to disk and then puts it in the place of the old.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ace_core.bundle import Bundle
from ace_core.changes import Change, NewItem, adding, free_identifiers, removing
from ace_core.check import Check
from ace_core.checking import Checking, checked, looked_up
from ace_core.collection import MODALITIES, Collection, Item, Modality
from ace_core.comparison import compared, first, rank_of
from ace_core.datasets.folder import modality_of
from ace_core.dual_tower import DualTower, IndexKind
from ace_core.encoders.base import Media
from ace_core.errors import CollectionError, ConfigError, MediaError, QueryError
from ace_core.identifiers.trie import Trie
from ace_core.item_features import Warming
from ace_core.parts import Parts, load_parts, unit_rows
from ace_core.reader import Reader
from ace_core.results import (
    AddedItem,
    Addition,
    Comparison,
    EngineInfo,
    Example,
    Identification,
    Method,
    PrefixSummary,
    SearchResult,
    Trace,
)
from ace_core.retriever.beam import trace_steps
from ace_core.retriever.model import Retriever
from ace_core.revision import check_place, save_change
from ace_core.snapshot import MAX_BEAMS, MAX_K, MAX_QUERY, Snapshot, check_method

__all__ = ["MAX_BEAMS", "MAX_K", "MAX_QUERY", "Engine", "EngineInfo", "Example", "Identification", "Method", "NewItem"]


class Engine:
    def __init__(self, bundle: Bundle, parts: Parts, device: torch.device, index: IndexKind = "flat") -> None:
        self.device, self._index = device, index
        self._now = Snapshot(bundle, parts, device, index)
        self._reader: Reader | None = None
        self._writing = threading.RLock()  # of those who change the bundle, or read files of it
        self._checking = Checking()

    @classmethod
    def load(
        cls,
        bundle: Path | str,
        device: str = "auto",
        media_root: Path | str | None = None,
        index: IndexKind = "flat",
        warm_up: bool = True,
    ) -> Engine:
        """Verify and load a bundle; `index` is the dual tower's: flat, ivf or hnsw. Raises `BundleError`."""
        opened = Bundle.open(Path(bundle), Path(media_root) if media_root else None)
        engine = cls(opened, load_parts(opened), _device(device), index)
        if warm_up:
            with contextlib.suppress(ConfigError):  # a published encoder's weights may not be here; asking tells
                engine.compare("warm up", k=1, beams=2)
        return engine

    # What is loaded; who needs several of these to belong together takes `snapshot` once

    @property
    def snapshot(self) -> Snapshot:
        """The present state, which stays as it is."""
        return self._now

    @property
    def bundle(self) -> Bundle:
        return self._now.bundle

    @property
    def collection(self) -> Collection:
        return self._now.collection

    @property
    def parts(self) -> Parts:
        return self._now.parts

    @property
    def codes(self) -> np.ndarray:
        """Identifiers int64 (N, L)."""
        return self._now.codes

    @property
    def trie(self) -> Trie:
        return self._now.trie

    @property
    def retriever(self) -> Retriever:
        return self._now.retriever

    @property
    def dual_tower(self) -> DualTower:
        return self._now.dual_tower

    # Asking

    def search(
        self,
        text: str,
        k: int = 12,
        beams: int = 20,
        modality: Modality | None = None,
        prefix: Sequence[int] = (),
        method: Method = "generation",
        check: bool = False,
    ) -> SearchResult:
        """The k best items, optionally only of a modality and below a prefix of identifiers. Raises `QueryError`.

        `beams` is raised to k where it is less. `check`: the first of them in the order of `ace_core.check`.
        """
        check_method(method)
        now = self._now
        checker = self._checking.needed(now, self._media_reader) if check else None
        ask = now.ask(text, k, beams, modality, prefix)
        if method == "dual_tower":
            return first(looked_up(now, ask, k, checker), k)
        return first(checked(now, now.generate(ask, max(beams, k))[0], checker), k)

    def compare(
        self, text: str, k: int = 12, beams: int = 20, modality: Modality | None = None, check: bool = False
    ) -> Comparison:
        """Generation and dual tower on the same query and pool, joined by item; with `check`, both are checked."""
        now = self._now
        checker = self._checking.needed(now, self._media_reader) if check else None
        ask = now.ask(text, k, beams, modality)
        generated = checked(now, now.generate(ask, max(beams, k))[0], checker)
        dual_tower = looked_up(now, ask, k, checker)
        answer = now.known_answer(ask.text)
        tower_rank = now.dual_tower_rank(ask, answer) if answer else None
        if checker and answer:
            tower_rank = rank_of(answer, dual_tower) or tower_rank
        return compared(first(generated, k), first(dual_tower, k), answer, rank_of(answer, generated), tower_rank)

    def trace(self, text: str, beams: int = 20, modality: Modality | None = None, k: int = 12) -> Trace:
        """A search by generation with exactly `beams` beams, and every step that led to it."""
        now = self._now
        result, found = now.generate(now.ask(text, k, beams, modality), beams, trace=True)
        return Trace(result=first(result, k), steps=trace_steps(found, 0, now.trie))

    def rank(
        self, texts: Sequence[str], k: int, beams: int, allowed: np.ndarray | None = None, method: Method = "generation"
    ) -> np.ndarray:
        """Item positions int64 (Q, k) for many queries at once, -1 for none; what measurements are made with.

        allowed: bool (N,), the pool; None: every item.
        """
        return self._now.rank(texts, k, beams, allowed, method)

    # Checking

    @property
    def check(self) -> Check | None:
        """What the first answers can be checked by; None where the bundle brings no weights, captioner or features."""
        return self._checking.of(self._now, self._media_reader)

    def warm_check(self) -> Warming | None:
        """Begin to read the collection's media in the background, so that no check has to wait for it; once."""
        return self._checking.warm(self.check)

    def stop_warming(self) -> None:
        self._checking.stop_warming()

    # Understanding

    def identify(self, source: str | Path, k: int = 8) -> Identification:
        """The identifier of an item by id, or of a media file by path, and the items most alike.

        A file needs a bundle whose encoder reads media; the unique token is the first that is free.
        """
        if not 1 <= k <= MAX_K:
            raise QueryError(f"The number of near items must be from 1 to {MAX_K}, not {k}.")
        now = self._now
        try:
            position = now.collection.index(str(source))
        except CollectionError:
            return self._identify_file(now, Path(source), k)
        item = now.collection[position]
        others = np.arange(len(now.collection)) != position
        return Identification(
            source=item.id,
            modality=item.modality,
            item=item,
            identifier=now.identifier(position),
            exists=True,
            nearest=now.nearest(now.parts.vectors[position], k, others),
        )

    def _identify_file(self, now: Snapshot, path: Path, k: int) -> Identification:
        if not path.is_file():
            raise QueryError(f"{str(path)!r} is neither an item of the collection nor a file; give one of the two.")
        modality = modality_of(path)
        with self._writing:
            reader = self._media_reader()
            refusal = reader.refusal(modality)
            if refusal:
                raise QueryError(f"{path}: {refusal}")
            features = reader.features([Media(path, modality)])[0]
        if isinstance(features, MediaError):
            raise features
        vectors = unit_rows(reader.vectors(features[None], modality)[0])
        return Identification(
            source=path.name,
            modality=modality,
            item=None,
            identifier=tuple(free_identifiers(now.parts, vectors, [modality])[0].tolist()),
            exists=False,
            nearest=now.nearest(vectors[0], k, now.modalities == modality),
        )

    def describe(self, prefix: Sequence[int]) -> PrefixSummary:
        """What a prefix means: the words that tell its items' texts from the rest, and examples.

        Raises `QueryError` where no identifier begins with it.
        """
        return self._now.describe(tuple(int(token) for token in prefix))

    def exists(self, prefix: Sequence[int]) -> bool:
        """Whether any identifier begins with the prefix."""
        return self._now.trie.find(tuple(prefix)) is not None

    def examples(self) -> tuple[Example, ...]:
        """Example queries for each modality."""
        now = self._now
        return tuple(
            Example(entry["query"], item.modality, item)
            for entry in now.parts.examples
            for item in [now.item(entry["item"])]
        )

    def known_answer(self, text: str) -> Item | None:
        """The held-out item that this very sentence was written for, if any."""
        return self._now.known_answer(text)

    def item(self, item_id: str) -> Item:
        """An item by id. Raises `QueryError` where there is none."""
        return self._now.item(item_id)

    def identifier(self, position: int) -> tuple[int, ...]:
        return self._now.identifier(position)

    def media_path(self, item: Item) -> Path:
        return self._now.collection.media_path(item)

    def info(self) -> EngineInfo:
        import ace_core

        now = self._now
        counts = {name: len(now.collection.of(name)) for name in MODALITIES}
        present: dict[str, int] = {name: count for name, count in counts.items() if count}
        return EngineInfo(
            name=now.collection.name,
            items=present,
            held_out={name: len(now.collection.of(name, "held_out")) for name in MODALITIES if counts[name]},
            not_trained=sum(not item.trained for item in now.collection),
            level_sizes=now.trie.level_sizes,
            branching=now.trie.branching,
            parameters=now.parts.parameters(),
            bundle_bytes=now.bundle.size_bytes,
            device=str(self.device),
            index=now.dual_tower.index.kind,
            version=ace_core.__version__,
            metrics=dict(now.parts.metrics),
        )

    # Changing

    def add(
        self, media: Path | str | NewItem | Sequence[Path | str | NewItem], out: Path | str | None = None
    ) -> Addition:
        """Give new media identifiers with the codebooks there are; they can be found as soon as this returns.

        The bundle on disk is replaced, or, with `out`, stays as it is, and the engine goes on with a changed copy
        there. A file that cannot be added is told of and the rest goes on; where none can, nothing is written. Raises
        `BundleError` where the bundle must not be changed, or was by somebody else.
        """
        several = [media] if isinstance(media, Path | str | NewItem) else media
        wanted = [new if isinstance(new, NewItem) else NewItem(Path(new)) for new in several]
        with self._writing:
            now = self._now
            check_place(_place(now, out))
            change, refused = adding(now.collection, now.parts, self._media_reader(), wanted)
            if change is None:
                return Addition((), refused)
            self._switch(change, out)
            start = len(now.collection)
            added = (
                AddedItem(item, self._now.identifier(start + i))
                for i, item in enumerate(change.collection.items[start:])
            )
            return Addition(tuple(added), refused)

    def remove(self, item_ids: str | Sequence[str], out: Path | str | None = None) -> tuple[Item, ...]:
        """Take items out: all or, where an id is unknown (`QueryError`), none. Identifiers of others stay.

        Nothing can generate or find them from then on. An identifier is free again: it names a place, and the next
        item that belongs there may get it. Files of the collection's own folder are not touched. `out`: as in `add`.
        """
        wanted = [item_ids] if isinstance(item_ids, str) else list(item_ids)
        with self._writing:
            now = self._now
            removed = tuple(now.item(item_id) for item_id in dict.fromkeys(wanted))
            if removed:
                self._switch(removing(now.collection, now.parts, removed), out)
            return removed

    def _switch(self, change: Change, out: Path | str | None) -> None:
        """Onto the disk first, then, by one assignment, in front of all who ask."""
        before = self._now
        bundle = save_change(before.bundle, before.parts, change, _place(before, out))
        self._now = Snapshot(bundle, change.parts, self.device, self._index)
        if bundle.folder.resolve() != before.bundle.folder.resolve():
            self._reader = None

    def _media_reader(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(self._now.bundle, self._now.parts)
        return self._reader


def _place(now: Snapshot, out: Path | str | None) -> Path:
    """Where the next state goes."""
    return Path(out) if out else now.bundle.path


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch says either for a device that is not there
        raise ConfigError(f"The device {name!r} cannot be used here ({str(error).splitlines()[0]}).") from error
    return torch.device(name)
