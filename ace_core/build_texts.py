"""The stages of a build that write about items: the captioner, and its pseudo-queries."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import cast

from ace_core.build_items import ItemStages, content_of
from ace_core.captioners.base import Captioner
from ace_core.captioners.cleaning import clean
from ace_core.captioners.compact import train_captioner
from ace_core.captioners.pseudo_queries import write_pseudo_queries
from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner
from ace_core.encoders.joint import Pair
from ace_core.evaluation.protocol import dev_sentences
from ace_core.files import read_json, write_json
from ace_core.parts import load_captioner
from ace_core.stages import fit_summary, keep, restore
from ace_core.training.precision import pick_device


class TextStages(ItemStages):
    """What is written about the items."""

    @cached_property
    def captioner(self) -> CompactCaptioner | None:
        """Learns from human captions; None where there are none and no other bundle gives one."""
        if self.given:
            captioner = load_captioner(self.given)
            captioner.tokenizer = self.tokenizer
            return captioner.to(pick_device())
        if not self.human:
            return None
        config = self._captioner_config()

        def make(folder: Path) -> str:
            return self._train_captioner(config, folder)

        depends_on = [self.inputs, asdict(config), *self._further_content()]
        return self._restored(self.work.stage("captioner", depends_on, make).folder)

    @cached_property
    def reranker(self) -> CompactCaptioner | None:
        """What the check asks: the captioner, after the further training that the configuration gives it."""
        captioner, how = self.captioner, self.config.reranker
        if captioner is None or self.given or not how.steps:
            return captioner
        loop = self.config.captioner.loop
        loop = replace(loop, steps=how.steps, learning_rate=how.learning_rate, validate_every=-(-how.steps // 5))
        config = replace(self._captioner_config(), evenness=how.evenness, loop=loop)

        def make(folder: Path) -> str:
            return self._train_captioner(config, folder, captioner)

        depends_on = [self.inputs, captioner.fingerprint, asdict(config), *self._further_content()]
        return self._restored(self.work.stage("reranker", depends_on, make).folder)

    def _captioner_config(self) -> CaptionerConfig:
        tokens = {str(modality): rows.shape[1] for modality, rows in self.features.items()}
        sizes = {str(modality): rows.shape[2] for modality, rows in self.features.items()}
        return replace(
            self.config.captioner, vocab_size=self.tokenizer.size, feature_tokens=tokens, feature_sizes=sizes
        )

    def _train_captioner(self, config: CaptionerConfig, folder: Path, start: CompactCaptioner | None = None) -> str:
        dev, further = dev_sentences(self.collection), self.further
        told = [(c.text, len(self.collection) + i) for i, item in enumerate(further or ()) for c in item.captions]
        model = train_captioner(
            config,
            self.tokenizer,
            self._with_further(further),
            self._pairs(self.human) + [Pair(text, item) for text, item in told],
            folder,
            collection=self.collection,
            further=further,
            validation=[Pair(text, int(item)) for text, item in zip(dev.texts, dev.answers, strict=True)],
            start=start,
            progress=self.progress,
        )
        keep(model, folder)
        return fit_summary(folder)

    def _further_content(self) -> list[str]:
        return [] if self.further is None else [content_of(self.further)]

    def _restored(self, folder: Path) -> CompactCaptioner:
        return restore(folder, CaptionerConfig, lambda found: CompactCaptioner(found, self.tokenizer)).to(pick_device())

    @cached_property
    def pseudo_queries(self) -> list[list[str]]:
        """(N,) what the captioner writes about every item."""
        config, captioner, described = self.config.pseudo_queries, self.captioner, self.described

        def make(folder: Path) -> str:
            texts: list[list[str]] = [[] for _ in self.collection]
            for modality, rows in self.features.items() if captioner else ():
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
            if self.source.describers:
                texts = [clean(said + written) for said, written in zip(described, texts, strict=True)]
            write_json(folder / "texts.json", texts)
            first = next((lines[0] for lines in texts if lines), "")
            return f"{sum(map(len, texts))} for {sum(map(bool, texts))} of {len(texts)} items, such as “{first}”"

        wrote = captioner.fingerprint if captioner else ""
        depends_on = [self.inputs, wrote, asdict(config), *([described] if self.source.describers else [])]
        stage = self.work.stage("pseudo_queries", depends_on, make)
        return read_json(stage.folder / "texts.json")

    @cached_property
    def generated(self) -> list[tuple[str, int]]:
        """(pseudo-query, item position)."""
        return [(text, item) for item, texts in enumerate(self.pseudo_queries) for text in texts]
