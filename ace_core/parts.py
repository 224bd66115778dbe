"""Everything a bundle holds, as live objects: written once by `build`, read by `Engine.load`.

tokenizer.json              one tokenizer for the towers, the captioner and the retriever
retriever.safetensors       writes identifiers (retriever/: what a Hugging Face encoder needs to be shaped again)
identifiers.safetensors     codes int64 (N, L)
codec.safetensors           vectors <-> codes
vectors.safetensors         float16 (N, D), the items in the space that made the identifiers
joint.safetensors           that space: text tower and, per modality, pooling over feature tokens
dual_tower.safetensors      the dual tower;  dual_vectors.safetensors  float16 (N, D), the items in its space
encoder/                    reads media, where the bundle was not built from ready vectors
captioner.safetensors       log p(query given item);  pseudo_queries.jsonl.gz  what it wrote, a line an item
check.json                  how its word on an answer is weighed, where dev queries chose that
features-image.safetensors  float16 (N_m, T, F) and features.json, ids of the rows: what it reads, where no media can be
examples.json, metrics.json, report.json, logs/
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import nn

import ace_core
from ace_core.bundle import Bundle, save_collection, save_lines, save_tensors, save_tensors_in_8_bits
from ace_core.check import CheckConfig
from ace_core.collection import MODALITIES
from ace_core.config import from_json, to_json
from ace_core.encoders.compact import CompactEncoder
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.towers import REFERENCE, FieldSpace, Space, TrainedSpace, field_encoder
from ace_core.errors import BundleError, ConfigError
from ace_core.files import write_json
from ace_core.identifiers.codec import Codec, CodecConfig
from ace_core.identifiers.trie import Trie
from ace_core.retriever.model import HUB_FOLDER, SCRATCH, Retriever, RetrieverConfig
from ace_core.text import Tokenizer

if TYPE_CHECKING:
    from ace_core.captioners.writer import CompactCaptioner
    from ace_core.collection import Collection
    from ace_core.encoders.base import Encoder
    from ace_core.item_features import StoredFeatures

VECTOR_TYPE = torch.float16


@dataclass(frozen=True)
class Parts:
    """All N items are in the collection's order."""

    tokenizer: Tokenizer
    retriever: Retriever
    codec: Codec
    codes: np.ndarray  # int64 (N, L)
    joint: Space
    vectors: np.ndarray  # float32 (N, D), unit rows
    dual_tower: Space
    dual_vectors: np.ndarray  # float32 (N, D), unit rows
    pseudo_queries: Sequence[Sequence[str]]  # (N,)
    captioner: CompactCaptioner | None = None
    encoder: Encoder | None = None
    examples: Sequence[Mapping[str, str]] = ()  # {"query", "modality", "item"}
    metrics: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)  # of the identifiers
    logs: Mapping[str, Path] = field(default_factory=dict)  # of the stages, by name; those that exist are kept
    check: CheckConfig | None = None
    features: Mapping[Any, np.ndarray] | None = None  # float16 (N_m, T, F) by modality, only where no media can be read

    def trie(self) -> Trie:
        return Trie.build(self.codes, self.retriever.config.level_sizes)

    def parameters(self) -> dict[str, int]:
        """How many parameters each model has."""
        sizes = {"retriever": sum(p.numel() for p in self.retriever.parameters())}
        return sizes | {"dual_tower": self.dual_tower.parameters(), "joint": self.joint.parameters()}


def level_sizes(codec: Codec, codes: np.ndarray) -> tuple[int, ...]:
    """(L,) how many tokens each level has; the unique level as many as were needed."""
    return (*codec.level_sizes, int(codes[:, -1].max()) + 1)


