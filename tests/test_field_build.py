"""A collection without captions, published encoders of all kinds in one bundle: built, opened, searched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ace_core.__main__ import main
from ace_core.bundle import Bundle
from ace_core.collection import Collection
from ace_core.engine import Engine
from ace_core.errors import ConfigError
from ace_core.parts import load_encoder
from tests.test_cli import SMALL
from tests.tiny import make_tiny_collection
from tests.tiny_field import hub_off, make_clap, make_clip


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    with hub_off(monkeypatch, tmp_path / "cache"):
        yield


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Sixteen media of all kinds that nobody has described, some with telling names."""
    whole = make_tiny_collection(tmp_path / "media")
    chosen = [*whole.items[:8], *whole.items[30:36], *whole.items[50:52]]
    items = [replace(item, captions=(), queries=(), split="train") for item in chosen]
    Collection("tiny", tmp_path / "media", tuple(items)).save(tmp_path / "media" / "few.jsonl")
    return tmp_path / "media" / "few.jsonl"


def build(manifest: Path, *more: str) -> list[str]:
    settings = [part for setting in SMALL for part in ("--set", setting)]
    work = manifest.parent.parent / "work"
    return ["build", str(manifest), "--work", str(work), "--share", "0.02", "--json", *settings, *more]


def test_clip_and_clap_serve_one_bundle(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    make_clip(weights / "open_clip")
    make_clap(weights / "clap")
    out, events = tmp_path / "bundle", tmp_path / "events.jsonl"
    asked = build(manifest, "--encoder", "spaces", "--weights", str(weights), "--out", str(out))
    assert main([*asked, "--events", str(events), "--set", "retriever.look_ahead=items"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == 16

    engine = Engine.load(out)
    for method in ("generation", "dual_tower"):
        found = engine.search("a dog on the beach", k=16, beams=16, method=method)
        assert {hit.item.modality for hit in found.hits} == {"image", "audio", "video"}
        assert sum(hit.probability for hit in found.hits) == pytest.approx(1, abs=1e-3)
    heard = {engine.identifier(i)[0] for i in engine.collection.of("audio")}
    seen = {engine.identifier(i)[0] for kind in ("image", "video") for i in engine.collection.of(kind)}
    assert not heard & seen
    assert engine.identify(engine.collection.media_path(engine.collection[0])).modality == "image"
    assert all(texts for texts in engine.parts.pseudo_queries)

    told = [json.loads(line) for line in events.read_text().splitlines()]
    assert [event["stage"] for event in told if event["state"] == "started"][:2] == ["media", "features"]
    assert told[-1]["state"] == "finished"
    assert all(0 <= event["fraction"] <= 1 and 0 <= event["index"] < event["of"] for event in told)


def test_generation_goes_without_the_encoders_weights(manifest: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    make_clip(weights / "open_clip")
    make_clap(weights / "clap")
    out = tmp_path / "bundle"
    asked = build(manifest, "--encoder", "spaces", "--weights", str(weights), "--out", str(out))
    assert main([*asked, "--set", "retriever.look_ahead=none"]) == 0
    vectors = load_encoder(Bundle.open(out)).encode_text(["a bell"])  # type: ignore[union-attr]
    assert np.isfinite(vectors).all()
    weights.rename(tmp_path / "elsewhere")
    engine = Engine.load(out)
    assert len(engine.search("a bell", k=5).hits) == 5
    with pytest.raises(ConfigError, match="--weights"):
        engine.search("a bell", k=5, method="dual_tower")


def test_one_encoder_must_read_every_modality(manifest: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip")
    asked = build(manifest, "--encoder", f"open_clip:local-dir:{clip}", "--out", str(tmp_path / "bundle"))
    assert main(asked) == 1
    assert not (tmp_path / "bundle").exists()


def test_the_command_line_names_what_it_knows(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(build(manifest, "--encoder", "oracle", "--out", "unused")) == 1
    assert "open_clip, clap, spaces" in capsys.readouterr().err
