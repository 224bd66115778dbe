"""The next state of a collection: items added or removed, identifiers of all others untouched.

Nothing is trained. A new item is read by the bundle's own encoder, quantised with the codebooks there are, and takes
the first unique token that is free below its prefix; its `trained` is False until `update` has taught the retriever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ace_core.bundle import MEDIA_FOLDER
from ace_core.collection import Caption, Collection, Item, Modality
from ace_core.datasets.folder import modality_of
from ace_core.encoders.base import Media
from ace_core.errors import AceError, CollectionError, ConfigError, MediaError
from ace_core.files import sha256_file
from ace_core.parts import Parts, unit_rows
from ace_core.reader import Reader
from ace_core.results import Refused
from ace_core.retriever.grow import grow_unique


@dataclass(frozen=True)
class NewItem:
    """A file to be added. Captions may be used to train on; the id is by default the file's name."""

    path: Path
    captions: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.captions, str):  # which would be read as one caption a letter
            raise ConfigError(f"The captions of {self.path} must be several texts, not one; write them in a tuple.")


@dataclass(frozen=True)
class Change:
    """A bundle's next state, not yet on disk."""

    verb: str  # "add", "remove" or "update"
    items: tuple[str, ...]  # ids of those it is about
    collection: Collection
    parts: Parts
    kept: np.ndarray | None = None  # bool (N,): which rows of the tables before stay; None: all of them
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)  # rows that follow them as stored, float16 (n, D)
    files: Mapping[str, Path] = field(default_factory=dict)  # media to copy, by their path in the bundle


@dataclass(frozen=True)
class _Read:
    """A new item with all that was read of it."""

    item: Item
    source: Path
    vector: np.ndarray  # float16 (D,)
    dual_vector: np.ndarray  # float16 (D',)
    pseudo_queries: Sequence[str]


def adding(
    collection: Collection, parts: Parts, reader: Reader, wanted: Sequence[NewItem]
) -> tuple[Change | None, tuple[Refused, ...]]:
    """The state with new items at its end, in their order, and who was refused; no change where nobody is left."""
    admitted: dict[Path, Item] = {}
    refused: list[Refused] = []
    known = _Known(collection)
    for new in wanted:
        try:
            admitted[new.path] = known.admit(new, reader)
        except AceError as error:
            refused.append(Refused(str(new.path), str(error)))
    read: list[_Read] = []
    for outcome in _read(admitted, reader):
        if isinstance(outcome, Refused):
            refused.append(outcome)
        else:
            read.append(outcome)
    places = {str(new.path): place for place, new in enumerate(wanted)}
    refused.sort(key=lambda one: places[one.source])
    return (_appended(collection, parts, read) if read else None), tuple(refused)


def removing(collection: Collection, parts: Parts, items: Sequence[Item]) -> Change:
    """The state without `items`. Raises `CollectionError` where nothing would be left."""
    gone = {item.id for item in items}
    kept = np.array([item.id not in gone for item in collection])
    if not kept.any():
        raise CollectionError(f"A bundle needs at least one item; keep one of the {len(collection)}, or delete it all.")
    fewer = replace(
        parts,
        codes=parts.codes[kept],
        vectors=parts.vectors[kept],
        dual_vectors=parts.dual_vectors[kept],
        pseudo_queries=[texts for texts, stays in zip(parts.pseudo_queries, kept, strict=True) if stays],
        examples=[example for example in parts.examples if example["item"] not in gone],
    )
    rest = tuple(item for item in collection if item.id not in gone)
    return Change("remove", tuple(gone), replace(collection, items=rest), fewer, kept)


def free_identifiers(parts: Parts, vectors: np.ndarray, modalities: Sequence[Modality]) -> np.ndarray:
    """Identifiers int64 (n, L) that new items with `vectors` float32 (n, D) would get, in this order."""
    prefixes = parts.codec.encode(vectors, modalities)
    taken: dict[tuple[int, ...], set[int]] = {}
    unique = []
    for prefix in prefixes:
        tokens = taken.setdefault(tuple(prefix.tolist()), set())
        if not tokens:
            tokens.update(parts.codes[(parts.codes[:, :-1] == prefix).all(axis=1), -1].tolist())
        unique.append(min(set(range(len(tokens) + 1)) - tokens))
        tokens.add(unique[-1])
    return np.column_stack([prefixes, unique])


