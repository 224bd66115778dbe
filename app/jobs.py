"""Builds of visitors' collections: one at a time, each a process of its own that can be stopped; others wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from app.visitors import Refused

ROOT: Final = Path(__file__).resolve().parent.parent
GRACE: Final = 5.0  # seconds between asking a process to end and ending it
LOOK: Final = 0.2  # seconds between two looks at a running process
EVENTS_READ: Final = 4_000_000  # bytes of events read at most

Outcome = Literal["waiting", "running", "stopped", "failed", "done"]
Stage = Literal["media", "features", "identifiers", "captioner", "pseudo_queries", "dual_tower", "retriever", "bundle"]
STAGES: Final[tuple[Stage, ...]] = (
    "media", "features", "identifiers", "captioner", "pseudo_queries", "dual_tower", "retriever", "bundle",
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far a build is, as its events tell."""

    done: frozenset[str] = frozenset()  # stages
    now: str | None = None  # the stage that runs
    fraction: float = 0.0  # of that stage, in [0, 1]
    seconds_left: float | None = None  # of that stage
    notes: tuple[str, ...] = ()  # files left out, and why
    failure: str = ""  # one sentence
    finished: bool = False


def read_progress(events: Path, stages: Sequence[str] = STAGES) -> Progress:
    """From a file of events (JSON Lines) that may be growing; lines that make no sense are passed over."""
    done: set[str] = set()
    running: list[str] = []  # a stage may begin inside another
    fraction, left, notes, failure, finished = 0.0, None, [], "", False
    for event in _events(events):
        stage, state, line = str(event.get("stage")), event.get("state"), str(event.get("line") or "")
        if state == "note":
            notes.append(line)
        elif state == "failed":
            failure = line
        elif state == "finished":
            finished = True
        elif stage in stages and state == "started":
            running.append(stage)
            fraction, left = 0.0, None
        elif stage in stages and state == "done":
            done.add(stage)
            running = [other for other in running if other != stage]
            fraction, left = 0.0, None
        elif stage in stages and state == "progress":
            if stage not in running:
                running.append(stage)
            fraction, left = _share(event.get("fraction")), _seconds(event.get("seconds_left"))
    now = running[-1] if running and not finished else None
    return Progress(frozenset(done), now, fraction, left, tuple(notes), failure, finished)


@dataclass
class Job:
    """One build. `outcome` and `why` are set by `Jobs` alone."""

    command: Sequence[str]
    events: Path
    log: Path  # what the process prints
    ended: Callable[[Job], None]  # called once, when it is done, failed or was stopped
    outcome: Outcome = "waiting"
    why: str = ""  # one sentence, where it failed
    stopping: bool = False

    @property
    def open(self) -> bool:
        return self.outcome in ("waiting", "running")

    def progress(self) -> Progress:
        return read_progress(self.events)


class Jobs:
    """A queue with one worker. `waiting`: how many may stand in it; `seconds`: how long one may take."""

    def __init__(self, waiting: int, seconds: float) -> None:
        self._most, self._seconds = waiting, seconds
        self._changed = threading.Condition()
        self._queue: list[Job] = []  # the first one may be running
        self._closed = False
        self._worker = threading.Thread(target=self._work, name="builds", daemon=True)
        self._worker.start()

    def add(self, job: Job) -> None:
        """Put a job at the end of the queue; raises `Refused` where it is full."""
        with self._changed:
            if sum(one.outcome == "waiting" for one in self._queue) >= self._most or self._closed:
                raise Refused(f"{self._most} builds are waiting already; try again in a few minutes.", 503)
            self._queue.append(job)
            self._changed.notify_all()

    def ahead(self, job: Job) -> int:
        """How many builds are before this one, the one that runs included."""
        with self._changed:
            return self._queue.index(job) if job in self._queue else 0

    def stop(self, job: Job) -> None:
        """End it, or take it out of the queue. Returns at once; `job.ended` is called when it has ended."""
        with self._changed:
            job.stopping = True
            waited = job.outcome == "waiting" and job in self._queue
            if waited:
                self._queue.remove(job)
                job.outcome = "stopped"
            self._changed.notify_all()
        if waited:
            job.ended(job)

    def close(self) -> None:
        """Stop everything and wait until the running process is gone."""
        with self._changed:
            self._closed = True
            jobs = list(self._queue)
            self._changed.notify_all()
        for job in jobs:
            self.stop(job)
        self._worker.join(2 * GRACE + 1)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._queue)
                if not self._queue:
                    return
                job = self._queue[0]
                job.outcome = "running"
            outcome, why = self._run(job)
            with self._changed:
                self._queue.remove(job)
                job.outcome, job.why = outcome, why
            job.ended(job)

    def _run(self, job: Job) -> tuple[Outcome, str]:
        try:
            with open(job.log, "wb") as log:
                process = _start(job.command, log)
        except OSError as error:
            return "failed", f"The build could not be started ({error.strerror or error})."
        waited = 0.0
        while process.poll() is None and not job.stopping and waited < self._seconds:
            with self._changed:
                self._changed.wait_for(lambda: job.stopping, LOOK)
            waited += LOOK
        late = process.poll() is None and not job.stopping
        _end(process)
        if job.stopping:
            return "stopped", ""
        if late:
            return "failed", f"The build took longer than {self._seconds / 60:.0f} minutes; try fewer or shorter files."
        told = job.progress()
        if process.returncode == 0 and not told.failure:
            return "done", ""
        return "failed", told.failure or "The build ended before it was done; perhaps memory ran out. Try fewer files."


def build_command(media: Path, out: Path, work: Path, encoder_of: Path, events: Path) -> list[str]:
    """What builds a collection from a folder of media with the encoder of a bundle, telling of it in `events`."""
    options = {"--media": media, "--out": out, "--work": work, "--encoder-of": encoder_of, "--events": events}
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "ace_core", "build", *words]


def _start(command: Sequence[str], log: Any) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    # The page comes first: it gets the processor when both want it, and lives when memory runs out.
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, process.pid, 10)
    with suppress(OSError):
        Path(f"/proc/{process.pid}/oom_score_adj").write_text("1000", encoding="ascii")
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process and all that it started to end, then end them."""
    _signal(process, "SIGTERM")
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process, "SIGKILL")
    process.wait()


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, getattr(signal, name))
        elif process.poll() is None:
            process.kill()


def _events(file: Path) -> list[dict[str, Any]]:
    try:
        with open(file, "rb") as stream:
            lines = stream.read(EVENTS_READ).split(b"\n")
    except OSError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                found.append(event)
    return found


def _share(value: object) -> float:
    return min(1.0, max(0.0, value)) if isinstance(value, (int, float)) and value == value else 0.0


def _seconds(value: object) -> float | None:
    return max(0.0, value) if isinstance(value, (int, float)) and value == value and value < 1e6 else None
