"""The precision that a model is asked in: the fastest that was tried, and only where it finds the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ace_core import generation
from ace_core.engine import Engine
from ace_core.retriever.choosing import GAIN, fastest, overlap, ways
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.model import Retriever, RetrieverConfig
from tests.tiny import make_tiny_bundle

CONFIG = RetrieverConfig(
    vocab_size=40, level_sizes=(4, 4), d_model=16, encoder_layers=1, decoder_layers=1, heads=1, d_ff=16
)


def test_overlap_is_the_share_that_stays() -> None:
    plain = torch.tensor([[1, 2, 3, 4], [5, 6, -1, -1]])
    assert overlap(plain, plain) == 1
    assert overlap(plain, torch.tensor([[4, 3, 2, 1], [6, 5, -1, -1]])) == 1
    assert overlap(plain, torch.tensor([[1, 2, 9, 8], [5, 7, 8, -1]])) == 0.5
    assert overlap(plain, torch.tensor([[2, 1, 3, 4], [5, 6, 1, 2]]), best=1) == 0.5
    assert overlap(torch.full((1, 3), -1), torch.zeros(1, 3, dtype=torch.int64)) == 0


@pytest.mark.parametrize(("seconds", "wanted"), [(0.5, "int8"), (1 / GAIN + 0.1, "float32"), (3.0, "float32")])
def test_the_fastest_is_taken_unless_exact_numbers_are_nearly_as_fast(
    seconds: float, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("ace_core.retriever.choosing.perf_counter", lambda: now[0])
    model = Retriever(CONFIG).eval()
    models = {"float32": FastRetriever(model), "int8": FastRetriever(model)}

    def ask(asked: FastRetriever) -> None:
        now[0] += 1.0 if asked is models["float32"] else seconds

    assert fastest(models, ask) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize("agreeing", [0.0, 1.1])
def test_an_engine_rounds_only_where_it_finds_the_same(
    agreeing: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "LARGE", 0)
    monkeypatch.setattr(generation, "AGREEING", agreeing)
    monkeypatch.setattr(
        generation, "fastest", lambda models, ask: [ask(model) for model in models.values()] and list(models)[-1]
    )
    bundle = make_tiny_bundle(tmp_path / "tiny")
    engine = Engine.load(bundle, device="cpu", warm_up=False)
    last = list(ways(engine.retriever))[-1]
    chosen = engine.snapshot.generation.retriever.precision
    assert chosen == (last if agreeing == 0 else "float32")
    assert engine.search("a red circle", k=3).hits


def test_a_small_model_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it was tried")

    monkeypatch.setattr(generation, "fastest", refuse)
    engine = Engine.load(make_tiny_bundle(tmp_path / "tiny"), device="cpu", warm_up=False)
    assert engine.snapshot.generation.retriever.precision == "float32"
