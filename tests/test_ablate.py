"""Ablations: arms by seeds, measured by the protocol, resumed, compared in pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ace_core.__main__ import main
from ace_core.build_config import BuildConfig
from ace_core.collection import Collection
from ace_core.config import to_json
from ace_core.errors import ConfigError
from ace_core.evaluation.ablation import Measured, ranks_of, summary
from ace_core.evaluation.ablation_report import measured_on, report
from ace_core.evaluation.curves import against_beams, survival
from ace_core.evaluation.plan import Plan, PlannedArm
from ace_core.evaluation.protocol import queries_of
from ace_core.generation import Generation
from tests.readable import make_readable_bundle
from tests.tiny import make_tiny_collection, tiny_parts

SIZES = ["dimension=16", "text_layers=1", "text_heads=2", "queries=2", "loop.steps=2", "loop.batch_size=8"]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return make_tiny_collection(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def generation(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    parts = tiny_parts(collection, tmp_path_factory.mktemp("parts"))
    return Generation(parts.retriever, parts.trie(), parts.dual_tower, parts.dual_vectors)


def measured(arm: str, seed: int, ranks: list[int]) -> Measured:
    return Measured(arm, seed, {"image/all/held_out": np.array(ranks)}, {"image/all/held_out": 50.0}, "nothing")


def test_a_plan_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    for arms, seeds, told in (
        ({}, [0], "needs arms"),
        ({"ace": {"title": "A"}}, [0, 0], "twice"),
        ({"cosine": {"title": "A"}}, [0], "another name"),
        ({"ace": {"title": "A", "variant": "x"}}, [0], "no variant 'x'"),
        ({"ace": {"title": "A", "colour": "x"}}, [0], "no field 'colour'"),
    ):
        (tmp_path / "plan.json").write_text(json.dumps({"arms": arms, "seeds": seeds}))
        with pytest.raises(ConfigError, match=told):
            Plan.load(tmp_path / "plan.json")


def test_every_stage_gets_the_seed(collection: Collection) -> None:
    def seeds(values: Any) -> list[int]:
        inner = [found for key, value in values.items() if isinstance(value, dict) for found in seeds(value)]
        return inner + [value for key, value in values.items() if key == "seed"]

    config = BuildConfig.for_collection(collection)
    assert set(seeds(to_json(config.seeded(5)))) == {5}
    assert len(seeds(to_json(config))) > 8
    assert config.seeded(5).seeded(config.seed) == config


def test_rows_are_means_over_seeds_compared_in_pairs(collection: Collection) -> None:
    plan = Plan({"ace": PlannedArm("ACE", every_seed=True)}, seeds=(0, 1), note="Mind the seeds.")
    found = [
        measured("ace", 0, [1, 1, 2, 0]),
        measured("ace", 1, [1, 2, 2, 0]),
        measured("dual_tower", 0, [1, 0, 7, 3]),
        measured("dual_tower", 1, [1, 0, 7, 3]),
    ]
    result = summary(plan, collection, found)
    row = result["rows"][0]
    assert (row["recall_at_1"], row["recall_at_5"], row["recall_at_10"]) == (37.5, 75.0, 75.0)
    assert row["recall_at_1_by_seed"] == [50.0, 25.0]
    assert row["less_dual_tower"] == 12.5
    low, high = row["less_dual_tower_ci95"]
    assert 0 <= low <= 12.5 <= high <= 50  # no query is worse, so no resample is
    assert result["relative"]["ace"]["all"]["ratio"] == 1.5
    assert result["relative"]["dual_tower"]["all"]["ratio"] == 1.0
    told = report(result)
    assert "| ACE | 37.5 [" in told
    assert "| 50.0 / 25.0 | +12.5 [" in told
    assert "50 % (" in told
    assert "with the seeds 0, 1. R@1" in told
    assert "Mind the seeds." in told


def test_an_arm_is_compared_with_the_dual_tower_of_its_own_seeds(collection: Collection) -> None:
    plan = Plan({"ace": PlannedArm("ACE"), "other": PlannedArm("Other")}, seeds=(0, 1))
    found = [measured("other", 0, [1, 1, 0, 0]), measured("dual_tower", 0, [1, 0, 0, 0])]
    result = summary(plan, collection, [*found, measured("dual_tower", 1, [1, 1, 1, 1])])
    assert result["rows"][0]["less_dual_tower"] == 25.0
    assert result["relative"]["other"]["all"]["ratio"] == 2.0
    assert "with the seeds 0, 1, but with the first alone: “Other”. R@1" in report(result)


def test_the_ratio_is_told_of_each_pool(collection: Collection) -> None:
    def of_pools(arm: str, *ranks: list[int]) -> Measured:
        places = ("image/all/held_out", "image/held_out/held_out", "image/all/train")
        return Measured(arm, 0, dict(zip(places, map(np.array, ranks), strict=True)), dict.fromkeys(places, 50.0), "")

    found = [of_pools("ace", [1, 1, 0, 2], [1, 1, 1, 2], [0]), of_pools("dual_tower", [1, 2, 0, 0], [1, 1, 0, 2], [1])]
    result = summary(Plan({"ace": PlannedArm("ACE")}, seeds=(0,)), collection, found)
    assert {pool: over["ratio"] for pool, over in result["relative"]["ace"].items()} == {"all": 2.0, "held_out": 1.5}
    assert "| arm | over the dual tower | the same among held-out items alone |" in report(result)


def test_ranks_are_of_the_right_answers(collection: Collection) -> None:
    def perfect(texts: Any, allowed: np.ndarray) -> np.ndarray:
        asked = queries_of(collection)
        answers = {text: answer for text, answer in zip(asked.texts, asked.answers, strict=True)}
        others = np.flatnonzero(allowed)
        return np.array([[answers[text], *others[others != answers[text]][:3]] for text in texts])

    ranks, first = ranks_of(collection, perfect)
    assert ranks
    assert all((found == 1).all() for found in ranks.values())
    assert {place: first[place] for place in ranks} == {p: 100.0 if "held_out" in p[6:] else 0.0 for p in ranks}


def test_more_beams_find_no_less_and_survival_is_counted_right(collection: Collection, generation: Generation) -> None:
    rows = against_beams(generation, collection, "image", (1, 3, 50))
    assert [row["beams"] for row in rows] == [1, 3, 50]
    pool = len(collection.of("image"))
    assert rows[-1]["recall_at_10"] == 100.0 if pool <= 10 else rows[-1]["recall_at_10"] <= 100
    levels = survival(generation, collection, "image", beams=2)
    queries = queries_of(collection, "image", "held_out")
    trie = generation.trie
    codes = trie.identifiers().numpy()
    allowed = np.isin(np.arange(len(collection)), collection.of("image"))
    kept = np.zeros(trie.length)
    for text, answer in zip(queries.texts, queries.answers, strict=True):
        found = generation.search(generation.read([text]), 2, trie.restrict(allowed), trace=True)
        for level, step in enumerate(found.steps):
            written = step.kept.node[0][step.kept.log_prob[0] > -torch.inf]
            items = trie.leaf_items[trie.leaf_range(level + 1, written)[0].long()].tolist()
            kept[level] += tuple(codes[answer, : level + 1]) in {tuple(codes[item, : level + 1]) for item in items}
    told = [round(100 * share / len(queries), 2) for share in kept[: len(found.steps)]]
    assert [level["kept"] for level in levels][: len(told)] == told
    assert all(level["leads"] <= level["kept"] for level in levels)


def test_ablate_from_the_command_line_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_readable_bundle(tmp_path, talkative=True)
    plan = {
        "arms": {
            "ace": {"title": "ACE", "every_seed": True},
            "one_layer": {"title": "one layer", "settings": {"retriever": {"model": {"decoder_layers": 1}}}},
            "no_pseudo_queries": {"title": "no pseudo-queries", "variant": "no_pseudo_queries"},
        },
        "seeds": [0, 1],
        "beams": 4,
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    small = [f"{tower}.{size}" for tower in ("joint", "dual_tower") for size in SIZES]
    small += ["retriever.model.d_model=16", "retriever.model.heads=2", "retriever.model.d_ff=16", "codec.levels=2"]
    small += ["retriever.loop.steps=2", "retriever.loop.batch_size=8", "codec.codebook_size=4", "codec.steps=0"]
    settings = [f"--set={setting}" for setting in small]
    arguments = ["ablate", str(tmp_path / "media" / "manifest.jsonl"), "--encoder-of", str(bundle), *settings]
    arguments += [
        "--plan",
        str(tmp_path / "plan.json"),
        "--work",
        str(tmp_path / "w"),
        "--out",
        str(tmp_path / "o.json"),
    ]
    assert main(arguments) == 0
    first = capsys.readouterr()
    assert "less dual tower" in first.out
    assert "right prefix leads" in first.out
    result = json.loads((tmp_path / "o.json").read_text())
    every_seed = {"ace", "tree", "dual_tower", "cosine", "ace_check", "dual_tower_check"}
    by_seed = {row["arm"]: len(row["recall_at_1_by_seed"]) for row in result["rows"]}
    assert by_seed == {"one_layer": 1, "no_pseudo_queries": 1} | dict.fromkeys(every_seed, 2)
    assert set(result["titles"]) == set(by_seed) == set(result["relative"])
    assert main([*arguments, "--json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out)["rows"] == result["rows"]
    assert "retriever ..." not in again.err
    assert "measured_ace ..." not in again.err


def test_one_core_is_not_told_as_several() -> None:
    facts = {"cores": 1, "processor": "a processor", "threads": 2}
    assert measured_on(facts) == "1 core of a processor, 2 threads"
    assert measured_on(facts | {"cores": 4, "threads": 1}) == "4 cores of a processor, 1 thread"
