"""The stages of a build that are about the items: encoder, features, joint space, identifiers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from ace_core.build_config import BuildConfig
from ace_core.build_source import Source, describer, precomputed, published, weights_folder
from ace_core.bundle import Bundle, load_tensors, save_tensors
from ace_core.captioners.texts import write_texts
from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.config import from_json, to_json
from ace_core.encoders.base import Encoder, Media
from ace_core.encoders.cache import FeatureCache
from ace_core.encoders.compact import CompactEncoder
from ace_core.encoders.compact_training import train_compact
from ace_core.encoders.field import FieldEncoder
from ace_core.encoders.joint import Pair, Validation, train_joint
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.towers import FieldSpace, Space, TrainedSpace
from ace_core.errors import ConfigError, TrainingError
from ace_core.evaluation.protocol import assert_index_texts, dev_sentences, index_texts, text_hash
from ace_core.files import read_json, write_json
from ace_core.identifiers.codec import Codec, CodecConfig, assign_unique
from ace_core.identifiers.report import identifier_report
from ace_core.identifiers.trie import Trie
from ace_core.parts import VECTOR_TYPE, level_sizes, load_encoder, unit_rows
from ace_core.progress import EventLog
from ace_core.stages import Stage, Work, fingerprint, fit_summary, keep, restore, say
from ace_core.text import Tokenizer
from ace_core.training.precision import pick_device


class ItemStages:
    """Each stage is made, or read back, when it is first asked for."""

    def __init__(
        self,
        config: BuildConfig,
        collection: Collection,
        work: Path,
        source: Source,
        progress: bool = True,
        note: Callable[[str], None] = say,
        events: EventLog | None = None,
    ) -> None:
        if not collection.of(split="train"):
            raise TrainingError(f"The collection {collection.name!r} has no `train` items; there is nothing to learn.")
        self.config, self.collection, self.source, self.progress = config, collection, source, progress
        self.work = Work(Path(work), note, events)
        self.modalities: list[Modality] = [item.modality for item in collection]
        self.media = [Media(collection.media_path(item), item.modality, item.id) for item in collection]
        self.human = index_texts(collection)
        self.content = fingerprint(
            [(item.id, item.modality, item.split, item.sha256, [c.text for c in item.captions]) for item in collection],
            [(query, int(answer)) for query, answer in zip(*self._dev_queries(), strict=True)],
        )

    def until(self, stage: str) -> Stage:
        """Make everything that `stage` needs, and the stage."""
        getattr(self, stage)
        found = self.work.stages.get("encoder" if stage == "joint" else stage) or self.work.stages.get(stage)
        if found is None:
            raise ConfigError(f"This build trains no {stage}: it is given, has no steps, or nothing to learn from.")
        return found

    # Encoder, features, joint space

    @cached_property
    def given(self) -> Bundle | None:
        return Bundle.open(self.source.bundle) if self.source.bundle else None

    @cached_property
    def encoder(self) -> Encoder:
        if self.source.embeddings:
            return cast(Encoder, precomputed(self.source.embeddings))
        if self.source.encoder:
            return cast(Encoder, published(self.source.encoder, self.source.weights, sorted(set(self.modalities))))
        if self.given:
            found = load_encoder(self.given)
            if found is None:
                raise ConfigError(f"The bundle {self.source.bundle} holds no encoder that reads media; name another.")
            return found
        extra = self.source.extra
        told = None if extra is None else content_of(extra)

        def make(folder: Path) -> str:
            made = train_compact(self.collection, extra, self.config.compact, folder, progress=self.progress)
            return f"{made.dimension} dimensions; joint space {fit_summary(folder / 'joint')}"

        stage = self.work.stage("encoder", [self.content, told, asdict(self.config.compact)], make)
        return cast(Encoder, CompactEncoder.load(stage.folder / "encoder"))

    @cached_property
    def further(self) -> Collection | None:
        """What teaches a compact encoder and is not searched, of the kinds that the collection has."""
        extra = self.source.extra if isinstance(self.encoder, CompactEncoder) else None
        kept = tuple(item for item in extra or () if item.modality in self.features)
        return replace(extra, items=kept) if extra is not None and kept else None

    def _with_further(self, further: Collection | None) -> dict[Modality, np.ndarray]:
        """Feature tokens of the collection's items and, behind them, of further ones."""
        if further is None:
            return self.features
        media = [Media(further.media_path(item), item.modality, item.id) for item in further]
        cache = FeatureCache(self.work.folder / "features")
        found: Mapping[Any, np.ndarray] = cache.features(self.encoder, media, progress=self.progress)
        return {m: np.concatenate([own, found[m]]) if m in found else own for m, own in self.features.items()}

    @cached_property
    def rows(self) -> dict[Modality, list[int]]:
        """Positions of each modality's items."""
        return {modality: self.collection.of(modality) for modality in self.features}

    @cached_property
    def features(self) -> dict[Modality, np.ndarray]:
        """Feature tokens float16 (N_m, T, F) by modality, in the collection's order."""
        encoder, cache = self.encoder, FeatureCache(self.work.folder / "features")
        with self.work.events.stage("features"):
            found: Mapping[Any, np.ndarray] = cache.features(encoder, self.media, progress=self.progress)
        return {modality: found[modality] for modality in MODALITIES if modality in found}

    @cached_property
    def tokenizer(self) -> Tokenizer:
        if isinstance(self.encoder, CompactEncoder):
            return self.encoder.tokenizer
        if self.given:  # whose captioner speaks in its own tokens
            return Tokenizer.load(self.given.folder / "tokenizer.json")
        texts = [text for text, _ in self.human] + [text for said in self.described for text in said]
        if not texts:
            raise TrainingError("No item has a text to learn from; give captions, or --describe, or --encoder-of.")
        return Tokenizer.train(texts, self.config.vocab_size)

    @cached_property
    def joint(self) -> Space:
        """The space that makes the identifiers: texts and items, learnt from human captions."""
        if isinstance(self.encoder, CompactEncoder):
            return TrainedSpace(self.encoder.joint, self.tokenizer)
        if isinstance(self.encoder, FieldEncoder):
            return FieldSpace.of(self.encoder, self.source.weights or weights_folder())
        if not self.human:
            raise TrainingError("No `train` item has a caption; give captions, --encoder or --encoder-of.")
        return self._towers("joint", self.config.joint, self._pairs(self.human))

    @cached_property
    def vectors(self) -> np.ndarray:
        """float32 (N, D), unit rows, exactly as a bundle gives them back."""
        return self._vectors_in(self.joint)

    # Identifiers

    @cached_property
    def identifiers(self) -> tuple[Codec, np.ndarray]:
        """The codec, and codes int64 (N, L)."""
        config, vectors = self.config.codec, self.vectors

        def make(folder: Path) -> str:
            codec = Codec.fit(vectors, self.modalities, config, folder, self.config.seed, progress=self.progress)
            codes = codec.encode(vectors, self.modalities)
            unique = assign_unique(codes, codec.distances(vectors, codes))
            save_tensors(folder, "codec", codec.state())
            save_tensors(folder, "codes", {"codes": torch.from_numpy(unique)})
            texts, answers = self._dev_queries()
            queries = self.joint.encode_texts(texts) if texts else None
            report = identifier_report(codec, vectors, self.modalities, codes, queries, answers if texts else None)
            report.save(folder / "report.json")
            write_json(folder / "codec.json", to_json(codec.config))
            return (
                f"{'-'.join(map(str, codec.level_sizes))} tokens, {100 * report.collision_rate:.1f} % of items share a "
                f"code, {100 * report.explained_variance[-1]:.0f} % of the variance explained"
            )

        stage = self.work.stage("identifiers", [digest(vectors), self.content, asdict(config), self.config.seed], make)
        codec = Codec.from_state(
            from_json(CodecConfig, read_json(stage.folder / "codec.json")), load_tensors(stage.folder, "codec")
        )
        return codec, load_tensors(stage.folder, "codes")["codes"].numpy()

    @cached_property
    def codec(self) -> Codec:
        return self.identifiers[0]

    @cached_property
    def codes(self) -> np.ndarray:
        return self.identifiers[1]

    @cached_property
    def trie(self) -> Trie:
        return Trie.build(self.codes, level_sizes(self.codec, self.codes))

    @cached_property
    def described(self) -> list[list[str]]:
        """(N,) what describers say of every item: names, tags, captioners from the field."""
        told = self.source.describers
        if not told:
            return [[] for _ in self.collection]
        root, weights = self.collection.root, self.source.weights
        describers = [describer(name, lambda: self.encoder, root, weights) for name in told]
        keys = [item.sha256 or item.id for item in self.collection]
        config = self.config.pseudo_queries
        found = write_texts(
            describers,
            self.media,
            keys,
            self.work.folder / "described",
            count=config.count,
            seed=config.seed,
            progress=self.progress,
            note=self.work.note,
        )
        # A sidecar may hold what measures: such sentences stay unseen, whoever brings them.
        measured = {text_hash(query.text) for item in self.collection for query in item.queries}
        return [[text for text in texts if text_hash(text) not in measured] for texts in found]

    # Helpers

    @cached_property
    def inputs(self) -> list[str]:
        """What every stage after the features depends on."""
        return [self.content, self.encoder.fingerprint]

    def _dev_queries(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Texts about dev items, on which choices are made, and their items."""
        found = dev_sentences(self.collection)
        return found.texts, found.answers

    def _pairs(self, human: Sequence[tuple[str, int]], generated: Sequence[tuple[str, int]] = ()) -> list[Pair]:
        """Pairs to learn from, checked against the protocol; an item's human texts weigh `human_share` together."""
        assert_index_texts(self.collection, human, generated)
        share = self.config.retriever.training.human_share
        said = np.bincount([item for _, item in human], minlength=len(self.collection))
        written = np.bincount([item for _, item in generated], minlength=len(self.collection))
        pairs = [Pair(text, item, (share if written[item] else 1.0) / said[item]) for text, item in human]
        return pairs + [
            Pair(text, item, (1 - share if said[item] else 1.0) / written[item]) for text, item in generated
        ]

    def _towers(
        self, name: str, config: JointConfig, pairs: Sequence[Pair], start: Space | None = None
    ) -> TrainedSpace:
        """Trained on `pairs`; begins with the weights of `start` where their shapes are the same."""
        present = tuple(self.features)
        size = next(iter(self.features.values())).shape[2]
        config = replace(config, vocab_size=self.tokenizer.size, feature_dimension=size, modalities=present)
        begin = start if isinstance(start, TrainedSpace) and config.same_shape(start.config) else None
        texts, answers = self._dev_queries()
        validation = Validation([Pair(t, int(i)) for t, i in zip(texts, answers, strict=True)]) if texts else None

        def make(folder: Path) -> str:
            model = train_joint(
                config,
                self.tokenizer,
                self.features,
                pairs,
                folder,
                modalities=self.modalities,
                validation=validation,
                start=begin.model if begin else None,
                progress=self.progress,
            )
            keep(model, folder)
            chosen = folder / "share.json"
            between = f"; {read_json(chosen)['share']:.0%} of the way from its start" if chosen.is_file() else ""
            return fit_summary(folder) + between

        depends_on = [self.inputs, asdict(config), fingerprint([asdict(pair) for pair in pairs])]
        if begin is not None:
            depends_on.append(begin.fingerprint)
        model = restore(self.work.stage(name, depends_on, make).folder, JointConfig, JointSpace)
        return TrainedSpace(model.to(pick_device()), self.tokenizer)

    def _vectors_in(self, space: Space) -> np.ndarray:
        vectors = space.encode_items(self.features, self.rows)
        return unit_rows(torch.from_numpy(vectors).to(VECTOR_TYPE).float().numpy())


def content_of(extra: Collection) -> str:
    """sha256 of what is learnt from: media, and all captions."""
    return fingerprint([(item.id, item.sha256, [caption.text for caption in item.captions]) for item in extra])


def digest(table: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(table).data).hexdigest()
