"""`update`: the retriever learns of what was added, keeps what it knew, and can be stopped at any time."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core import update
from ace_core.__main__ import main
from ace_core.bundle import Bundle
from ace_core.changes import NewItem
from ace_core.engine import Engine
from ace_core.errors import BundleError, ConfigError, TrainingError
from ace_core.evaluation.protocol import text_hash
from ace_core.files import read_json
from ace_core.parts import load_parts
from ace_core.retriever.pairs import TextPairs
from ace_core.retriever.rehearsal import RehearsalSampler
from ace_core.update import UpdateConfig, update_bundle
from benchmarks import update as benchmark
from tests.readable import make_readable_bundle, paint

CAPTIONS = ("a patchwork of many colours", "noise, like a quilt of squares")
QUICK = UpdateConfig(steps=60, batch_size=32, learning_rate=5e-3, distil=0.0)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with two new items, one of them without a word about it."""
    folder = tmp_path_factory.mktemp("update")
    engine = Engine.load(make_readable_bundle(folder), device="cpu", warm_up=False)
    new = [NewItem(paint(folder / "told.png", 1), CAPTIONS), NewItem(paint(folder / "silent.png", 2))]
    engine.add(new, out=folder / "grown")
    assert engine.parts.pseudo_queries[-1] == []
    return folder / "grown"


def rank(bundle: Path, text: str, item: str) -> int:
    hits = Engine.load(bundle, device="cpu", warm_up=False).search(text, k=62, beams=62).hits
    return [hit.item.id for hit in hits].index(item) + 1


def test_update_learns_the_new_and_marks_it_as_known(grown: Path, tmp_path: Path) -> None:
    before, held = Bundle.open(grown), rank(grown, CAPTIONS[0], "told.png")
    lines: list[str] = []
    report = update_bundle(grown, tmp_path / "work", QUICK, out=tmp_path / "out", progress=False, note=lines.append)
    assert (report.learnt, report.without_text, report.bundle) == (1, 1, tmp_path / "out")
    after = Bundle.open(tmp_path / "out")
    assert [item.id for item in after.collection if not item.trained] == ["silent.png"]
    assert [replace(item, trained=True) for item in before.collection] == [
        replace(item, trained=True) for item in after.collection
    ]
    assert held > 1
    assert [rank(tmp_path / "out", text, "told.png") for text in CAPTIONS] == [1, 1]

    changed = {name for name, entry in after.files.items() if before.files.get(name) != entry}
    assert changed == {"config.json", "manifest.jsonl", "retriever.safetensors", "logs/update.jsonl"}
    assert after.config["changes"][-1] == {"verb": "update", "items": 1}
    assert Bundle.open(grown).files == before.files

    again = update_bundle(grown, tmp_path / "work", QUICK, out=tmp_path / "again", progress=False, note=lines.append)
    assert again.outcome == report.outcome
    assert "(done before)" in lines[-1]
    assert Bundle.open(tmp_path / "again").files["retriever.safetensors"] == after.files["retriever.safetensors"]


