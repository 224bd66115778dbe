"""Items, captions and collections: the manifest (JSON Lines) and its validation.

One line an item:
    {"id": "image-00012", "modality": "image", "path": "images/00/image-00012.webp",
     "captions": [{"text": "a red boat on a lake", "voice": "terse"}, ...],
     "queries": [{"text": "that one with the boat", "voice": "wondering"}, ...],
     "split": "train", "attributes": {...}, "sha256": "<hex>"}

`captions` describe the item; only those of `train` items may be used for training or indexing.
`queries` are captions kept for measuring and are never trained on, whatever the split.

Items that were added to a built bundle carry two marks more, which are left out where they are not set:
`"in_bundle": true` (the path is relative to the bundle, which holds the file) and `"trained": false` (the retriever
has not learnt of it yet).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from ace_core.errors import CollectionError
from ace_core.files import atomic_path, sha256_file

Modality = Literal["image", "audio", "video"]
Split = Literal["train", "dev", "held_out"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Caption:
    """A sentence about an item; `voice` says how it speaks (terse, descriptive, colloquial, human, generated...)."""

    text: str
    voice: str = "human"


@dataclass(frozen=True)
class Item:
    """One picture, sound or clip. `path` is relative to the manifest's folder (or the bundle's), in POSIX form."""

    id: str
    modality: Modality
    path: str
    captions: tuple[Caption, ...] = ()
    queries: tuple[Caption, ...] = ()
    split: Split = "train"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    in_bundle: bool = False  # the file lies in the bundle that the item was added to, not in the collection's folder
    trained: bool = True  # False: added since the retriever was last trained, which so has not learnt of it yet

    def to_json(self) -> dict[str, Any]:
        values = {
            "id": self.id,
            "modality": self.modality,
            "path": self.path,
            "captions": [{"text": c.text, "voice": c.voice} for c in self.captions],
            "queries": [{"text": c.text, "voice": c.voice} for c in self.queries],
            "split": self.split,
            "attributes": dict(self.attributes),
            "sha256": self.sha256,
        }
        marks = {"in_bundle": True} if self.in_bundle else {}
        return values | marks | ({} if self.trained else {"trained": False})


@dataclass(frozen=True)
class Collection:
    """An ordered set of items and the folder their paths are relative to."""

    name: str
    root: Path
    items: tuple[Item, ...]
    bundle: Path | None = None  # the folder of the bundle whose collection this is, where it is a bundle's

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {item.id: i for i, item in enumerate(self.items)})

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __getitem__(self, position: int) -> Item:
        return self.items[position]

    def index(self, item_id: str) -> int:
        """Position of an item by id; `CollectionError` where there is none."""
        try:
            return self._index[item_id]  # type: ignore[attr-defined]
        except KeyError:
            raise CollectionError(f"The collection {self.name!r} has no item {item_id!r}.") from None

    def media_path(self, item: Item) -> Path:
        return self.root_of(item) / item.path

    def root_of(self, item: Item) -> Path:
        """The folder that the item's path is relative to."""
        return self.bundle if item.in_bundle and self.bundle is not None else self.root

    def of(self, modality: Modality | None = None, split: Split | None = None) -> list[int]:
        """Positions of the items of a modality and a split (None: any)."""
        return [
            i
            for i, item in enumerate(self.items)
            if (modality is None or item.modality == modality) and (split is None or item.split == split)
        ]

    def save(self, path: Path, after: Path | None = None, start: int = 0) -> None:
        """Write the manifest, atomically. Items before `start` are taken as they stand in the manifest `after`."""
        with atomic_path(path) as staged, open(staged, "w", encoding="utf-8") as stream:
            if after is not None:
                stream.write(after.read_text(encoding="utf-8"))
            for item in self.items[start:]:
                stream.write(json.dumps(item.to_json(), ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path, *, check_media: bool = False, name: str | None = None) -> Collection:
        """Read and validate a manifest.

        `check_media` also reads every media file and compares its sha256.
        Raises `CollectionError` naming line and field.
        """
        path = Path(path)
        if not path.is_file():
            raise CollectionError(f"There is no manifest at {path}; give the path of a .jsonl file.")
        items: list[Item] = []
        seen: dict[str, int] = {}
        with open(path, encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                item = _parse(line, f"{path.name} line {number}")
                if item.id in seen:
                    raise CollectionError(
                        f"{path.name} line {number}: field 'id' repeats {item.id!r} of line {seen[item.id]}."
                    )
                seen[item.id] = number
                if check_media:
                    _check_media(item, path.parent, f"{path.name} line {number}")
                items.append(item)
        if not items:
            raise CollectionError(f"{path} holds no items; a manifest has one JSON object a line.")
        return cls(name=name or path.parent.name, root=path.parent, items=tuple(items))


def _parse(line: str, where: str) -> Item:
    try:
        raw = json.loads(line)
    except json.JSONDecodeError as error:
        raise CollectionError(f"{where}: not JSON ({error.msg} at column {error.colno}).") from error
    if not isinstance(raw, dict):
        raise CollectionError(f"{where}: expected a JSON object, found {type(raw).__name__}.")

    def text(name: str, default: str | None = None) -> str:
        value = raw.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise CollectionError(f"{where}: field {name!r} must be a non-empty string, not {value!r}.")
        return value

    def one_of(name: str, allowed: tuple[str, ...], default: str | None = None) -> Any:
        value = raw.get(name, default)
        if value not in allowed:
            raise CollectionError(f"{where}: field {name!r} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def flag(name: str, default: bool) -> bool:
        value = raw.get(name, default)
        if not isinstance(value, bool):
            raise CollectionError(f"{where}: field {name!r} must be true or false, not {value!r}.")
        return value

    relative = text("path")
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or "\\" in relative:
        raise CollectionError(f"{where}: field 'path' must stay inside the collection's folder, not {relative!r}.")
    attributes = raw.get("attributes", {})
    if not isinstance(attributes, dict):
        raise CollectionError(f"{where}: field 'attributes' must be an object, not {attributes!r}.")
    return Item(
        id=text("id"),
        modality=one_of("modality", MODALITIES),
        path=relative,
        captions=_captions(raw.get("captions", []), where, "captions"),
        queries=_captions(raw.get("queries", []), where, "queries"),
        split=one_of("split", SPLITS, "train"),
        attributes=attributes,
        sha256=text("sha256", ""),
        in_bundle=flag("in_bundle", False),
        trained=flag("trained", True),
    )


def _captions(value: Any, where: str, name: str) -> tuple[Caption, ...]:
    if not isinstance(value, list):
        raise CollectionError(f"{where}: field {name!r} must be a list, not {value!r}.")
    captions = []
    for entry in value:
        if isinstance(entry, str):
            entry = {"text": entry}
        sentence = entry.get("text") if isinstance(entry, dict) else None
        voice = entry.get("voice", "human") if isinstance(entry, dict) else None
        if not isinstance(sentence, str) or not sentence.strip() or not isinstance(voice, str):
            raise CollectionError(
                f"{where}: field {name!r} needs strings or objects with 'text' and 'voice', not {entry!r}."
            )
        captions.append(Caption(sentence, voice))
    return tuple(captions)


def _check_media(item: Item, root: Path, where: str) -> None:
    file = root / item.path
    if not file.is_file():
        raise CollectionError(f"{where}: field 'path' names {item.path}, which is not there.")
    if item.sha256 and sha256_file(file) != item.sha256:
        raise CollectionError(f"{where}: field 'sha256' does not match {item.path}; the file was changed.")
