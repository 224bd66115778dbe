"""A built collection on disk: one folder that is wholly there, unchanged and of this format, or is refused.

    MANIFEST.json            format, and bytes and sha256 of every other file
    config.json              name, versions, seeds, configuration of every stage, where manifest and media are
    manifest.jsonl           the items, where the collection has no manifest of its own (else config.json refers to it)
    media/                   files of items that were added after it was built, named by their sha256
    tokenizer.json, *.safetensors, *.jsonl, *.json     see `ace_core/parts.py`

Weights are safetensors only, in parts below 9 MB. Nothing in a bundle is ever executed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ace_core.collection import Collection
from ace_core.errors import BundleError
from ace_core.files import atomic_folder, read_json, sha256_file, write_json

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
MANIFEST = "MANIFEST.json"
MEDIA_FOLDER = "media"
PART_BYTES = 9_000_000
MEDIA_ROOT_VARIABLE = "ACE_MEDIA_ROOT"
BUILT_IN = Path(__file__).resolve().parent.parent / "checkpoints" / "builtin"

_SCALE = "::scale"  # beside a matrix of 8-bit integers, what each row is multiplied with
_PIECE = "::rows"  # a tensor over PART_BYTES is stored as runs of rows, named weight::rows0000, weight::rows0001, ...


# Writing


@contextmanager
def new_bundle(path: Path, expected: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Yield a staging folder to fill; on success it gets its `MANIFEST.json` and takes the place of `path` at once.

    Only a bundle or an empty folder is ever replaced. `expected`: entries (see `Bundle.files`) that files taken from
    elsewhere must have; `BundleError` where one was changed on the way.
    """
    path = Path(path)
    if path.exists() and not (path / MANIFEST).is_file() and not (path.is_dir() and not any(path.iterdir())):
        raise BundleError(f"{path} is there already and is no bundle; choose another place, or move it elsewhere.")
    with atomic_folder(path) as staged:
        yield staged
        files = {name: {"bytes": file.stat().st_size, "sha256": sha256_file(file)} for name, file in _files(staged)}
        changed = next((name for name, entry in (expected or {}).items() if files.get(name) != entry), None)
        if changed:
            raise BundleError(f"{changed} was changed while {path} was written; get it again and try once more.")
        write_json(staged / MANIFEST, {"format": FORMAT, "files": files, "seal": _seal(files)})
    while (old := _left_aside(path)) is not None:  # of saves that were killed
        shutil.rmtree(old)


def save_tensors(folder: Path, name: str, tensors: Mapping[str, Tensor], half: bool = False) -> None:
    """Write `name.safetensors`, or `name-00001-of-00003.safetensors`... where it would be over 9 MB.

    `half` stores floating point values as float16, except a tensor whose values would overflow there.
    """
    _write_parts(folder, name, _pieces(tensors, half))


def save_tensors_in_8_bits(folder: Path, name: str, tensors: Mapping[str, Tensor]) -> None:
    """Like `save_tensors` with `half`, but matrices as 8-bit integers with a scale a row: half the size again."""
    stored: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        if tensor.ndim == 2 and tensor.is_floating_point():
            scale = (tensor.detach().abs().amax(dim=1, keepdim=True) / 127).clamp(min=1e-12)
            stored[key] = (tensor.detach() / scale).round().char()
            stored[key + _SCALE] = scale
        else:
            stored[key] = tensor.half() if tensor.is_floating_point() else tensor
    _write_parts(folder, name, _pieces(stored, half=False))


def _write_parts(folder: Path, name: str, pieces: Iterable[tuple[str, Tensor]]) -> None:
    from safetensors.torch import save_file

    parts: list[dict[str, Tensor]] = [{}]
    size = 0
    for key, tensor in pieces:
        weight = tensor.numel() * tensor.element_size()
        if parts[-1] and size + weight > PART_BYTES:
            parts.append({})
            size = 0
        parts[-1][key] = tensor
        size += weight
    for number, part in enumerate(parts, start=1):
        suffix = f"-{number:05d}-of-{len(parts):05d}" if len(parts) > 1 else ""
        save_file(part, folder / f"{name}{suffix}.safetensors")


