"""How far a long job is: a bar for a person, and events (JSON Lines) for a program that watches.

Every bar that runs inside `EventLog.stage` also tells its share and the time left to that log.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

Listener = Callable[[float, float | None], None]  # share done, seconds left

_EVERY = 0.5  # seconds between two events of one bar
_listeners: list[Listener] = []  # of this process; a build is one thread's work


class Bar(tqdm):
    """A tqdm bar by `update` alone; it counts and tells also where it is not shown."""

    def __init__(self, total: int, desc: str, unit: str, *, initial: int = 0, shown: bool = True) -> None:
        self._first = self._counted = initial
        self._began, self._told = time.monotonic(), 0.0
        interval = 0.5 if sys.stderr.isatty() else 10.0
        super().__init__(
            total=total,
            desc=desc,
            unit=unit,
            initial=initial,
            disable=not shown,
            mininterval=interval,
            dynamic_ncols=True,
        )

    def update(self, n: float | None = 1) -> bool | None:
        self._counted += int(n or 0)
        self._tell()
        return super().update(n)

    def _tell(self) -> None:
        now = time.monotonic()
        if not _listeners or (now - self._told < _EVERY and self._counted < self.total):
            return
        self._told = now
        done = self._counted - self._first
        left = (self.total - self._counted) * (now - self._began) / done if done else None
        _listeners[-1](min(1.0, self._counted / max(1, self.total)), left)


class EventLog:
    """Appends one JSON object a line to a file: what stage runs, how far it is, what was noted, how it ended.

    {"stage", "index", "of", "state": started | progress | done | note | failed | finished, "fraction", "seconds_left",
    "line"}. Without a path nothing is written.
    """

    def __init__(self, path: Path | None, stages: Sequence[str]) -> None:
        self.path, self.stages = path, list(stages)
        self._stage = self.stages[0]
        self._fraction = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What runs inside is this stage; a name that is not among the stages is part of the one around it."""
        if name not in self.stages:
            yield
            return
        before, self._stage = self._stage, name
        self._write("started", 0.0)
        _listeners.append(lambda fraction, left: self._write("progress", fraction, left))
        try:
            yield
        finally:
            _listeners.pop()
        self._write("done", 1.0)
        self._stage = before

    def note(self, line: str) -> None:
        self._write("note", self._fraction, line=line)

    def failed(self, line: str) -> None:
        self._write("failed", self._fraction, line=line)

    def finished(self, line: str) -> None:
        self._stage = self.stages[-1]
        self._write("finished", 1.0, line=line)

    def _write(self, state: str, fraction: float, left: float | None = None, line: str = "") -> None:
        self._fraction = fraction
        if self.path is None:
            return
        event: dict[str, Any] = {
            "stage": self._stage,
            "index": self.stages.index(self._stage),
            "of": len(self.stages),
            "state": state,
            "fraction": round(fraction, 4),
            "seconds_left": None if left is None else round(left, 1),
            "line": line,
        }
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(event, ensure_ascii=False) + "\n")
