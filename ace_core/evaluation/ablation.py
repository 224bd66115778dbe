"""Builds every arm of a plan and measures it by the protocol. Stages are shared and kept, so it goes on where it ended.

An arm's ranks are kept query by query; so arms are compared in pairs, on the very same queries.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ace_core.build import Build
from ace_core.build_config import BuildConfig
from ace_core.build_source import Source
from ace_core.collection import MODALITIES, Collection
from ace_core.evaluation.arms import silent
from ace_core.evaluation.candidates import checked, generated, unchecked, ways
from ace_core.evaluation.metrics import ranks_from_lists
from ace_core.evaluation.plan import REFERENCES, Plan, PlannedArm
from ace_core.evaluation.protocol import queries_of
from ace_core.evaluation.table import Ranker, cosine_ranker, pool_mask
from ace_core.files import read_json, write_json
from ace_core.generation import Generation
from ace_core.results import Method
from ace_core.retriever.model import Retriever
from ace_core.stages import fingerprint, say

SETS = (("all", "held_out"), ("held_out", "held_out"), ("all", "train"))  # pool, and whose queries
CHECKED: Final[dict[str, Method]] = {"ace_check": "generation", "dual_tower_check": "dual_tower"}
RESAMPLES = 2000
SEEN_QUERIES = 1000  # of train items, at most, drawn by seed 0

Ranks = dict[str, np.ndarray]  # "<modality>/<pool>/<split>" -> int64 (Q,), 0: not among the first ten


@dataclass(frozen=True)
class Measured:
    """One arm, built with one seed."""

    arm: str
    seed: int
    ranks: Ranks
    held_out_first: dict[str, float]  # percent of first answers that are held-out items
    reads: str


class Ablation:
    """The builds of a plan, all in one work folder."""

    def __init__(
        self,
        plan: Plan,
        config: BuildConfig,
        collection: Collection,
        work: Path,
        source: Source,
        *,
        progress: bool = True,
        note: Callable[[str], None] = say,
    ) -> None:
        self.plan, self.config, self.collection, self.source = plan, config, collection, source
        self.work, self.progress, self.note = Path(work), progress, note

    def measure(self) -> Iterator[Measured]:
        """Every arm with every seed that the plan gives it; the references of the first arm's builds beside it."""
        for name, arm in self.plan.arms.items():
            for seed in self.plan.seeds_of(name):
                self.note(f"{name}, seed {seed}")
                build = self.build(arm, seed)
                yield self._generation(name, seed, build, self.retriever(build, arm), arm.variant)
                if name == self.plan.first:
                    yield from self._references(seed, build)

    def build(self, arm: PlannedArm, seed: int) -> Build:
        config = self.config.with_values(arm.settings).seeded(seed)
        return Build(config, self.collection, self.work, self.source, self.progress, self.note)

    def retriever(self, build: Build, arm: PlannedArm) -> Retriever:
        return build.variant(arm.variant) if arm.variant else build.retriever

    def generation(self, build: Build, retriever: Retriever, variant: str = "") -> Generation:
        """Without pseudo-queries it looks ahead in the space that has read none either."""
        blind = variant == "no_pseudo_queries"
        space, vectors = (build.joint, build.vectors) if blind else (build.dual_tower, build.dual_vectors)
        return Generation(retriever, build.trie, space, vectors)

    def _generation(self, name: str, seed: int, build: Build, retriever: Retriever, variant: str = "") -> Measured:
        generation = self.generation(build, retriever, variant)
        rank = unchecked(generated(generation, self.plan.beams))
        made = f"retriever_{variant}" if variant else "retriever"
        key = "" if name == "tree" else build.work.stages[made].key
        return self._measured(name, seed, build, rank, [key, build.work.stages["identifiers"].key], generation.reads)

    def _references(self, seed: int, build: Build) -> Iterator[Measured]:
        yield self._generation("tree", seed, build, silent(build.retriever))
        reads = "one vector an item"
        tower = cosine_ranker(build.dual_tower.encode_texts, build.dual_vectors)
        yield self._measured("dual_tower", seed, build, tower, [build.dual_tower.fingerprint], reads)
        cosine = cosine_ranker(build.joint.encode_texts, build.vectors)
        yield self._measured("cosine", seed, build, cosine, [build.joint.fingerprint], reads)
        yield from self._checked(seed, build)

    def _checked(self, seed: int, build: Build) -> Iterator[Measured]:
        """Both sides with the check, where the build has one."""
        if build.check is None:
            return
        check = build.whole_check(build.check)
        generation = self.generation(build, build.retriever)
        answers = ways(generation, build.dual_tower, build.dual_vectors, build.check.candidates)
        known: dict[tuple[str, int], float] = {}
        asked = f"one vector an item, and the feature tokens of the first {build.check.candidates} answers"
        key = [build.work.stages["check"].key, *map(str, (build.check.weights, build.check.candidates))]
        for name, method in CHECKED.items():
            rank = checked(answers[method], check, method, known)
            yield self._measured(name, seed, build, rank, key, asked)

    def _measured(self, name: str, seed: int, build: Build, rank: Ranker, key: Sequence[str], reads: str) -> Measured:
        depends_on = [*build.inputs, *key, self.plan.beams, name == "tree" and build.dual_tower.fingerprint]

        def make(folder: Path) -> str:
            ranks, first = ranks_of(self.collection, rank)
            write_json(folder / "ranks.json", {"ranks": {k: v.tolist() for k, v in ranks.items()}, "first": first})
            return ", ".join(f"{place} {100 * (found == 1).mean():.1f}" for place, found in ranks.items())

        folder = build.work.stage(f"measured_{name}", [fingerprint(depends_on)], make).folder
        kept = read_json(folder / "ranks.json")
        ranks = {place: np.array(found) for place, found in kept["ranks"].items()}
        return Measured(name, seed, ranks, kept["first"], reads)


