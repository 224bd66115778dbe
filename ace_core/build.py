"""From a collection to a bundle: every stage of docs/architecture.md, each resumable, each with one line of outcome.

encoder -> features -> joint space -> identifiers -> captioner -> pseudo-queries -> dual tower -> retriever ->
reranker -> check -> bundle
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ace_core.build_config import BuildConfig, RetrieverStage
from ace_core.build_items import digest
from ace_core.build_source import Source, weights_folder
from ace_core.build_texts import TextStages
from ace_core.bundle import new_bundle
from ace_core.captioners.writer import CompactCaptioner
from ace_core.check import Check, CheckConfig
from ace_core.collection import Collection
from ace_core.config import load_config, save_config, to_json
from ace_core.encoders.joint import Pair
from ace_core.encoders.precomputed import PrecomputedEncoder
from ace_core.encoders.spaces import Spaces
from ace_core.encoders.towers import FieldSpace, Space, TrainedSpace
from ace_core.errors import ConfigError
from ace_core.evaluation.arms import VARIANTS
from ace_core.evaluation.candidates import fit_check, ways
from ace_core.evaluation.examples import choose_examples
from ace_core.files import read_json
from ace_core.generation import Generation
from ace_core.identifiers.trie import Trie
from ace_core.item_features import FeatureTable
from ace_core.parts import Parts, save_parts
from ace_core.progress import EventLog
from ace_core.retriever.look_ahead import LookAhead
from ace_core.retriever.model import SCRATCH, Retriever, RetrieverConfig
from ace_core.retriever.pairs import TextPairs
from ace_core.retriever.train import Queries, train_retriever
from ace_core.retriever.warm_start import init_from_codec, init_from_text_tower
from ace_core.stages import fingerprint, fit_summary, keep, restore, say
from ace_core.training.precision import pick_device

WIDEST = 512  # decoder that is as wide as the joint space
CALIBRATION_TEXTS = 1000
Taught = tuple[Space, np.ndarray]  # a teacher's space, and the items in it

VALIDATION_QUERIES = 1000  # of dev items, at most, that choose the retriever's weights


def run_build(
    config: BuildConfig,
    collection: Collection,
    out: Path,
    work: Path,
    *,
    manifest: Path | None = None,
    source: Source | None = None,
    also: Sequence[str] = (),
    progress: bool = True,
    note: Callable[[str], None] = say,
    events: EventLog | None = None,
) -> Path:
    """Build a bundle at `out`; stages are kept in `work`. Returns `out`.

    manifest: the collection's own file, to be referred to; without it the bundle holds a copy.
    also: variants of the retriever to train for comparison, kept in `work`; see `evaluation.arms.VARIANTS`.
    """
    build = Build(config, collection, work, source or Source(), progress, note, events)
    build.codes  # noqa: B018  (first, so that whoever watches sees the stages in the order of the flow)
    for name in also:
        build.variant(name)
    build.bundle(Path(out), manifest)
    return Path(out)


class Build(TextStages):
    """The stages of one build."""

    # The two that answer

    @cached_property
    def dual_tower(self) -> Space:
        """Trained on exactly the retriever's pairs; both begin with the space that made the identifiers."""
        config, start = self.config.dual_tower, self.joint
        if isinstance(start, FieldSpace):
            return self._calibrated(start)
        if isinstance(start, TrainedSpace):
            free = {name: getattr(config, name) for name in config.TRAINING}
            config = replace(start.config, **free)
        return self._towers("dual_tower", config, self._pairs(self.human, self.generated), start)

    def _calibrated(self, space: FieldSpace) -> FieldSpace:
        """A published dual tower as it is; of several spaces, the scores are made comparable by the pairs' texts."""
        if not isinstance(space.encoder, Spaces):
            return space
        texts = [text for text, _ in [*self.human, *self.generated]]
        chosen = np.random.default_rng(self.config.seed).permutation(len(texts))[:CALIBRATION_TEXTS]
        vectors = {m: space.encoder.pool_features(tokens, m) for m, tokens in self.features.items()}
        calibrated = space.encoder.calibrated([texts[i] for i in chosen], vectors)
        return FieldSpace.of(calibrated, self.source.weights or weights_folder())

    @cached_property
    def dual_vectors(self) -> np.ndarray:
        return self._vectors_in(self.dual_tower)

    @cached_property
    def retriever(self) -> Retriever:
        return self._retriever("retriever", self.generated)

    def variant(self, name: str) -> Retriever:
        """Another retriever on the same identifiers, for comparison."""
        if name not in VARIANTS:
            raise ConfigError(f"There is no variant {name!r}; known: {', '.join(VARIANTS)}.")
        own = self.config.retriever
        if name == "no_pseudo_queries":
            return self._retriever(f"retriever_{name}", [])
        training = replace(own.training, loop=self.config.alone)
        if name == "without_teacher":
            training = replace(training, distil=0.0, teacher_paths=0.0)
        changed = replace(own, model=replace(own.model, look_ahead="none"), training=training)
        return self._retriever(f"retriever_{name}", self.generated, changed)

    def _retriever(
        self, name: str, generated: Sequence[tuple[str, int]], stage_config: RetrieverStage | None = None
    ) -> Retriever:
        stage_config = stage_config or self.config.retriever
        model_config = replace(
            stage_config.model,
            vocab_size=self.tokenizer.size,
            level_sizes=tuple(self.trie.level_sizes),
            d_model=stage_config.model.d_model or self._width(stage_config.model.heads),
        )
        pairs = self._pairs(self.human, generated)
        ahead = stage_config.model.look_ahead
        taught = stage_config.training.distil or stage_config.training.teacher_paths or ahead != "none"
        teacher: Taught | None = None
        if taught:
            teacher = (self.dual_tower, self.dual_vectors) if generated else (self.joint, self.vectors)

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
                validation=self._validation(model, trie, teacher),
                item_targets=None if teacher is None else self._targets(teacher, [pair.text for pair in pairs]),
                item_ahead=self._dimmed(teacher, pairs, stage_config.training.ahead_dropout),
                progress=self.progress,
            )
            keep(model, folder)
            return fit_summary(folder)

        depends_on = [self.inputs, digest(self.codes), fingerprint([asdict(p) for p in pairs]), asdict(stage_config)]
        if teacher is not None:
            depends_on.append(teacher[0].fingerprint)
        stage = self.work.stage(name, depends_on, make)
        return restore(stage.folder, RetrieverConfig, lambda found: Retriever(found, self.tokenizer, pretrained=False))

    def _width(self, heads: int) -> int:
        """That of the joint space, as far as the heads divide it."""
        return min(WIDEST, max(heads, self.joint.dimension // heads * heads))

    def _warm_start(self, model: Retriever) -> None:
        """Begin with the space that made the identifiers, as far as the shapes allow."""
        fits = model.config.encoder == SCRATCH and model.config.d_model == self.joint.dimension
        if fits and isinstance(self.joint, TrainedSpace):
            init_from_text_tower(model, self.joint.model.text)
        init_from_codec(model, self.codec, self.codes)

    # The check

    @cached_property
    def check(self) -> CheckConfig | None:
        """How the captioner is heard, chosen on the dev queries; None where there are none, or no captioner."""
        captioner, dev = self.captioner, self._dev_queries()[0]
        if captioner is None or not dev or not set(captioner.readers) & set(self.features):
            return None
        reranker = cast(CompactCaptioner, self.reranker)
        retriever, tower = self.retriever, self.dual_tower

        def make(folder: Path) -> str:
            check, device = self.whole_check(CheckConfig({})), pick_device()
            space = tower.to(device)
            generation = Generation(retriever.to(device), self.trie.to(device), space, self.dual_vectors)
            answers = ways(generation, space, self.dual_vectors, check.config.candidates)
            config, told = fit_check(self.collection, check, answers)
            save_config(config, folder / "check.json")
            return told

        keys = [self.work.stages["retriever"].key, tower.fingerprint, reranker.fingerprint, digest(self.codes)]
        return load_config(CheckConfig, self.work.stage("check", [self.inputs, *keys], make).folder / "check.json")

    def whole_check(self, config: CheckConfig) -> Check:
        """With the features of every item at hand. There must be a captioner."""
        features = FeatureTable(self.features, self.modalities)
        return Check(cast(CompactCaptioner, self.reranker), self.tokenizer, features, self.modalities, config)

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
            captioner=self.reranker,
            encoder=self.encoder,
            check=self.check,
            metrics={name: {"outcome": s.summary, "seconds": s.seconds} for name, s in self.work.stages.items()},
            report=read_json(self.work.stages["identifiers"].folder / "report.json"),
            logs={name: s.folder / "log.jsonl" for name, s in self.work.stages.items()},
            features=self.features if self.check and isinstance(self.encoder, PrecomputedEncoder) else None,
        )
        seeds = {"build": self.config.seed, "pseudo_queries": self.config.pseudo_queries.seed}
        with self.work.events.stage("bundle"), new_bundle(out) as staged:
            parts = replace(parts, examples=choose_examples(parts, self.collection, self.config.examples))
            save_parts(staged, out, parts, self.collection, manifest, seeds, to_json(self.config))
        self.work.note(f"bundle: {sum(f.stat().st_size for f in out.rglob('*') if f.is_file()) / 1e6:.1f} MB in {out}")
        self.work.note(f"open it with: python app.py --bundle {out}")

    # Helpers

    def _text_pairs(self, model: Retriever, pairs: Sequence[Pair]) -> TextPairs:
        ids, mask = model.tokenize([pair.text for pair in pairs])
        return TextPairs(
            ids,
            mask,
            items=torch.tensor([pair.item for pair in pairs]),
            weights=torch.tensor([pair.weight for pair in pairs]),
            human=torch.arange(len(pairs)) < len(self.human),
        )

    def _validation(self, model: Retriever, trie: Trie, teacher: Taught | None) -> Queries | None:
        texts, answers = self._dev_queries()
        if not texts:
            return None
        chosen = np.random.default_rng(self.config.seed).permutation(len(texts))[:VALIDATION_QUERIES]
        asked = [texts[i] for i in chosen]
        ids, mask = model.tokenize(asked)
        guide = None
        if teacher is not None and model.config.look_ahead != "none":
            space, items = teacher
            look = LookAhead(trie, items, space.scale, model.config.look_ahead)
            vectors = torch.from_numpy(space.encode_texts(asked)).to(trie.leaf_items.device)
            guide = lambda rows: look.see(vectors[rows])  # noqa: E731
        return Queries(ids, mask, torch.from_numpy(answers[chosen]), guide=guide)

    def _targets(self, teacher: Taught, texts: Sequence[str]) -> Callable[[np.ndarray], Tensor]:
        """The teacher's p(item | text) for texts int64 (B,): float32 (B, N)."""
        space, vectors = teacher
        found, items = torch.from_numpy(space.encode_texts(texts)), torch.from_numpy(vectors)
        return lambda chosen: (space.scale * found[torch.from_numpy(chosen)] @ items.T).softmax(dim=-1)

    def _dimmed(
        self, teacher: Taught | None, pairs: Sequence[Pair], share: float
    ) -> Callable[[np.ndarray], Tensor] | None:
        """The teacher's p(item | text) where a share of the text's words is left out, drawn once; None for no share."""
        if teacher is None or not share:
            return None
        generator = np.random.default_rng(self.config.seed)
        texts = []
        for pair in pairs:
            words = pair.text.split()
            kept = generator.random(len(words)) >= share
            texts.append(" ".join(word for word, stays in zip(words, kept, strict=True) if stays) or pair.text)
        return self._targets(teacher, texts)
