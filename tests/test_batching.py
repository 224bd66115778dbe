"""Questions merged into batches: each gets its own answer, whoever else asks, whatever goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ace_core.retriever.batching import Batcher


class Squares:
    """Answers n with (key, n * n), and remembers its batches. Refuses negative numbers."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.batches: list[tuple[str, list[int]]] = []
        self.threads: set[int] = set()

    def __call__(self, key: str, numbers: list[int]) -> list[tuple[str, int]]:
        self.batches.append((key, numbers))
        self.threads.add(threading.get_ident())
        time.sleep(self.seconds)
        if min(numbers) < 0:
            raise ArithmeticError(f"{min(numbers)} is negative")
        return [(key, number * number) for number in numbers]


def at_once(count: int, ask: Callable[[int], object]) -> list[object]:
    """What `ask(0)` .. `ask(count - 1)` gave, each called by a thread of its own at the same time."""
    together = threading.Barrier(count)

    def one(number: int) -> object:
        together.wait()
        return ask(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_everybody_gets_the_own_answer_and_batches_form() -> None:
    squares = Squares(seconds=0.02)
    with Batcher(squares, most=8) as batcher:
        for _ in range(3):
            got = at_once(24, lambda n: batcher.ask("ab"[n % 2], n))
            assert got == [("ab"[n % 2], n * n) for n in range(24)]
    sizes = [len(numbers) for _, numbers in squares.batches]
    assert sum(sizes) == 72
    assert max(sizes) <= 8
    assert len(sizes) <= 36  # at least two a batch, on the whole
    for key, numbers in squares.batches:
        assert {"ab"[n % 2] for n in numbers} == {key}
    assert len(squares.threads) == 1


def test_who_asks_alone_does_not_wait() -> None:
    squares = Squares()
    with Batcher(squares, wait=60.0) as batcher:
        began = time.monotonic()
        for number in range(5):
            assert batcher.ask("a", number) == ("a", number * number)
        assert time.monotonic() - began < 30
    assert [len(numbers) for _, numbers in squares.batches] == [1] * 5


def test_company_is_waited_for_but_not_for_ever() -> None:
    release = threading.Event()
    batches: list[int] = []

    def slow(key: str, numbers: list[int]) -> list[int]:
        batches.append(len(numbers))
        if numbers == [99]:
            release.wait(30)
        return numbers

    with Batcher(slow, wait=0.05) as batcher, ThreadPoolExecutor(8) as pool:
        first = pool.submit(batcher.ask, "a", 99)
        while not batches:
            time.sleep(0.001)
        others = [pool.submit(batcher.ask, "a", n) for n in range(4)]
        while len(batcher._queue) < 4:
            time.sleep(0.001)
        release.set()
        assert [one.result(30) for one in others] == [0, 1, 2, 3]
        first.result(30)
        assert batches == [1, 4]
        began = time.monotonic()
        assert batcher.ask("a", 7) == 7  # expects four again, and gives up
        assert 0.04 < time.monotonic() - began < 20
        began = time.monotonic()
        assert batcher.ask("a", 8) == 8  # expects nobody any more
        assert batches == [1, 4, 1, 1]


def test_one_bad_question_harms_nobody_else() -> None:
    with Batcher(Squares(seconds=0.01), wait=0.2) as batcher:

        def ask(number: int) -> object:
            try:
                return batcher.ask("a", number - 3)
            except ArithmeticError as error:
                return str(error)

        for _ in range(2):
            got = at_once(8, ask)
            assert got == [f"{n - 3} is negative" if n < 3 else ("a", (n - 3) ** 2) for n in range(8)]


def test_a_wrong_number_of_answers_is_an_error() -> None:
    with Batcher(lambda key, numbers: []) as batcher, pytest.raises(ValueError, match="1 questions were given 0"):
        batcher.ask("a", 1)


def test_closing_answers_what_was_asked_and_then_refuses() -> None:
    batcher = Batcher(Squares(seconds=0.05), most=1)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(batcher.ask, "a", n) for n in range(4)]
        while sum(one.running() or one.done() for one in asked) < 4:
            time.sleep(0.001)
        time.sleep(0.02)
        batcher.close()
        assert [one.result(30) for one in asked] == [("a", n * n) for n in range(4)]
    with pytest.raises(RuntimeError, match="closed"):
        batcher.ask("a", 1)


def test_answering_cannot_ask() -> None:
    inner: list[Batcher] = []
    with Batcher(lambda key, numbers: [inner[0].ask(key, number) for number in numbers]) as batcher:
        inner.append(batcher)
        with pytest.raises(RuntimeError, match="cannot ask"):
            batcher.ask("a", 1)


def test_what_belongs_to_the_thread_is_done_first() -> None:
    seen: list[int] = []
    squares = Squares()
    with Batcher(squares, begin=lambda: seen.append(threading.get_ident())) as batcher:
        batcher.ask("a", 1)
    assert set(seen) == squares.threads


def test_impossible_settings_are_refused() -> None:
    for options in ({"most": 0}, {"wait": -1.0}):
        with pytest.raises(ValueError, match="at least"):
            Batcher(Squares(), **options)  # type: ignore[arg-type]
