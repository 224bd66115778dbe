"""Generation for several who ask at once: everybody gets what they would have got alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from ace_core.engine import Engine
from ace_core.errors import QueryError
from ace_core.generation import Generation
from tests.tiny import make_tiny_bundle

TEXTS = ["a red circle", "a low tone", "a blue square moves to the left", "green", "a high tone rises twice"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    torch.set_num_threads(1)
    return Engine.load(make_tiny_bundle(tmp_path_factory.mktemp("tiny")), device="cpu")


def test_those_who_ask_together_get_what_they_get_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = engine.snapshot.generation
    asked = [(text, modality) for text in TEXTS for modality in (None, "image")] * 3
    alone = [
        generation.write([text], 6, engine.snapshot.ask(text, 1, 6, modality).restriction)[0]
        for text, modality in asked
    ]
    batches: list[int] = []
    write = Generation.write

    def counted(self: Generation, texts: list[str], *how: object) -> object:
        batches.append(len(texts))
        return write(self, texts, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(Generation, "write", counted)
    together = threading.Barrier(len(asked))

    def ask(text: str, modality: str | None) -> object:
        together.wait()
        return engine.search(text, k=6, beams=6, modality=modality)  # type: ignore[arg-type]

    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(ask, *zip(*asked, strict=True)))
    assert sum(batches) == len(asked)
    assert max(batches) > 1
    for answer, wanted in zip(answers, alone, strict=True):
        items = [engine.collection.index(hit.item.id) for hit in answer.hits]  # type: ignore[attr-defined]
        assert items == [item for item in wanted.found.items[0].tolist() if item >= 0][: len(items)]
        scores = [hit.score for hit in answer.hits]  # type: ignore[attr-defined]
        np.testing.assert_allclose(scores, wanted.found.log_probs[0, : len(scores)], atol=1e-4)


def test_one_pool_is_one_object(engine: Engine) -> None:
    now = engine.snapshot
    first, second = (now.ask(text, 1, 2, "image") for text in TEXTS[:2])
    assert first.restriction is second.restriction
    assert first.allowed is second.allowed
    assert now.ask("x", 1, 2, None).restriction is None
    assert now.ask("x", 1, 2, "audio").restriction is not first.restriction


def test_errors_come_back_to_those_who_asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise FloatingPointError("weights are damaged")

    monkeypatch.setattr(Generation, "write", broken)
    with pytest.raises(FloatingPointError, match="damaged"):
        engine.search("a red circle")
    with pytest.raises(QueryError):
        engine.search("")


def test_a_trace_is_of_one_query(engine: Engine) -> None:
    trace = engine.trace("a red circle", beams=4)
    assert [hit.item.id for hit in trace.result.hits] == [
        hit.item.id for hit in engine.search("a red circle", 4, 4).hits
    ]
    assert trace.steps


def test_an_engine_that_nobody_has_any_more_is_let_go(tmp_path: Path) -> None:
    import gc
    import weakref

    engine = Engine.load(make_tiny_bundle(tmp_path / "tiny"), device="cpu")
    engine.search("a red circle")
    gone = weakref.ref(engine.snapshot.generation)
    del engine
    for _ in range(50):  # the thread that answered may still be on its last line
        gc.collect()
        if gone() is None:
            break
        threading.Event().wait(0.02)
    assert gone() is None
