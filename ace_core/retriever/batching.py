"""Questions that several threads ask at about the same time, answered together by one thread.

A batch of 32 costs far less than 32 questions alone. Whoever asks while nothing runs and nobody else is about is
answered at once. Otherwise the first of a batch waits for others: until as many have asked as in the batch before,
never longer than `wait`. So a user alone never waits, and users who come again together are answered together.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Asked(Generic[Key, Question, Answer]):
    key: Key
    question: Question
    answer: Future[Answer] = field(default_factory=Future)


class Batcher(Generic[Key, Question, Answer]):
    """`answer(key, questions)` gives one answer a question; only questions of equal keys are answered together.

    It is called by one thread of the batcher's own, so it need not be thread-safe. `most`: questions a batch;
    `wait`: seconds; `begin` runs first in that thread, for what belongs to a thread, such as its number of threads.
    """

    def __init__(
        self,
        answer: Callable[[Key, list[Question]], Sequence[Answer]],
        *,
        most: int = 32,
        wait: float = 0.004,
        begin: Callable[[], object] | None = None,
    ) -> None:
        if most < 1 or wait < 0:
            raise ValueError(f"A batch holds at least 1 question and waits at least 0 seconds, not {most} and {wait}.")
        self._answer, self.most, self.wait, self._begin = answer, most, wait, begin
        self._queue: deque[_Asked[Key, Question, Answer]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._expected = 1
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    def ask(self, key: Key, question: Question) -> Answer:
        """The answer, once there is one; raises what answering it raised. From any thread."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("What answers a batch cannot ask for another; answer the question directly.")
        asked: _Asked[Key, Question, Answer] = _Asked(key, question)
        with self._changed:
            if self._closed:
                raise RuntimeError("The batcher is closed; nothing can be asked of it any more.")
            self._queue.append(asked)
            self._changed.notify()
        return asked.answer.result()

    def close(self) -> None:
        """Answer what has been asked, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> Batcher[Key, Question, Answer]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        if self._begin is not None:
            self._begin()
        while batch := self._next():
            self._settle(batch)
            del batch  # while nobody asks, nothing of what was asked is kept

    def _next(self) -> list[_Asked[Key, Question, Answer]]:
        """The next batch, oldest question first; empty when all is done and nothing more can come."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            latest = time.monotonic() + self.wait
            while not self._closed and len(self._alike()) < min(self._expected, self.most):
                if not self._changed.wait(latest - time.monotonic()):
                    break
            batch = self._alike()[: self.most]
            taken = set(map(id, batch))
            self._queue = deque(asked for asked in self._queue if id(asked) not in taken)
            self._expected = max(1, len(batch))
            return batch

    def _alike(self) -> list[_Asked[Key, Question, Answer]]:
        """All that wait with the key of the oldest."""
        return [asked for asked in self._queue if asked.key == self._queue[0].key]

    def _settle(self, batch: list[_Asked[Key, Question, Answer]]) -> None:
        try:
            answers = self._answer(batch[0].key, [asked.question for asked in batch])
            if len(answers) != len(batch):
                raise ValueError(f"{len(batch)} questions were given {len(answers)} answers.")
        except Exception as error:
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
            else:  # one bad question must not cost the others their answers
                for asked in batch:
                    self._settle([asked])
            return
        for asked, answer in zip(batch, answers, strict=True):
            asked.answer.set_result(answer)