def test_a_stopped_update_goes_on_as_if_it_had_not_been(
    grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(QUICK, steps=12, distil=0.5)
    settings_of = UpdateConfig.training

    def saving_often(self: UpdateConfig, new_items: int):  # type: ignore[no-untyped-def]
        training = settings_of(self, new_items)
        return replace(training, loop=replace(training.loop, save_every=4))

    monkeypatch.setattr(UpdateConfig, "training", saving_often)

    def whole(work: str, out: str) -> dict:
        update_bundle(grown, tmp_path / work, config, out=tmp_path / out, progress=False, note=lambda line: None)
        return dict(Bundle.open(tmp_path / out).files["retriever.safetensors"])

    at_once = whole("one", "a")
    sampler, drawn = RehearsalSampler.draw, []

    def stops(self: RehearsalSampler, size: int, generator: np.random.Generator) -> np.ndarray:
        drawn.append(size)
        if len(drawn) == 7:
            raise KeyboardInterrupt
        return sampler(self, size, generator)

    monkeypatch.setattr(RehearsalSampler, "draw", stops)
    with pytest.raises(KeyboardInterrupt):
        whole("two", "b")
    assert not (tmp_path / "b").exists()
    (state,) = (tmp_path / "two").glob("update-*/state/progress.json")
    assert read_json(state)["step"] == 4
    assert whole("two", "b") == at_once
    assert len(drawn) == 7 + 8


def test_only_texts_that_may_index_are_learnt_from(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle.open(grown)
    parts = load_parts(bundle)
    texts, said = update._texts(bundle.collection, parts)
    human, generated = texts[:said], texts[said:]
    kept = {text_hash(query.text) for item in bundle.collection for query in item.queries}
    assert {text_hash(text) for text, _ in human}.isdisjoint(kept)
    assert {bundle.collection[item].split for _, item in human} == {"train"}
    assert {text for text, item in human if not bundle.collection[item].trained} == set(CAPTIONS)
    assert {item for _, item in generated} == set(range(60))
    pairs = update._pairs(texts, said, parts)
    assert len(pairs.ids) == len(human) + len(generated)
    assert pairs.human is not None
    assert int(pairs.human.sum()) == len(human)


def test_the_teacher_is_the_dual_tower(grown: Path) -> None:
    bundle = Bundle.open(grown)
    parts = load_parts(bundle)
    texts, _ = update._texts(bundle.collection, parts)
    taught = update._targets(texts, parts)(np.array([3, 0]))
    engine = Engine.load(grown, device="cpu", warm_up=False)
    for row, place in zip(taught, (3, 0), strict=True):
        hits = engine.search(texts[place][0], k=62, method="dual_tower").hits
        told = {engine.collection.index(hit.item.id): hit.probability for hit in hits}
        np.testing.assert_allclose(row.numpy(), [told[i] for i in range(62)], atol=1e-5)


def test_nothing_new_is_nothing_written(grown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine.load(grown, device="cpu", warm_up=False)
    engine.remove(["told.png", "silent.png"], out=tmp_path / "old")
    before = Bundle.open(tmp_path / "old").files
    report = update_bundle(tmp_path / "old", tmp_path / "work", QUICK, progress=False)
    assert report.learnt == 0
    assert Bundle.open(tmp_path / "old").files == before
    assert not (tmp_path / "work").exists()
    assert main(["update", str(tmp_path / "old"), "--work", str(tmp_path / "work")]) == 0
    assert "0 items learnt" in capsys.readouterr().out


def test_new_items_without_a_word_cannot_be_learnt(grown: Path, tmp_path: Path) -> None:
    engine = Engine.load(grown, device="cpu", warm_up=False)
    engine.remove("told.png", out=tmp_path / "silent")
    with pytest.raises(TrainingError, match="Nothing is said of the new items"):
        update_bundle(tmp_path / "silent", tmp_path / "work", QUICK, progress=False)


def test_the_built_in_bundle_is_refused_before_the_training(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ace_core.revision.BUILT_IN", grown)
    with pytest.raises(BundleError, match="built-in"):
        update_bundle(grown, Path("nowhere"), QUICK)


def test_steps_follow_the_number_of_new_items() -> None:
    config = UpdateConfig(draws=40, batch_size=100, rehearsal=0.5)
    assert config.training(1).loop.steps == update.FEWEST_STEPS
    assert config.training(500).loop.steps == 400
    assert config.training(10**6).loop.steps == update.MOST_STEPS
    assert replace(config, steps=7).training(500).loop.steps == 7
    for wrong in ({"rehearsal": 1.0}, {"rehearsal": -0.1}, {"draws": 0}, {"steps": -1}):
        with pytest.raises(ConfigError):
            UpdateConfig(**(asdict(config) | wrong))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=30),
    st.floats(0, 0.99),
    st.integers(1, 50),
    st.integers(0, 10**6),
)
def test_every_batch_has_its_share_of_old_items(
    texts: list[tuple[int, bool]], share: float, size: int, seed: int
) -> None:
    items = torch.tensor([item for item, _ in texts])
    new = items < 3
    human = torch.tensor([said for _, said in texts])
    pairs = TextPairs(torch.zeros(len(texts), 1), torch.ones(len(texts), 1), items, torch.ones(len(texts)), human)
    if not bool(new.any()):
        with pytest.raises(TrainingError):
            RehearsalSampler(pairs, new, 0.5, share)
        return
    drawn = RehearsalSampler(pairs, new, 0.5, share).draw(size, np.random.default_rng(seed))
    old = round(share * size) if bool((~new).any()) else 0
    assert len(drawn) == size
    assert int((~new)[drawn].sum()) == old


def test_the_verb_update(grown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, work = tmp_path / "out", tmp_path / "work"
    assert main(["update", str(grown), "--out", str(out), "--work", str(work), "--steps", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["learnt"], told["without_text"]) == (1, 1)
    assert main(["update", str(grown), "--out", str(out), "--work", str(work), "--rehearsal", "2"]) == 1
    assert "rehearsal" in capsys.readouterr().err


def test_the_benchmark_asks_for_old_and_added_items_at_every_moment(tmp_path: Path) -> None:
    bundle = make_readable_bundle(tmp_path, talkative=True)
    sizes = ["dimension=16", "text_layers=1", "text_heads=2", "queries=2", "loop.steps=2", "loop.batch_size=8"]
    small = [f"{tower}.{size}" for tower in ("joint", "dual_tower") for size in sizes]
    small += ["retriever.model.d_model=16", "retriever.model.heads=2", "retriever.model.d_ff=16", "codec.levels=2"]
    small += ["retriever.loop.steps=2", "retriever.loop.batch_size=8", "codec.codebook_size=4", "codec.steps=0"]
    arguments = [str(bundle), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "update.json")]
    arguments += ["--aside", "0.1", "--steps", "2", "--beams", "10", "--no-progress"]
    benchmark.main([*arguments, *(part for setting in small for part in ("--set", f"{setting}"))])
    told = read_json(tmp_path / "update.json")
    assert told["items"] == {"old": 54, "added": 6}
    rows = {(row["moment"], row["items"], row["modality"], row["method"]): row for row in told["rows"]}
    assert len(rows) == len(told["rows"])
    asked = {(moment, items) for moment, items, _, _ in rows}
    assert asked == {("before", "old"), ("added", "old"), ("added", "added"), ("updated", "old"), ("updated", "added")}
    whole = Bundle.open(bundle).collection
    for (moment, items, modality, method), row in rows.items():
        at_last = rows["updated", items, modality, method]
        assert row["queries"] == at_last["queries"]
        assert at_last["pool_size"] == len(whole.of(modality))
        assert (row["pool_size"] < at_last["pool_size"]) == (
            moment == "before" and ("added", "added", modality, method) in rows
        )
        assert 0 <= row["recall_at_1"] <= row["recall_at_10"] <= 100
    base, grown, updated = (Bundle.open(tmp_path / "work" / name).collection for name in ("base", "grown", "updated"))
    new = {item.id for item in grown} - {item.id for item in base}
    assert {whole[whole.index(name)].split for name in new} == {"held_out"}
    assert {item.id for item in grown if not item.trained} == new
    assert {item.id for item in updated if not item.trained} < new
    with pytest.raises(ConfigError, match=r"--aside 0\.9"):
        benchmark.main([str(bundle), "--aside", "0.9"])
