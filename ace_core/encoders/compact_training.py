"""How the compact encoder is trained: tokenizer, trunks on word presence, features cached, joint space on top.

Only captions of `train` items and of the extra world are read for training; queries of `dev` items choose the weights.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.encoders.base import Media
from ace_core.encoders.compact import CompactConfig, CompactEncoder, round_weights
from ace_core.encoders.decode import decoded_store
from ace_core.encoders.joint import Pair, Validation, train_joint
from ace_core.encoders.pretrain import find_terms, presence, pretrain_trunk, trunk_features
from ace_core.encoders.space import JointConfig
from ace_core.encoders.trunks import ClipTrunk, PictureTrunk, TrunkConfig, make_trunk
from ace_core.errors import TrainingError
from ace_core.files import atomic_path, sha256_file
from ace_core.text import Tokenizer
from ace_core.training.loop import LoopConfig
from ace_core.training.precision import pick_device


def _trunk_loop(steps: int, batch: int, rate: float) -> LoopConfig:
    return LoopConfig(
        steps=steps,
        batch_size=batch,
        learning_rate=rate,
        weight_decay=0.05,
        clip=50.0,  # the loss is a sum over words
        validate_every=max(1, steps // 8),
        save_every=max(1, min(100, steps // 4)),
    )


@dataclass(frozen=True)
class CompactTraining:
    """Everything that decides the outcome, beside the data."""

    trunk: TrunkConfig = field(default_factory=TrunkConfig)
    vocab_size: int = 4096
    dimension: int = 256  # D
    least_items: int = 8  # that must have a word for it to be learnt
    most_words: int = 2000
    pictures: LoopConfig = field(default_factory=lambda: _trunk_loop(2400, 64, 1e-3))
    sounds: LoopConfig = field(default_factory=lambda: _trunk_loop(1500, 64, 1e-3))
    clips: LoopConfig = field(default_factory=lambda: _trunk_loop(1500, 16, 5e-4))
    joint: LoopConfig = field(
        default_factory=lambda: LoopConfig(
            steps=2000, batch_size=512, learning_rate=2e-3, weight_decay=0.05, validate_every=200, save_every=200
        )
    )

    def loop(self, modality: Modality) -> LoopConfig:
        return {"image": self.pictures, "audio": self.sounds, "video": self.clips}[modality]

    def scaled(self, share: float) -> CompactTraining:
        """The same training with that share of the steps."""

        def shorter(loop: LoopConfig) -> LoopConfig:
            steps = max(1, round(loop.steps * share))
            return replace(loop, steps=steps, validate_every=max(1, min(loop.validate_every, steps)))

        loops = {name: shorter(getattr(self, name)) for name in ("pictures", "sounds", "clips", "joint")}
        return replace(self, **loops)  # type: ignore[arg-type]


def train_compact(
    collection: Collection,
    extra: Collection | None,
    config: CompactTraining,
    folder: Path,
    *,
    progress: bool = True,
    restart: bool = False,
) -> CompactEncoder:
    """Train an encoder and write it to `folder`/encoder; what it takes on the way is kept beside it for a resume.

    extra: further scenes, not part of what is searched; all their captions teach.
    """
    folder = Path(folder)
    world = World(collection, extra)
    tokenizer = Tokenizer.train([text for texts in world.captions for text in texts], config.vocab_size)
    trunks: dict[Modality, nn.Module] = {}
    features: dict[Modality, np.ndarray] = {}
    for modality in world.modalities():
        positions = world.of(modality)
        store = decoded_store([world.media[p] for p in positions], config.trunk, folder / "decoded", progress=progress)
        torch.manual_seed(config.loop(modality).seed)
        trunk = make_trunk(config.trunk, modality)
        pictures = trunks.get("image")
        if isinstance(trunk, ClipTrunk) and isinstance(pictures, PictureTrunk):
            trunk.start_from(pictures)
        trunks[modality] = trunk.to(pick_device())
        _pretrain(trunk, modality, store, tokenizer, world, config, folder, progress, restart)
        features[modality] = _features(trunk, store, folder / f"trunk-{modality}")
    joint_config = JointConfig(
        vocab_size=tokenizer.size,
        feature_dimension=config.trunk.feature_dimension,
        dimension=config.dimension,
        modalities=tuple(trunks),
        loop=config.joint,
    )
    joint = train_joint(
        joint_config,
        tokenizer,
        features,
        world.pairs(),
        folder / "joint",
        modalities=[one.modality for one in world.media],
        validation=world.validation(),
        progress=progress,
        restart=restart,
    )
    return CompactEncoder.create(
        folder / "encoder", CompactConfig(config.trunk, joint_config), tokenizer, joint, trunks
    )


def _pretrain(
    trunk: nn.Module,
    modality: Modality,
    store: np.ndarray,
    tokenizer: Tokenizer,
    world: World,
    config: CompactTraining,
    folder: Path,
    progress: bool,
    restart: bool,
) -> None:
    positions = world.of(modality)
    learnt = [world.captions[position] for position in positions]
    asked = [world.dev_captions.get(position, []) for position in positions]
    terms = find_terms(tokenizer, [texts for texts in learnt if texts], config.least_items, config.most_words)
    present = presence(tokenizer, terms, [one or other for one, other in zip(learnt, asked, strict=True)])
    pretrain_trunk(
        trunk,
        config.trunk.feature_dimension,
        modality,
        store,
        present,
        np.flatnonzero([bool(texts) for texts in learnt]),
        np.flatnonzero([bool(texts) for texts in asked]),
        config.loop(modality),
        folder / f"trunk-{modality}",
        context={"trunk": asdict(config.trunk), "words": hashlib.sha256(present.tobytes()).hexdigest()},
        progress=progress,
        restart=restart,
    )
    round_weights(trunk)


def _features(trunk: nn.Module, store: np.ndarray, folder: Path) -> np.ndarray:
    """Feature tokens of the whole store, kept beside the trunk's weights as a memory map."""
    digest = hashlib.sha256(sha256_file(folder / "best.safetensors").encode())
    digest.update(Path(store.filename).name.encode())  # type: ignore[attr-defined]
    path = folder / f"features-{digest.hexdigest()[:16]}.npy"
    if not path.is_file():
        batches = (store[start : start + 128] for start in range(0, len(store), 128))
        with atomic_path(path) as staged:
            np.save(staged, trunk_features(trunk, batches, len(store)))
    return np.load(path, mmap_mode="r", allow_pickle=False)