def _pieces(tensors: Mapping[str, Tensor], half: bool) -> Iterator[tuple[str, Tensor]]:
    for key, value in tensors.items():
        tensor = value.detach().cpu()
        if half and tensor.is_floating_point():
            shrunk = tensor.half()
            tensor = shrunk if bool(shrunk.isfinite().all()) else tensor
        # The copy unties tensors that share memory, which safetensors refuses to store.
        tensor = tensor.contiguous().clone()
        if tensor.numel() * tensor.element_size() <= PART_BYTES or tensor.ndim == 0:
            yield key, tensor
            continue
        rows = max(1, PART_BYTES // (tensor[0].numel() * tensor.element_size()))
        for number, piece in enumerate(tensor.split(rows)):
            yield f"{key}{_PIECE}{number:04d}", piece.clone()


def save_lines(folder: Path, name: str, lines: Iterable[Any], after: Path | None = None) -> None:
    """Write `name.jsonl.gz`, the same bytes for the same lines; `after`: a file of that kind whose lines come first."""
    with open(folder / f"{name}.jsonl.gz", "wb") as raw:
        if after is not None:
            raw.write(after.read_bytes())
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            for line in lines:
                packed.write((json.dumps(line, ensure_ascii=False) + "\n").encode())


# Reading


@dataclass(frozen=True)
class Bundle:
    """A verified bundle. Its parts are read when asked for."""

    path: Path  # where it was asked for
    folder: Path  # where it lies: another place only after a save that was killed, see `_left_aside`
    config: Mapping[str, Any]
    collection: Collection
    files: Mapping[str, Mapping[str, Any]]  # {"bytes", "sha256"} of every file, by POSIX name

    @classmethod
    def open(cls, path: Path, media_root: Path | None = None) -> Bundle:
        """Verify every file, then read configuration and collection. Raises `BundleError`.

        Media are looked for under `media_root`, else the environment's ACE_MEDIA_ROOT, else where they were built from.
        """
        folder = verify(Path(path))
        config = _read(folder / "config.json")
        root = media_root or (Path(os.environ[MEDIA_ROOT_VARIABLE]) if os.environ.get(MEDIA_ROOT_VARIABLE) else None)
        return cls(Path(path), folder, config, _collection(folder, config, root), _read(folder / MANIFEST)["files"])

    @classmethod
    def written(cls, path: Path, collection: Collection) -> Bundle:
        """The bundle that this process has just written, and its collection, without reading all of it again."""
        config, files = _read(path / "config.json"), _read(path / MANIFEST)["files"]
        return cls(path, path, config, replace(collection, bundle=path), files)

    def has(self, name: str) -> bool:
        """Whether the bundle holds a file, or tensors in one or several parts, of this name."""
        return (self.folder / name).exists() or bool(_tensor_files(self.folder, name))

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors saved as `name`; floating point values come back as float32."""
        return load_tensors(self.folder, name)

    def json(self, name: str) -> Any:
        """A JSON file of the bundle by name, without its ending."""
        return _read(self.folder / f"{name}.json")

    def lines(self, name: str) -> list[Any]:
        """A compressed JSON Lines file of the bundle by name, without its ending."""
        with gzip.open(self.folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
            return [json.loads(line) for line in stream]

    def is_current(self) -> bool:
        """Whether the bundle on disk is still the one that was opened."""
        folder = self.path if self.path.is_dir() else _left_aside(self.path)
        if folder is None or not (folder / MANIFEST).is_file():
            return False
        return _read(folder / MANIFEST).get("seal") == _seal(self.files)

    @property
    def size_bytes(self) -> int:
        return sum(entry["bytes"] for entry in self.files.values())


def verify(path: Path) -> Path:
    """Check presence, bytes and sha256 of every file; the folder to read from (see `_left_aside`)."""
    folder = path if path.is_dir() else _left_aside(path)
    if folder is None:
        raise BundleError(f"There is no bundle at {path}; build one: python -m ace_core build MANIFEST --out {path}")
    if not (folder / MANIFEST).is_file():
        raise BundleError(f"{path} is not a bundle: {MANIFEST} is missing; build it again.")
    manifest = _read(folder / MANIFEST)
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise BundleError(f"{path} has bundle format {found}; this version reads format {FORMAT}; build it again.")
    files = manifest.get("files")
    if not isinstance(files, dict) or manifest.get("seal") != _seal(files):
        raise BundleError(f"{MANIFEST} in {path} was changed; get the bundle again or build it again.")
    present = dict(_files(folder))
    for name in sorted(files):
        if name not in present:
            raise BundleError(f"{name} is missing from the bundle {path}; get the bundle again or build it again.")
        expected, file = files[name], present.pop(name)
        if file.stat().st_size != expected["bytes"] or sha256_file(file) != expected["sha256"]:
            raise BundleError(f"{name} in the bundle {path} was changed; get the bundle again or build it again.")
    if present:
        raise BundleError(f"{min(present)} does not belong to the bundle {path}; move it elsewhere.")
    return folder


def load_tensors(folder: Path, name: str) -> dict[str, Tensor]:
    """Tensors written by `save_tensors`; floating point values come back as float32."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    files = _tensor_files(folder, name)
    if not files:
        raise BundleError(f"{name}.safetensors is missing from the bundle {folder}; build it again.")
    tensors: dict[str, Tensor] = {}
    pieces: dict[str, list[Tensor]] = {}
    for file in files:
        try:
            loaded = load_file(file)
        except SafetensorError as error:
            raise BundleError(f"{file.name} in {folder} is no safetensors file ({error}); build it again.") from error
        for key in sorted(loaded):
            tensor = loaded[key].float() if loaded[key].is_floating_point() else loaded[key]
            whole, piece, _ = key.partition(_PIECE)
            if piece:
                pieces.setdefault(whole, []).append(tensor)
            else:
                tensors[key] = tensor
    tensors |= {key: torch.cat(rows) for key, rows in pieces.items()}
    for key in [key for key in tensors if key.endswith(_SCALE)]:
        scale = tensors.pop(key)
        tensors[key.removesuffix(_SCALE)] = tensors[key.removesuffix(_SCALE)].float() * scale
    return tensors


# Where the collection is


def save_collection(folder: Path, bundle: Path, collection: Collection, manifest: Path | None) -> dict[str, Any]:
    """Write the collection into a staged bundle and return its entry for config.json.

    `bundle` is the bundle's final place. With a `manifest` of its own the collection is only referred to, by relative
    path and sha256; otherwise the bundle holds the manifest and refers to the folder of the media. Media that lie in a
    bundle themselves go with the collection.
    """
    if manifest is None:
        collection.save(folder / "manifest.jsonl")
        for item in collection:
            if item.in_bundle:
                link(collection.media_path(item), folder / item.path)
    return collection_entry(folder, bundle, collection, manifest)


def collection_entry(folder: Path, bundle: Path, collection: Collection, manifest: Path | None) -> dict[str, Any]:
    """What `save_collection` returns, for a manifest that is written."""
    reference = collection.root if manifest is None else manifest
    return {
        "name": collection.name,
        "items": len(collection),
        "manifest": None if manifest is None else _relative(reference, bundle),
        "sha256": sha256_file(folder / "manifest.jsonl" if manifest is None else manifest),
        "media_root": _relative(reference if manifest is None else reference.parent, bundle),
    }


def _collection(folder: Path, config: Mapping[str, Any], media_root: Path | None) -> Collection:
    try:
        entry = config["collection"]
        name, reference, root, digest = entry["name"], entry["manifest"], entry["media_root"], entry["sha256"]
    except (KeyError, TypeError) as error:
        raise BundleError(f"config.json in {folder} has no complete 'collection' entry; build it again.") from error
    file = folder / "manifest.jsonl"
    if reference is not None:
        places = [folder / reference] + ([media_root / Path(reference).name] if media_root else [])
        file = next((place for place in places if place.is_file()), places[0])
    if not file.is_file():
        raise BundleError(
            f"The manifest {reference} of the bundle {folder} is not there; "
            f"give the folder that holds it and its media with --media-root or {MEDIA_ROOT_VARIABLE}."
        )
    if sha256_file(file) != digest:
        raise BundleError(f"{file} was changed since the bundle {folder} was built; build the bundle again.")
    items = Collection.load(file, name=name).items
    own = folder if reference is None else file.parent
    return Collection(name=name, root=(media_root or folder / root).resolve(), items=items, bundle=own)


def link(source: Path, target: Path) -> None:
    """The same file at another place, on the same disk without a second copy. Files of bundles are never written to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)


def _relative(target: Path, bundle: Path) -> str:
    try:
        return Path(os.path.relpath(target.resolve(), bundle.resolve())).as_posix()
    except ValueError:  # another drive
        return target.resolve().as_posix()


# Small things


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file but the manifest, by POSIX name; hidden files are not the bundle's."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name != MANIFEST and not any(part.startswith(".") for part in name.split("/")):
            yield name, file


def _seal(files: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _read(file: Path) -> Any:
    try:
        return read_json(file)
    except FileNotFoundError:
        raise BundleError(f"{file.name} is missing from the bundle {file.parent}; build it again.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{file.name} in the bundle {file.parent} is not JSON ({error}); build it again.") from error


def _tensor_files(folder: Path, name: str) -> list[Path]:
    own = re.compile(re.escape(name) + r"(-\d{5}-of-\d{5})?\.safetensors")
    return sorted(file for file in folder.glob("*.safetensors") if own.fullmatch(file.name))


def _left_aside(path: Path) -> Path | None:
    """The old bundle, where a save was killed in the instant between moving it aside and moving the new one in."""
    aside = sorted(path.parent.glob(f".{path.name}.old-*"), key=lambda old: old.stat().st_mtime)
    return aside[-1] if aside else None