def save_parts(
    staged: Path,
    bundle: Path,
    parts: Parts,
    collection: Collection,
    manifest: Path | None,
    seeds: Mapping[str, int],
    stages: Mapping[str, Any],
) -> None:
    """Fill the staging folder of a bundle whose final place is `bundle`; see `ace_core.bundle.new_bundle`.

    `stages`: the configurations it was built with, kept for the record beside those of the models.
    """
    models: dict[str, Any] = {"retriever": to_json(parts.retriever.config), "codec": to_json(parts.codec.config)}
    models |= {"joint": _told(parts.joint), "dual_tower": _told(parts.dual_tower)}
    if parts.captioner is not None:
        models["captioner"] = to_json(parts.captioner.config)
    config = {
        "version": ace_core.__version__,
        "collection": save_collection(staged, bundle, collection, manifest),
        "encoder": None if parts.encoder is None else parts.encoder.name,
        "models": models,
        "seeds": dict(seeds),
        "stages": dict(stages),
    }
    write_json(staged / "config.json", config)
    parts.tokenizer.save(staged / "tokenizer.json")
    save_model(staged, "retriever", parts.retriever)
    parts.retriever.save_encoder_shape(staged / "retriever")
    if not isinstance(parts.encoder, CompactEncoder):  # which holds the joint space itself
        _save_space(staged, "joint", parts.joint)
    _save_space(staged, "dual_tower", parts.dual_tower)
    save_tensors(staged, "codec", parts.codec.state())
    save_tensors(staged, "identifiers", {"codes": torch.from_numpy(parts.codes)})
    save_tensors(staged, "vectors", {"vectors": torch.from_numpy(parts.vectors).to(VECTOR_TYPE)})
    save_tensors(staged, "dual_vectors", {"vectors": torch.from_numpy(parts.dual_vectors).to(VECTOR_TYPE)})
    if parts.captioner is not None:
        save_tensors_in_8_bits(staged, "captioner", parts.captioner.state_dict())
    save_lines(staged, "pseudo_queries", pseudo_query_lines(parts, collection))
    if parts.check is not None:
        write_json(staged / "check.json", to_json(parts.check))
    if parts.features is not None:
        save_features(staged, parts.features, collection)
    write_json(staged / "examples.json", list(parts.examples))
    write_json(staged / "metrics.json", dict(parts.metrics))
    write_json(staged / "report.json", dict(parts.report))
    if isinstance(parts.encoder, CompactEncoder):
        (staged / "encoder").mkdir()
        for name in parts.encoder.files():
            shutil.copyfile(parts.encoder.folder / name, staged / "encoder" / name)
    for name, log in parts.logs.items():
        if log.is_file():
            (staged / "logs").mkdir(exist_ok=True)
            shutil.copyfile(log, staged / "logs" / f"{name}.jsonl")


def pseudo_query_lines(parts: Parts, collection: Collection, start: int = 0) -> list[dict[str, Any]]:
    """One line an item, of those from `start` on."""
    written = zip(collection.items[start:], parts.pseudo_queries[start:], strict=True)
    return [{"id": item.id, "texts": list(texts)} for item, texts in written]


def save_features(staged: Path, features: Mapping[Any, np.ndarray], collection: Collection) -> None:
    """Feature tokens float16 (N_m, T, F) by modality, rows in the collection's order."""
    for modality, table in features.items():
        save_tensors(staged, f"features-{modality}", {"features": torch.from_numpy(table).half()})
    write_json(staged / "features.json", {m: [collection[i].id for i in collection.of(m)] for m in features})


def save_model(staged: Path, name: str, model: nn.Module) -> None:
    save_tensors(staged, name, model.state_dict(), half=True)


def load_parts(bundle: Bundle) -> Parts:
    """Read every part but the captioner and the encoder; `BundleError` where they do not fit together."""
    models = bundle.config.get("models", {})
    try:
        tokenizer = Tokenizer.load(bundle.folder / "tokenizer.json")
        codes = bundle.tensors("identifiers")["codes"].numpy()
        parts = Parts(
            tokenizer=tokenizer,
            retriever=_load_retriever(bundle, models["retriever"], tokenizer),
            codec=Codec.from_state(from_json(CodecConfig, models["codec"]), bundle.tensors("codec")),
            codes=codes,
            joint=_load_joint(bundle, models["joint"], tokenizer),
            vectors=_vectors(bundle, "vectors"),
            dual_tower=_load_space(bundle, "dual_tower", models["dual_tower"], tokenizer),
            dual_vectors=_vectors(bundle, "dual_vectors"),
            pseudo_queries=[line["texts"] for line in bundle.lines("pseudo_queries")],
            examples=bundle.json("examples"),
            metrics=bundle.json("metrics"),
            report=bundle.json("report"),
            check=from_json(CheckConfig, bundle.json("check")) if bundle.has("check.json") else None,
        )
    except (KeyError, ConfigError, ValueError) as error:
        raise BundleError(f"The configuration of the bundle {bundle.folder} does not fit ({error}).") from error
    _check_fit(bundle, parts)
    return parts


def load_captioner(bundle: Bundle) -> CompactCaptioner:
    """The captioner that the check asks, and that writes of added items; `BundleError` where the bundle has none."""
    from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner

    if not bundle.has("captioner"):
        raise BundleError(f"The bundle {bundle.folder} holds no captioner; build it with one.")
    config = from_json(CaptionerConfig, bundle.config["models"]["captioner"])
    return _load_model(CompactCaptioner(config), bundle, "captioner")