def ranks_of(collection: Collection, rank: Ranker) -> tuple[Ranks, dict[str, float]]:
    """Ranks of the right answers within the first ten, and how many percent of first answers are held-out items."""
    held_out = np.zeros(len(collection), dtype=bool)
    held_out[collection.of(split="held_out")] = True
    ranks: Ranks = {}
    first: dict[str, float] = {}
    for modality in MODALITIES:
        for pool, split in SETS:
            queries = queries_of(collection, modality, "held_out" if split == "held_out" else "train")
            if not len(queries):
                continue
            few = np.sort(
                np.random.default_rng(0).permutation(len(queries))[: SEEN_QUERIES if split == "train" else None]
            )
            place = f"{modality}/{pool}/{split}"
            found = rank([queries.texts[i] for i in few], pool_mask(collection, modality, pool))[:, :10]
            ranks[place] = ranks_from_lists(found, queries.answers[few])
            first[place] = float(100 * held_out[found[:, 0]].mean())
    return ranks, first


def summary(plan: Plan, collection: Collection, measured: Sequence[Measured]) -> dict[str, Any]:
    """Rows of arm and place, and how each arm compares with the dual tower of its seeds on the same queries."""
    titles = {name: arm.title for name, arm in plan.arms.items()}
    titles |= {name: title for name, title in REFERENCES.items()}
    by_arm: dict[str, list[Measured]] = {}
    for one in measured:
        by_arm.setdefault(one.arm, []).append(one)
    built = {name: {one.seed for one in found} for name, found in by_arm.items()}
    rivals = {name: [one for one in by_arm["dual_tower"] if one.seed in built[name]] for name in by_arm}
    rows = [
        _row(name, place, found, _hits(rivals[name], place, 1), collection)
        for name, found in by_arm.items()
        for place in found[0].ranks
    ]
    return {
        "seeds": list(plan.seeds),
        "beams": plan.beams,
        "note": plan.note,
        "titles": {name: titles[name] for name in by_arm},
        "reads": {name: found[0].reads for name, found in by_arm.items()},
        "rows": rows,
        "relative": {name: _relative(found, rivals[name]) for name, found in by_arm.items()},
    }


def _row(name: str, place: str, found: Sequence[Measured], rival: np.ndarray, collection: Collection) -> dict[str, Any]:
    modality, pool, split = place.split("/")
    hits = {k: _hits(found, place, k) for k in (1, 5, 10)}
    by_seed = [round(float(100 * (one.ranks[place] == 1).mean()), 2) for one in found]
    allowed = pool_mask(collection, modality, pool)  # type: ignore[arg-type]
    held_out = np.zeros(len(collection), dtype=bool)
    held_out[collection.of(split="held_out")] = True
    return {
        "arm": name,
        "modality": modality,
        "pool": pool,
        "pool_size": int(allowed.sum()),
        "query_items": split,
        "queries": len(hits[1]),
        **{f"recall_at_{k}": round(float(100 * hit.mean()), 2) for k, hit in hits.items()},
        "recall_at_1_ci95": _interval(_resampled(100 * hits[1])),
        "recall_at_1_by_seed": by_seed,
        "less_dual_tower": round(float(100 * (hits[1].mean() - rival.mean())), 2),
        "less_dual_tower_ci95": _interval(_resampled(100 * (hits[1] - rival))),
        "held_out_first": round(float(np.mean([one.held_out_first[place] for one in found])), 1),
        "held_out_share": round(float(100 * held_out[allowed].mean()), 1),
    }


def _relative(found: Sequence[Measured], rival: Sequence[Measured]) -> dict[str, Any]:
    """By pool: R@1 of held-out queries over the dual tower's, averaged over the modalities."""
    by_pool: dict[str, list[str]] = {}
    for place in found[0].ranks:
        _, pool, split = place.split("/")
        if split == "held_out":
            by_pool.setdefault(pool, []).append(place)
    return {pool: _ratio(found, rival, places) for pool, places in by_pool.items()}


def _ratio(found: Sequence[Measured], rival: Sequence[Measured], places: Sequence[str]) -> dict[str, Any]:
    own, other = ([_hits(side, place, 1) for place in places] for side in (found, rival))
    pairs = list(zip(own, other, strict=True))
    whole = np.mean([mine.mean() / max(theirs.mean(), 1 / len(theirs)) for mine, theirs in pairs])
    drawn = np.mean(
        [
            _resampled(mine, place) / np.maximum(_resampled(theirs, place), 1 / len(theirs))
            for place, (mine, theirs) in enumerate(pairs)
        ],
        axis=0,
    )
    return {"ratio": round(float(whole), 4), "ci95": _interval(drawn, 4)}


def _hits(found: Sequence[Measured], place: str, k: int) -> np.ndarray:
    """How often, over the seeds, each query's answer is among the first k: float (Q,) in [0, 1]."""
    return np.mean([(one.ranks[place] >= 1) & (one.ranks[place] <= k) for one in found], axis=0)


def _interval(drawn: np.ndarray, digits: int = 2) -> list[float]:
    """What holds 95 % of the values drawn."""
    return [round(float(end), digits) for end in np.percentile(drawn, [2.5, 97.5])]


def _resampled(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Means of `RESAMPLES` bootstrap samples of values (Q,); the same queries are drawn for the same Q and seed."""
    return values[_draws(len(values), seed)].mean(axis=1)


@functools.lru_cache(maxsize=16)
def _draws(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, count), dtype=np.int32)


def places(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The modalities, pools and splits that rows are of, in order."""
    return list(dict.fromkeys(f"{row['modality']}/{row['pool']}/{row['query_items']}" for row in rows))
