"""Another retriever for a built bundle: same items, identifiers, pseudo-queries and dual tower, trained anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

from ace_core.build import Build
from ace_core.build_config import BuildConfig
from ace_core.build_source import Source
from ace_core.bundle import Bundle, new_bundle
from ace_core.check import CheckConfig
from ace_core.config import to_json
from ace_core.errors import MediaError
from ace_core.evaluation.examples import choose_examples
from ace_core.parts import load_captioner, load_encoder, load_features, load_parts, reads_media, save_parts


class Retraining(Build):
    """A build in which everything but the retriever is taken from a bundle."""

    def __init__(self, bundle: Bundle, config: BuildConfig, work: Path, progress: bool = True) -> None:
        super().__init__(config, bundle.collection, work, Source(bundle=bundle.folder), progress)
        self.parts = parts = load_parts(bundle)
        self.__dict__ |= {
            "tokenizer": parts.tokenizer,
            "identifiers": (parts.codec, parts.codes),
            "joint": parts.joint,
            "vectors": parts.vectors,
            "dual_tower": parts.dual_tower,
            "dual_vectors": parts.dual_vectors,
            "pseudo_queries": [list(texts) for texts in parts.pseudo_queries],
        }

        stored = load_features(bundle)
        if stored is not None:
            self.__dict__["features"] = stored.tables(bundle.collection)

    @property
    def inputs(self) -> list[str]:
        return [self.content, self.parts.dual_tower.fingerprint]

    @cached_property
    def check(self) -> CheckConfig | None:
        """Chosen anew; none where the bundle has no captioner, or its media are not here to be read."""
        bundle = cast(Bundle, self.given)
        if not bundle.has("captioner") or not (reads_media(bundle) or "features" in self.__dict__):
            return None
        try:
            return super().check
        except MediaError as error:
            self.work.note(f"check: left out ({error})")
            return None


def retrain(
    path: Path, config: BuildConfig, out: Path, work: Path, *, also: Sequence[str] = (), progress: bool = True
) -> Path:
    """Train `config.retriever` for the bundle at `path` and write the whole to `out`; resumable in `work`.

    also: variants to train for comparison, kept in `work`; see `evaluation.arms.VARIANTS`.
    """
    bundle = Bundle.open(path)
    training = Retraining(bundle, config, work, progress)
    for name in also:
        training.variant(name)
    retriever = training.retriever
    check = training.check
    stages = {name: stage for name, stage in training.work.stages.items() if name in ("retriever", "check")}
    logs = {file.stem: file for file in sorted((bundle.folder / "logs").glob("*.jsonl"))}
    parts = replace(
        training.parts,
        retriever=retriever,
        captioner=load_captioner(bundle) if bundle.has("captioner") else None,
        encoder=load_encoder(bundle),
        metrics=dict(training.parts.metrics)
        | {name: {"outcome": stage.summary, "seconds": stage.seconds} for name, stage in stages.items()},
        check=check,
        features=training.features if bundle.has("features.json") else None,
        logs=logs | {name: stage.folder / "log.jsonl" for name, stage in stages.items()},
    )
    parts = replace(parts, examples=choose_examples(parts, bundle.collection, config.examples))
    told = bundle.config.get("stages", {}) | {"retriever": to_json(config.retriever)}
    named = bundle.config["collection"]["manifest"]
    manifest = None if named is None else (bundle.folder / named).resolve()
    with new_bundle(out) as staged:
        save_parts(staged, out, parts, bundle.collection, manifest, bundle.config["seeds"], told)
    return out
