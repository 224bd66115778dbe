"""Recorded searches: what is played back is what a plain search says, or nothing is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ace_core.generation import Generation
from ace_core.identifiers.trie import Restriction
from ace_core.retriever.packing import Bias
from ace_core.retriever.recorded import MOST, Inputs, Recordings
from tests.tiny import make_tiny_collection, tiny_parts

TEXTS = ["a red circle", "a low tone", "a blue square moves to the left", "green", "a high tone rises twice"]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    torch.set_num_threads(1)
    parts = tiny_parts(make_tiny_collection(tmp_path_factory.mktemp("media")), tmp_path_factory.mktemp("parts"))
    return Generation(parts.retriever, parts.trie(), parts.dual_tower, parts.dual_vectors)


def tensors(outcome: Any) -> list[Tensor]:
    if isinstance(outcome, Tensor):
        return [outcome]
    if isinstance(outcome, Bias):
        return [outcome.plain]
    if isinstance(outcome, dict):
        parts: Any = outcome.values()
    elif is_dataclass(outcome):
        parts = [getattr(outcome, field.name) for field in fields(outcome)]
    else:
        parts = outcome
    return [found for part in parts for found in tensors(part)]


def by_hand(run: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
    """As a CUDA graph does it: runs the same again over the same memory."""
    outcome = run()

    def again() -> None:
        for old, new in zip(tensors(outcome), tensors(run()), strict=True):
            old.copy_(new)

    return again, outcome


def stuck(run: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
    return lambda: None, run()


def impossible(run: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
    raise RuntimeError("operation not permitted when stream is capturing")


def asked(generation: Generation, texts: list[str]) -> tuple[Tensor, Tensor, Tensor | None]:
    queries = generation.read(texts)
    return queries.ids, queries.mask, queries.vectors


@pytest.mark.parametrize("count", [1, 3, 5])
@pytest.mark.parametrize("filtered", [False, True])
def test_what_is_played_is_what_a_search_finds(generation: Generation, count: int, filtered: bool) -> None:
    allowed = torch.arange(generation.trie.size) % 3 > 0
    pool: Restriction | None = generation.trie.restrict(allowed) if filtered else None
    recordings = Recordings(generation, CPU, by_hand)
    for start in range(4):
        texts = [TEXTS[(start + place) % len(TEXTS)] for place in range(count)]
        played = recordings.play(*asked(generation, texts), 4, pool)
        assert (played is None) == (start == 0)  # the first of a shape is not recorded yet
        if played is not None:
            wanted = generation.search(generation.read(texts), 4, pool)
            assert torch.equal(played.found.items, wanted.items)
            torch.testing.assert_close(played.found.log_probs, wanted.log_probs, atol=1e-4, rtol=0)
            torch.testing.assert_close(played.found.token_log_probs, wanted.token_log_probs, atol=1e-4, rtol=0)
            assert torch.equal(played.found.codes, wanted.codes)


def test_an_answer_stays_when_the_next_is_played(generation: Generation) -> None:
    recordings = Recordings(generation, CPU, by_hand)
    for text in TEXTS[:2]:
        played = recordings.play(*asked(generation, [text]), 4, None)
    assert played is not None
    kept = played.found.items.clone()
    recordings.play(*asked(generation, [TEXTS[2]]), 4, None)
    assert torch.equal(played.found.items, kept)


@pytest.mark.parametrize(("record", "told"), [(stuck, "something else"), (impossible, "cannot be recorded")])
def test_a_recording_that_cannot_be_trusted_is_not_used(
    generation: Generation, record: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    recordings = Recordings(generation, CPU, record)
    with caplog.at_level(logging.WARNING):
        assert [recordings.play(*asked(generation, [text]), 4, None) for text in TEXTS] == [None] * len(TEXTS)
    assert caplog.text.count(told) == 1  # tried once, not for every query


def test_few_recordings_are_kept(generation: Generation) -> None:
    made: list[object] = []

    def counted(run: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        made.append(run)
        return by_hand(run)

    recordings = Recordings(generation, CPU, counted)
    for beams in [*range(1, MOST + 2), 1]:
        for _ in range(2):
            recordings.play(*asked(generation, TEXTS[:1]), beams, None)
    assert len(made) == 2 * (MOST + 2)  # two parts each; the first was dropped and made anew


def test_shapes_are_few(generation: Generation) -> None:
    for count, tokens, filled in ((1, 3, (1, 16)), (5, 16, (8, 16)), (32, 17, (32, 32))):
        ids = torch.ones(count, tokens, dtype=torch.int64)
        whole = Inputs(ids, ids.bool(), torch.ones(count, 6)).filled(CPU)
        assert whole.ids.shape == whole.mask.shape == filled
        assert whole.vectors is not None
        assert [float(part.sum()) for part in whole] == [count * tokens, count * tokens, count * 6]


def test_generation_plays_what_it_has_recorded(generation: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [generation.write([text], 4)[0].found for text in TEXTS]
    monkeypatch.setattr(generation, "recordings", Recordings(generation, CPU, by_hand))
    for _ in range(2):
        for text, plain in zip(TEXTS, wanted, strict=True):
            written = generation.write([text], 4)[0]
            assert torch.equal(written.found.items, plain.items)
            torch.testing.assert_close(written.found.log_probs, plain.log_probs, atol=1e-4, rtol=0)
            assert min(written.read_ms, written.search_ms) > 0
    assert generation.recordings is not None
    assert len(generation.recordings) == 1
    assert generation.write([TEXTS[0]], 4, trace=True)[0].found.steps  # a trace is never played


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_graph_says_what_the_processor_says(tmp_path: Path) -> None:
    parts = tiny_parts(make_tiny_collection(tmp_path / "media"), tmp_path / "parts")
    slow = Generation(parts.retriever, parts.trie(), parts.dual_tower, parts.dual_vectors)
    wanted = [slow.write([text], 4)[0].found for text in TEXTS]
    tower = parts.dual_tower.to(torch.device("cuda"))
    fast = Generation(parts.retriever.cuda(), parts.trie().to("cuda"), tower, parts.dual_vectors)
    for _ in range(2):
        for text, plain in zip(TEXTS, wanted, strict=True):
            found = fast.write([text], 4)[0].found
            assert torch.equal(found.items, plain.items)
            torch.testing.assert_close(found.log_probs, plain.log_probs, atol=1e-3, rtol=0)
    assert fast.recordings is not None
    assert len(fast.recordings)
