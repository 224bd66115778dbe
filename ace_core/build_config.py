"""What a build does: one frozen dataclass a stage, sized by the collection, every field of which can be set by name."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from ace_core.captioners.writer import CaptionerConfig
from ace_core.collection import Collection
from ace_core.config import from_json, to_json
from ace_core.encoders.compact_training import CompactTraining
from ace_core.encoders.space import JointConfig
from ace_core.errors import ConfigError
from ace_core.identifiers.codec import CodecConfig
from ace_core.retriever.model import RetrieverConfig
from ace_core.retriever.train import RetrieverTrainConfig
from ace_core.training.loop import LoopConfig

SMALL = 1000  # items below which the retriever learns in smaller batches
FULL_SIZE = 4000  # items from which on the full number of steps is worth its time


@dataclass(frozen=True)
class PseudoQueries:
    count: int = 8  # an item, at most
    seed: int = 0


@dataclass(frozen=True)
class Reranker:
    """How the captioner learns on, once it has written the pseudo-queries, before the check asks it."""

    steps: int = 0  # 0: the check asks the captioner as it is
    learning_rate: float = 6e-4
    evenness: float = 0.5  # of the kinds: a check is wanted for each, however few its items


@dataclass(frozen=True)
class RetrieverStage:
    model: RetrieverConfig
    training: RetrieverTrainConfig
    warm_start: bool = True  # begin with the joint space's text tower and the codec's vectors


@dataclass(frozen=True)
class BuildConfig:
    """Sizes that only the data tell (vocabularies, features, levels) are filled in while building, and a `d_model` of 0
    with the dimension of the joint space."""

    compact: CompactTraining
    joint: JointConfig  # over ready vectors; a compact encoder brings its own
    codec: CodecConfig
    captioner: CaptionerConfig
    pseudo_queries: PseudoQueries
    dual_tower: JointConfig  # of the joint space's shape, whatever is said of that here
    retriever: RetrieverStage
    alone: LoopConfig  # of the retrievers that are trained for comparison and do not look ahead: they need longer
    reranker: Reranker = field(default_factory=Reranker)
    vocab_size: int = 4096
    seed: int = 0
    examples: int = 6  # example queries a modality

    @classmethod
    def for_collection(cls, collection: Collection, seed: int = 0) -> BuildConfig:
        """Defaults for a collection of this size."""
        share = min(1.0, max(0.1, (len(collection) / FULL_SIZE) ** 0.5))
        counts = Counter(item.modality for item in collection)
        least = min(8, max(2, min(counts.values()) // 25))  # in a small collection few items share a word
        joint = JointConfig(
            vocab_size=1,
            feature_dimension=1,
            dimension=512,
            linear_heads=True,
            text_layers=0,
            texts_an_item=1,
            word_dropout=0.2,
            feature_dropout=0.2,
            loop=_loop(400, 512, 1e-3, seed, 0.05),
        )
        batch = 256 if len(collection) >= SMALL else 128
        config = cls(
            compact=CompactTraining(least_items=least),
            joint=joint,
            codec=CodecConfig.for_size({str(name): number for name, number in counts.items()}),
            captioner=CaptionerConfig(1, {"image": 1}, {"image": 1}, loop=_loop(2000, 128, 1e-3, seed)),
            pseudo_queries=PseudoQueries(seed=seed),
            dual_tower=replace(joint, loop=_loop(300, 512, 5e-4, seed, 0.05)),
            retriever=RetrieverStage(
                RetrieverConfig(1, (1,), d_model=0, encoder_width=128, decoder_layers=2, look_ahead="items"),
                RetrieverTrainConfig(_loop(300, batch, 5e-4, seed), distil=0.5, encoder_rate=0.3, watch="mrr_at_10"),
            ),
            alone=_loop(2000, batch, 1e-3, seed),
            seed=seed,
        )
        return config.scaled(share)

    def scaled(self, share: float) -> BuildConfig:
        """The same build with that share of every stage's training steps."""

        def shorter(loop: LoopConfig) -> LoopConfig:
            steps = max(1, round(loop.steps * share))
            return replace(loop, steps=steps, validate_every=min(loop.validate_every, max(1, steps // 4)))

        training = self.retriever.training
        return replace(
            self,
            compact=self.compact.scaled(share),
            joint=replace(self.joint, loop=shorter(self.joint.loop)),
            codec=replace(self.codec, steps=round(self.codec.steps * share)),
            captioner=replace(self.captioner, loop=shorter(self.captioner.loop)),
            dual_tower=replace(self.dual_tower, loop=shorter(self.dual_tower.loop)),
            retriever=replace(self.retriever, training=replace(training, loop=shorter(training.loop))),
            alone=shorter(self.alone),
            reranker=replace(self.reranker, steps=round(self.reranker.steps * share)),
        )

    def seeded(self, seed: int) -> BuildConfig:
        """The same build with another seed in every stage."""
        return from_json(BuildConfig, _replaced(to_json(self), "seed", seed))

    def with_values(self, values: dict[str, Any]) -> BuildConfig:
        """Further values, nested as in JSON; what is not named stays."""
        return from_json(BuildConfig, _merged(to_json(self), values))

    def with_setting(self, setting: str) -> BuildConfig:
        """One value, written `retriever.training.loop.steps=4000`.

        Steps of the path may be left out where the rest is clear: `retriever.steps=4000`.
        """
        path, equals, text = setting.partition("=")
        if not equals or not path:
            raise ConfigError(f"{setting!r} is no setting; write it like retriever.steps=4000.")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        values = to_json(self)
        full = _resolve(values, path.strip().split("."), setting)
        place = values
        for name in full[:-1]:
            place = place[name]
        place[full[-1]] = value
        return from_json(BuildConfig, values)


def _loop(steps: int, batch: int, rate: float, seed: int, decay: float = 0.01) -> LoopConfig:
    return LoopConfig(steps, batch, rate, weight_decay=decay, seed=seed, validate_every=max(1, steps // 10))


def _merged(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(base[name], value) if isinstance(value, dict) and isinstance(base.get(name), dict) else value
        for name, value in values.items()
    }
    return base | both


def _replaced(values: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {
        key: value if key == name else _replaced(old, name, value) if isinstance(old, dict) else old
        for key, old in values.items()
    }


def _resolve(values: dict[str, Any], wanted: list[str], setting: str) -> list[str]:
    """The full path of which `wanted` is a part in order, beginning and end included; it must be the only one."""
    found = [path for path in _paths(values, []) if path[-1] == wanted[-1] and _is_part(wanted, path)]
    exact = [path for path in found if path == wanted]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise ConfigError(f"There is nothing to set at {setting!r}; see the names with: build ... --show-config")
    told = ", ".join(".".join(path) for path in found[:4])
    raise ConfigError(f"{setting!r} could mean {told}; write one of them in full.")


def _paths(values: dict[str, Any], above: list[str]) -> list[list[str]]:
    paths = []
    for name, value in values.items():
        paths.append([*above, name])
        if isinstance(value, dict):
            paths += _paths(value, [*above, name])
    return paths


def _is_part(wanted: list[str], path: list[str]) -> bool:
    rest = iter(path)
    return all(name in rest for name in wanted)
