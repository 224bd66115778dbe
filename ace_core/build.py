"""From a collection to a bundle: every stage of docs/architecture.md, each resumable, each with one line of outcome.

encoder -> features -> joint space -> identifiers -> captioner -> pseudo-queries -> dual tower -> retriever -> bundle
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ace_core.build_config import BuildConfig
from ace_core.build_source import Source, precomputed
from ace_core.bundle import Bundle, load_tensors, new_bundle, save_tensors
from ace_core.captioners.base import Captioner
from ace_core.captioners.compact import train_captioner
from ace_core.captioners.pseudo_queries import write_pseudo_queries
from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner
from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.config import from_json, to_json
from ace_core.encoders.base import Encoder, Media
from ace_core.encoders.cache import FeatureCache
from ace_core.encoders.compact import CompactEncoder
from ace_core.encoders.compact_training import train_compact
from ace_core.encoders.joint import Pair, Validation, train_joint
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.towers import Space, TrainedSpace
from ace_core.errors import ConfigError, TrainingError
from ace_core.evaluation.examples import choose_examples
from ace_core.evaluation.protocol import assert_index_texts, index_texts, queries_of
from ace_core.files import read_json, write_json
from ace_core.identifiers.codec import Codec, CodecConfig, assign_unique
from ace_core.identifiers.report import identifier_report
from ace_core.identifiers.trie import Trie
from ace_core.parts import VECTOR_TYPE, Parts, level_sizes, load_captioner, load_encoder, save_parts, unit_rows
from ace_core.progress import EventLog
from ace_core.retriever.model import SCRATCH, Retriever, RetrieverConfig
from ace_core.retriever.pairs import TextPairs
from ace_core.retriever.train import Queries, train_retriever
from ace_core.retriever.warm_start import init_from_codec, init_from_text_tower
from ace_core.stages import Stage, Work, fingerprint, fit_summary, keep, restore, say
from ace_core.text import Tokenizer
from ace_core.training.precision import pick_device

VALIDATION_QUERIES = 1000  # of dev items, at most, that choose the retriever's weights

# Stages that `train` can be asked for, in the order of the flow.
STAGES = ("encoder", "joint", "identifiers", "captioner", "pseudo_queries", "dual_tower", "retriever")


def run_build(
    config: BuildConfig,
    collection: Collection,
    out: Path,
    work: Path,
    *,
    manifest: Path | None = None,
    source: Source | None = None,
    without_pseudo_queries: bool = False,
    progress: bool = True,
    note: Callable[[str], None] = say,
    events: EventLog | None = None,
) -> Path:
    """Build a bundle at `out`; stages are kept in `work`. Returns `out`.

    manifest: the collection's own file, to be referred to; without it the bundle holds a copy.
    without_pseudo_queries: also train a retriever on human captions alone, kept in `work` for comparison.
    """
    build = Build(config, collection, work, source or Source(), progress, note, events)
    if without_pseudo_queries:
        build.retriever_without_pseudo_queries  # noqa: B018
    build.bundle(Path(out), manifest)
    return Path(out)


class Build:
    """The stages of one build. Each is made, or read back, when it is first asked for."""

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
        return self.work.stages.get(stage) or self.work.stages["encoder"]

    # Encoder, features, joint space

    @cached_property
    def given(self) -> Bundle | None:
        return Bundle.open(self.source.bundle) if self.source.bundle else None

    @cached_property
    def encoder(self) -> Encoder:
        if self.source.embeddings:
            return cast(Encoder, precomputed(self.source.embeddings))
        if self.given:
            found = load_encoder(self.given)
            if found is None:
                raise ConfigError(f"The bundle {self.source.bundle} holds no encoder that reads media; name another.")
            return found
        extra = self.source.extra
        told = None if extra is None else fingerprint([(item.id, item.sha256, item.split) for item in extra])

        def make(folder: Path) -> str:
            made = train_compact(self.collection, extra, self.config.compact, folder, progress=self.progress)
            return f"{made.dimension} dimensions; joint space {fit_summary(folder / 'joint')}"

        stage = self.work.stage("encoder", [self.content, told, asdict(self.config.compact)], make)
        return cast(Encoder, CompactEncoder.load(stage.folder / "encoder"))

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
        if not self.human:
            raise TrainingError("No `train` item has a caption; give captions, or a bundle whose encoder to use.")
        return Tokenizer.train([text for text, _ in self.human], self.config.vocab_size)

    @cached_property
    def joint(self) -> Space:
        """The space that makes the identifiers: texts and items, learnt from human captions."""
        if isinstance(self.encoder, CompactEncoder):
            return TrainedSpace(self.encoder.joint, self.tokenizer)
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
            distances = np.square(codec.reconstruct(codes) - vectors).sum(axis=1)
            save_tensors(folder, "codec", codec.state())
            save_tensors(folder, "codes", {"codes": torch.from_numpy(assign_unique(codes, distances))})
            texts, answers = self._dev_queries()
            queries = self.joint.encode_texts(texts) if texts else None
            report = identifier_report(codec, vectors, self.modalities, codes, queries, answers if texts else None)
            report.save(folder / "report.json")
            write_json(folder / "codec.json", to_json(codec.config))
            return (
                f"{'-'.join(map(str, codec.level_sizes))} tokens, {100 * report.collision_rate:.1f} % of items share a "
                f"code, {100 * report.explained_variance[-1]:.0f} % of the variance explained"
            )

        stage = self.work.stage("identifiers", [_digest(vectors), self.content, asdict(config), self.config.seed], make)
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

    # Captioner and pseudo-queries

    @cached_property
    def captioner(self) -> CompactCaptioner:
        if self.given:
            captioner = load_captioner(self.given)
            captioner.tokenizer = self.tokenizer
            return captioner.to(pick_device())
        tokens = {str(modality): rows.shape[1] for modality, rows in self.features.items()}
        sizes = {str(modality): rows.shape[2] for modality, rows in self.features.items()}
        config = replace(
            self.config.captioner, vocab_size=self.tokenizer.size, feature_tokens=tokens, feature_sizes=sizes
        )
        dev = [Pair(c.text, i) for i in self.collection.of(split="dev") for c in self._told(i)]

        def make(folder: Path) -> str:
            model = train_captioner(
                config,
                self.tokenizer,
                self.features,
                self._pairs(self.human),
                folder,
                collection=self.collection,
                validation=dev,
                progress=self.progress,
            )
            keep(model, folder)
            return fit_summary(folder)

        stage = self.work.stage("captioner", [self._inputs, asdict(config)], make)
        model = restore(stage.folder, CaptionerConfig, lambda found: CompactCaptioner(found, self.tokenizer))
        return model.to(pick_device())

    @cached_property
    def pseudo_queries(self) -> list[list[str]]:
        """(N,) what the captioner writes about every item."""
        config, captioner = self.config.pseudo_queries, self.captioner

        def make(folder: Path) -> str:
            texts: list[list[str]] = [[] for _ in self.collection]
            for modality, rows in self.features.items():
                positions = self.collection.of(modality)
                keys = [self.collection[i].sha256 or self.collection[i].id for i in positions]
                written = write_pseudo_queries(
                    cast(Captioner, captioner),
                    rows,
                    modality,
                    keys,
                    folder / f"{modality}.jsonl",
                    count=config.count,
                    seed=config.seed,
                    progress=self.progress,
                )
                for position, lines in zip(positions, written, strict=True):
                    texts[position] = lines
            write_json(folder / "texts.json", texts)
            first = next((lines[0] for lines in texts if lines), "")
            return f"{sum(map(len, texts))} for {sum(map(bool, texts))} of {len(texts)} items, such as “{first}”"

        stage = self.work.stage("pseudo_queries", [self._inputs, captioner.fingerprint, asdict(config)], make)
        return read_json(stage.folder / "texts.json")

    @cached_property
    def generated(self) -> list[tuple[str, int]]:
        """(pseudo-query, item position)."""
        return [(text, item) for item, texts in enumerate(self.pseudo_queries) for text in texts]

    # The two that answer

    @cached_property
    def dual_tower(self) -> Space:
        """Trained on exactly the retriever's pairs; both begin with the space that made the identifiers."""
        config, start = self.config.dual_tower, self.joint
        return self._towers("dual_tower", config, self._pairs(self.human, self.generated), start)

    @cached_property
    def dual_vectors(self) -> np.ndarray:
        return self._vectors_in(self.dual_tower)

    @cached_property
    def retriever(self) -> Retriever:
        return self._retriever("retriever", self.generated)

    @cached_property
    def retriever_without_pseudo_queries(self) -> Retriever:
        return self._retriever("retriever_without_pseudo_queries", [])

    def _retriever(self, name: str, generated: Sequence[tuple[str, int]]) -> Retriever:
        stage_config = self.config.retriever
        model_config = replace(
            stage_config.model, vocab_size=self.tokenizer.size, level_sizes=tuple(self.trie.level_sizes)
        )
        pairs = self._pairs(self.human, generated)
        taught = stage_config.training.distil or stage_config.training.teacher_paths
        teacher = (self.dual_tower if generated else self.joint) if taught else None

        def make(folder: Path) -> str:
            torch.manual_seed(self.config.seed)
            model = Retriever(model_config, self.tokenizer)
            if stage_config.warm_start:
                self._warm_start(model)
            model = model.to(pick_device())
            trie = self.trie.to(pick_device())
            train_retriever(
                stage_config.training,
                model,
                trie,
                self._text_pairs(model, pairs),
                folder,
                validation=self._validation(model, trie),
                item_targets=None if teacher is None else self._targets(teacher, pairs),
                progress=self.progress,
            )
            keep(model, folder)
            return fit_summary(folder)

        depends_on = [self._inputs, _digest(self.codes), fingerprint([asdict(p) for p in pairs]), asdict(stage_config)]
        stage = self.work.stage(name, depends_on, make)
        return restore(stage.folder, RetrieverConfig, lambda found: Retriever(found, self.tokenizer, pretrained=False))

    def _warm_start(self, model: Retriever) -> None:
        """Begin with the space that made the identifiers, as far as the shapes allow."""
        fits = model.config.encoder == SCRATCH and model.config.d_model == self.joint.dimension
        if fits and isinstance(self.joint, TrainedSpace):
            init_from_text_tower(model, self.joint.model.text)
        init_from_codec(model, self.codec, self.codes)

    # The bundle

    def bundle(self, out: Path, manifest: Path | None) -> None:
        parts = Parts(
            tokenizer=self.tokenizer,
            retriever=self.retriever,
            codec=self.codec,
            codes=self.codes,
            joint=self.joint,
            vectors=self.vectors,
            dual_tower=self.dual_tower,
            dual_vectors=self.dual_vectors,
            pseudo_queries=self.pseudo_queries,
            captioner=self.captioner,
            encoder=self.encoder,
            metrics={name: {"outcome": s.summary, "seconds": s.seconds} for name, s in self.work.stages.items()},
            report=read_json(self.work.stages["identifiers"].folder / "report.json"),
            logs={name: s.folder / "log.jsonl" for name, s in self.work.stages.items()},
        )
        seeds = {"build": self.config.seed, "pseudo_queries": self.config.pseudo_queries.seed}
        with self.work.events.stage("bundle"), new_bundle(out) as staged:
            parts = replace(parts, examples=choose_examples(parts, self.collection, self.config.examples))
            save_parts(staged, out, parts, self.collection, manifest, seeds, to_json(self.config))
        self.work.note(f"bundle: {sum(f.stat().st_size for f in out.rglob('*') if f.is_file()) / 1e6:.1f} MB in {out}")
        self.work.note(f"open it with: python app.py --bundle {out}")

    # Helpers

    @cached_property
    def _inputs(self) -> list[str]:
        """What every stage after the features depends on."""
        return [self.content, self.encoder.fingerprint]

    def _dev_queries(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Texts about dev items, on which choices are made, and their items."""
        found = queries_of(self.collection, split="dev")
        return found.texts, found.answers

    def _told(self, item: int) -> Sequence[Any]:
        return self.collection[item].captions or self.collection[item].queries

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
            return fit_summary(folder)

        depends_on = [self._inputs, asdict(config), fingerprint([asdict(pair) for pair in pairs])]
        if begin is not None:
            depends_on.append(begin.fingerprint)
        model = restore(self.work.stage(name, depends_on, make).folder, JointConfig, JointSpace)
        return TrainedSpace(model.to(pick_device()), self.tokenizer)

    def _vectors_in(self, space: Space) -> np.ndarray:
        vectors = space.encode_items(self.features, self.rows)
        return unit_rows(torch.from_numpy(vectors).to(VECTOR_TYPE).float().numpy())

    def _text_pairs(self, model: Retriever, pairs: Sequence[Pair]) -> TextPairs:
        ids, mask = model.tokenize([pair.text for pair in pairs])
        return TextPairs(
            ids,
            mask,
            items=torch.tensor([pair.item for pair in pairs]),
            weights=torch.tensor([pair.weight for pair in pairs]),
            human=torch.arange(len(pairs)) < len(self.human),
        )

    def _validation(self, model: Retriever, trie: Trie) -> Queries | None:
        texts, answers = self._dev_queries()
        if not texts:
            return None
        chosen = np.random.default_rng(self.config.seed).permutation(len(texts))[:VALIDATION_QUERIES]
        ids, mask = model.tokenize([texts[i] for i in chosen])
        return Queries(ids, mask, torch.from_numpy(answers[chosen]))

    def _targets(self, teacher: Space, pairs: Sequence[Pair]) -> Callable[[np.ndarray], Tensor]:
        """The dual tower's p(item | text) for pairs int64 (B,): float32 (B, N)."""
        texts = torch.from_numpy(teacher.encode_texts([pair.text for pair in pairs]))
        items, scale = torch.from_numpy(self._vectors_in(teacher)), teacher.scale
        return lambda chosen: (scale * texts[torch.from_numpy(chosen)] @ items.T).softmax(dim=-1)


def _digest(table: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(table).data).hexdigest()