def load_features(bundle: Bundle) -> StoredFeatures | None:
    """Feature tokens that the bundle holds; None where it holds none, since its encoder reads media."""
    from ace_core.item_features import StoredFeatures

    if not bundle.has("features.json"):
        return None
    ids = bundle.json("features")
    tables: dict[str, np.ndarray] = {
        m: bundle.tensors(f"features-{m}")["features"].half().numpy() for m in MODALITIES if m in ids
    }
    if any(len(table) != len(ids[modality]) for modality, table in tables.items()):
        raise BundleError(f"The features of {bundle.folder} do not fit their ids; build it again.")
    rows = {name: row for modality in tables for row, name in enumerate(ids[modality])}
    return StoredFeatures(tables, rows, bundle.collection.items)


def reads_media(bundle: Bundle) -> bool:
    """Whether the bundle has, or names, an encoder that reads media."""
    return REFERENCE in bundle.config.get("models", {}).get("joint", {}) or (bundle.folder / "encoder").is_dir()


def load_encoder(bundle: Bundle) -> Encoder | None:
    """The encoder that reads media; None where the bundle was built from ready vectors."""
    joint = bundle.config.get("models", {}).get("joint", {})
    if REFERENCE in joint:
        return field_encoder(joint)
    if not (bundle.folder / "encoder").is_dir():
        return None
    return cast("Encoder", CompactEncoder.load(bundle.folder / "encoder"))


def _check_fit(bundle: Bundle, parts: Parts) -> None:
    """Every table has one row an item, identifiers are unique and are what the retriever writes."""
    count = len(bundle.collection)
    rows = {
        "identifiers": len(parts.codes),
        "vectors": len(parts.vectors),
        "dual_vectors": len(parts.dual_vectors),
        "pseudo_queries": len(parts.pseudo_queries),
    }
    for name, number in rows.items():
        if number != count:
            raise BundleError(f"{name} of {bundle.folder} has {number} rows for {count} items; build it again.")
    needed, written = level_sizes(parts.codec, parts.codes), parts.retriever.config.level_sizes
    if needed[:-1] != written[:-1] or needed[-1] > written[-1]:  # removed items may leave unique tokens unused
        raise BundleError(f"Identifiers and retriever of {bundle.folder} have different levels; build it again.")
    try:
        parts.trie()
    except ValueError as error:
        raise BundleError(f"The identifiers of {bundle.folder} are damaged ({error}); build it again.") from error


def _load_model(model: Any, bundle: Bundle, name: str) -> Any:
    try:
        model.load_state_dict(bundle.tensors(name))
    except RuntimeError as error:
        raise BundleError(f"{name} of {bundle.folder} does not fit its configuration; build it again.") from error
    return model.eval().requires_grad_(False)


def _told(space: Space) -> dict[str, Any]:
    """What a bundle says of a space: its configuration, or which ready encoder brings it."""
    if isinstance(space, TrainedSpace):
        return to_json(space.config)
    return cast(FieldSpace, space).describe()


def _save_space(staged: Path, name: str, space: Space) -> None:
    if isinstance(space, TrainedSpace):
        save_model(staged, name, space.model)


def _load_space(bundle: Bundle, name: str, values: dict[str, Any], tokenizer: Tokenizer) -> Space:
    if REFERENCE in values:
        return FieldSpace(values)
    return TrainedSpace(_load_model(JointSpace(from_json(JointConfig, values)), bundle, name), tokenizer)


def _load_joint(bundle: Bundle, values: dict[str, Any], tokenizer: Tokenizer) -> Space:
    if (bundle.folder / "encoder").is_dir():
        return TrainedSpace(CompactEncoder.load(bundle.folder / "encoder").joint, tokenizer)
    return _load_space(bundle, "joint", values, tokenizer)


def _load_retriever(bundle: Bundle, values: dict[str, Any], tokenizer: Tokenizer) -> Retriever:
    config = from_json(RetrieverConfig, values)
    if config.encoder != SCRATCH:
        config = replace(config, encoder=str(bundle.folder / "retriever" / HUB_FOLDER))
    return _load_model(Retriever(config, tokenizer, pretrained=False), bundle, "retriever")


def _vectors(bundle: Bundle, name: str) -> np.ndarray:
    return unit_rows(bundle.tensors(name)["vectors"].numpy())


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows (N, D), of float16 too, as float32 of unit length, which their storage as float16 changes a little."""
    rows = vectors.astype(np.float32, copy=False)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-12)
