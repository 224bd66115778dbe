"""This machine measured from the page: one run at a time for all visitors, in a process of its own.

The process gives way to searches, may take so long and no longer, and can be stopped by whoever began it.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ace_core.errors import AceError
from app.jobs import Job, Jobs, Progress, read_progress
from app.measured import TOWERS, WAYS, Scale, read_scale
from app.visitors import Refused

SIZES: Final = (1_000, 10_000, 100_000)  # items; a million take too much memory to be had for a click
ROUNDS: Final = 10  # how often each method is timed
STAGES: Final = ("models", "generation", "indexes", "searches")  # as `bench scale` tells of them

Command = Callable[[int, Path, Path], list[str]]  # items, file for the result, file for the events
State = Literal["none", "running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class MeasuringLimits:
    seconds: float = 600.0  # that one run may take
    pause: float = 20.0  # seconds between two runs


@dataclass
class Run:
    """One measurement. `key` is known to its beginner alone; changed only under the lock of `Measuring`."""

    items: int
    key: str
    job: Job
    out: Path
    over: bool = False
    result: Scale | None = None
    ended: float = 0.0  # by the clock of `Measuring`

    @property
    def state(self) -> State:
        if not self.over:
            return "running"
        return "done" if self.result else "stopped" if self.job.outcome == "stopped" else "failed"

    def progress(self) -> Progress:
        return read_progress(self.job.events, STAGES)


class Measuring:
    """Begins, watches and stops runs. Any thread may call; `clock` is in seconds and never goes back."""

    def __init__(
        self,
        limits: MeasuringLimits | None = None,
        parent: Path | None = None,
        command: Command | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits, self._clock, self._command = limits or MeasuringLimits(), clock, command or bench_command
        self._root = Path(tempfile.mkdtemp(prefix="ace-measuring-", dir=parent))
        self._jobs = Jobs(waiting=1, seconds=self.limits.seconds)
        self._lock = threading.RLock()
        self._run: Run | None = None

    def last(self) -> Run | None:
        """The run that is under way, or else the one that ended last."""
        with self._lock:
            return self._run

    def start(self, items: object, key: str) -> Run:
        """Begin a run of one of `SIZES`; `key` is what may stop it. Raises `Refused`."""
        if not isinstance(items, int) or items not in SIZES:
            raise Refused(f"Choose one of {', '.join(f'{size:,}' for size in SIZES)} items.", 400)
        if not key:
            raise Refused("A measurement needs a key of its beginner's, so that nobody else stops it.", 400)
        with self._lock:
            self._refuse_while_busy()
            folder = Path(tempfile.mkdtemp(dir=self._root))
            out, events = folder / "scale.json", folder / "events.jsonl"
            job = Job(self._command(items, out, events), events, folder / "log.txt", self._ended)
            before, self._run = self._run, Run(items, key, job, out)
            try:
                self._jobs.add(job)
            except AceError:
                self._run = before
                shutil.rmtree(folder, ignore_errors=True)
                raise
            if before:
                shutil.rmtree(before.out.parent, ignore_errors=True)
            return self._run

    def stop(self, key: str) -> None:
        """End the run; returns at once. Raises `Refused` for everybody but its beginner."""
        run = self.last()
        if run is None or run.over:
            raise Refused("No measurement is running.")
        if not self.began(run, key):
            raise Refused("Only whoever began a measurement can stop it.", 403)
        self._jobs.stop(run.job)

    @staticmethod
    def began(run: Run, key: str) -> bool:
        """Whether the holder of this key began the run."""
        return secrets.compare_digest(run.key.encode(), key.encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """Stop what runs and delete what it left."""
        self._jobs.close()
        shutil.rmtree(self._root, ignore_errors=True)

    def _refuse_while_busy(self) -> None:
        run = self._run
        if run is None:
            return
        if not run.over:
            raise Refused(f"A measurement of {run.items:,} items is running already; begin yours when it is done.")
        wait = run.ended + self.limits.pause - self._clock()
        if wait > 0:
            raise Refused(f"A measurement has just ended; the next one may begin in {wait:.0f} s.", 429)

    def _ended(self, job: Job) -> None:
        with self._lock:
            run = self._run
            if run is None or run.job is not job:
                return
            if job.outcome == "done":
                run.result = read_scale(run.out)
            run.over, run.ended = True, self._clock()


def bench_command(items: int, out: Path, events: Path) -> list[str]:
    """What measures so many items by the methods that the page shows."""
    options = {"--sizes": items, "--rounds": ROUNDS, "--hnsw-up-to": SIZES[-1], "--out": out, "--events": events}
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "ace_core", "bench", "scale", *words, "--methods", *WAYS, *TOWERS]