class _Known:
    """What is in the collection already, by id and by content."""

    def __init__(self, collection: Collection) -> None:
        self.ids = {item.id for item in collection}
        self.contents = {item.sha256: item.id for item in collection if item.sha256}
        self._unhashed = [(item.id, collection.media_path(item)) for item in collection if not item.sha256]

    def admit(self, new: NewItem, reader: Reader) -> Item:
        """The item that the file becomes, itself not decoded yet. Raises `AceError` where it cannot become one."""
        path = new.path
        if not path.is_file():
            raise MediaError(f"{path}: there is no such file; give the path of a picture, sound or clip.")
        modality = modality_of(path)
        refusal = reader.refusal(modality)
        if refusal:
            raise MediaError(f"{path}: {refusal}")
        try:
            content = sha256_file(path)
        except OSError as error:
            raise MediaError(f"{path}: cannot be read ({error.strerror}); check who may read it.") from error
        twin = self.contents.get(content) or self._twin(path, content)
        if twin:
            raise CollectionError(f"{path}: has the same content as the item {twin!r}, which is kept once.")
        if new.id in self.ids:
            raise CollectionError(f"{path}: the id {new.id!r} belongs to another item; choose another.")
        captions = tuple(Caption(_writable(text)) for text in new.captions if text.strip())
        name = new.id or self._free_id(path, content)
        item = Item(
            id=name,
            modality=modality,
            path=f"{MEDIA_FOLDER}/{content}{_ending(path)}",
            captions=captions,
            sha256=content,
            in_bundle=True,
            trained=False,
        )
        self.ids.add(name)
        self.contents[content] = name
        return item

    def _free_id(self, path: Path, content: str) -> str:
        """The file's name, and where that is taken, with some of its content's hash."""
        name = _writable(path.name)
        return name if name not in self.ids else _writable(f"{path.stem}-{content[:12]}{path.suffix}")

    def _twin(self, path: Path, content: str) -> str | None:
        """An item of the same content among those whose hash the manifest does not tell."""
        size = path.stat().st_size
        for name, file in self._unhashed:
            if file.is_file() and file.stat().st_size == size and sha256_file(file) == content:
                return name
        return None


def _read(admitted: Mapping[Path, Item], reader: Reader) -> list[_Read | Refused]:
    """Decode and encode, one modality after the other; outcomes in the order that was asked for."""
    outcomes: dict[Path, _Read | Refused] = {}
    for modality in sorted({item.modality for item in admitted.values()}):
        paths = [path for path, item in admitted.items() if item.modality == modality]
        features = reader.features([Media(path, modality, admitted[path].id) for path in paths])
        good = {path: rows for path, rows in zip(paths, features, strict=True) if isinstance(rows, np.ndarray)}
        outcomes |= {
            path: Refused(str(path), str(error))
            for path, error in zip(paths, features, strict=True)
            if isinstance(error, MediaError)
        }
        if not good:
            continue
        table, items = np.stack(list(good.values())), [admitted[path] for path in good]
        vectors, dual_vectors = reader.vectors(table, modality)
        written = reader.pseudo_queries(table, modality, [item.sha256 for item in items])
        for row, (path, item) in enumerate(zip(good, items, strict=True)):
            outcomes[path] = _Read(item, path, vectors[row], dual_vectors[row], written[row])
    return [outcomes[path] for path in admitted]


def _appended(collection: Collection, parts: Parts, read: Sequence[_Read]) -> Change:
    stored = {
        "vectors": np.stack([one.vector for one in read]),
        "dual_vectors": np.stack([one.dual_vector for one in read]),
    }
    vectors = unit_rows(stored["vectors"])
    codes = free_identifiers(parts, vectors, [one.item.modality for one in read])
    more = replace(
        parts,
        codes=np.concatenate([parts.codes, codes]),
        vectors=np.concatenate([parts.vectors, vectors]),
        dual_vectors=np.concatenate([parts.dual_vectors, unit_rows(stored["dual_vectors"])]),
        pseudo_queries=[*parts.pseudo_queries, *(one.pseudo_queries for one in read)],
        retriever=grow_unique(parts.retriever, int(codes[:, -1].max()) + 1),
    )
    items = tuple(one.item for one in read)
    return Change(
        verb="add",
        items=tuple(item.id for item in items),
        collection=replace(collection, items=(*collection.items, *items)),
        parts=more,
        vectors=stored,
        files={one.item.path: one.source for one in read},
    )


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    return ending if ending.isascii() and ending[1:].isalnum() else ""


def _writable(text: str) -> str:
    """The text with lone surrogates (from a file name that is no UTF-8) replaced, so that it can be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")