class World:
    """Both collections as one list of media with the captions that may be learnt from (none for dev and held out)."""

    def __init__(self, collection: Collection, extra: Collection | None) -> None:
        self.collection = collection
        sources = [collection] if extra is None else [collection, extra]
        self.media = [Media(source.media_path(item), item.modality, item.id) for source in sources for item in source]
        self.captions = [
            [caption.text for caption in item.captions] if source is extra or item.split == "train" else []
            for source in sources
            for item in source
        ]
        if not any(self.captions):
            raise TrainingError(f"No `train` item of {collection.name!r} has a caption; the encoder cannot learn.")
        self.dev_captions = {p: [c.text for c in collection[p].captions] for p in collection.of(split="dev")}

    def modalities(self) -> list[Modality]:
        return [m for m in MODALITIES if any(one.modality == m for one in self.media)]

    def of(self, modality: Modality) -> list[int]:
        return [position for position, one in enumerate(self.media) if one.modality == modality]

    def pairs(self) -> list[Pair]:
        return [Pair(text, position) for position, texts in enumerate(self.captions) for text in texts]

    def validation(self) -> Validation | None:
        """Queries of dev items (captions where they have none), among all items of the collection."""
        pairs = [
            Pair(text.text, position)
            for position in self.dev_captions
            for text in self.collection[position].queries or self.collection[position].captions
        ]
        return Validation(pairs, range(len(self.collection))) if pairs else None
