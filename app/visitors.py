"""Visitors who brought media of their own: who they are, what they may leave here, and for how long.

    <root>/<view>/
        media/       the files, under names of ours, and captions.csv
        previews/    what the page shows of them: small pictures, posters
        work/, bundle/, events.jsonl, ...    of the build

A visitor is known by a secret key that only their browser holds. Folder and addresses of media are named by `view`,
which is derived from the key and does not lead back to it.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ace_core.collection import Modality
from ace_core.errors import AceError

if TYPE_CHECKING:
    from app.jobs import Job

PREFIX = "ace-visitors-"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What visitors may take up. Sizes in bytes, times in seconds."""

    files: int = 200  # of one visitor
    file_bytes: int = 25 * MEGABYTE
    visitor_bytes: int = 300 * MEGABYTE  # media of one visitor
    total_bytes: int = 4_000 * MEGABYTE  # media of all visitors
    free_bytes: int = 2_000 * MEGABYTE  # that stay free on the disk
    captions_bytes: int = MEGABYTE  # of captions.csv
    visitors: int = 100
    waiting: int = 8  # builds that wait while one runs
    engines: int = 3  # collections of visitors held in memory
    stay: float = 3600.0  # after the last use
    upload_seconds: float = 600.0  # for one file to arrive
    build_seconds: float = 1800.0


class Refused(AceError):
    """What a visitor asked for cannot be done; `status` is the HTTP status that says so."""

    def __init__(self, sentence: str, status: int = 409) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Kept:
    """A file that was accepted. Its decoding was done once, elsewhere; the page only shows what came out."""

    name: str  # in media/; also the item's id
    given: str  # what the visitor's machine calls it, and captions.csv too
    modality: Modality
    bytes: int
    seconds: float | None = None  # of a sound or a clip
    peaks: tuple[float, ...] = ()  # of a sound, see `Media.loudness`


@dataclass
class Visitor:
    """One visitor. Changed only under the lock of `Visitors`."""

    view: str
    folder: Path
    last_used: float
    files: dict[str, Kept] = field(default_factory=dict)  # by name
    captions: tuple[tuple[str, str], ...] = ()  # (given name, sentence), as captions.csv has them
    coming: int = 0  # bytes that are on their way
    job: Job | None = None
    built: int = 0  # how many builds succeeded
    searchable: int = 0  # items of the last of them
    changed: bool = False  # files came or went since

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def previews(self) -> Path:
        return self.folder / "previews"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files.values())

    @property
    def busy(self) -> bool:
        """Whether a build waits or runs."""
        return self.job is not None and self.job.open

    def preview(self, name: str) -> Path:
        return self.previews / f"{name}.webp"


class Visitors:
    """All of them. Any thread may call; `clock` is in seconds and never goes back."""

    def __init__(self, limits: Limits, parent: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.clock = limits, clock
        self.lock = threading.RLock()
        parent = parent or Path(tempfile.gettempdir())
        _clear_leftovers(parent, limits.stay)
        self.root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._known: dict[str, Visitor] = {}

    def open(self) -> str:
        """A new visitor; the key, which is told once and not kept."""
        with self.lock:
            if len(self._known) >= self.limits.visitors:
                self._make_room()
            key = secrets.token_urlsafe(32)
            view = view_of(key)
            folder = self.root / view
            (folder / "media").mkdir(parents=True)
            (folder / "previews").mkdir()
            self._known[view] = Visitor(view, folder, self.clock())
            return key

    def find(self, key: str, use: bool = False) -> Visitor:
        """The visitor with this key; `use` puts off the removal of their media. Raises `Refused`."""
        with self.lock:
            visitor = self._known.get(view_of(key))
            if visitor is None or self._expired(visitor):
                raise Refused(
                    f"Your media are not here any more: they are removed {minutes(self.limits.stay)} after you last "
                    "used them, or when the page is started anew. Drop them again.",
                    404,
                )
            if use:
                visitor.last_used = self.clock()
            return visitor

    def shown(self, view: str) -> Visitor | None:
        """The visitor whose media's addresses hold `view`, if there is one."""
        with self.lock:
            visitor = self._known.get(view)
            return None if visitor is None or self._expired(visitor) else visitor

    def remains(self, visitor: Visitor) -> float:
        """Seconds until the visitor's media are removed if nothing is done."""
        return max(0.0, visitor.last_used + self.limits.stay - self.clock())

    # Room for files

    def expect(self, visitor: Visitor, bytes_: int) -> None:
        """Set room aside for a file of so many bytes; raises `Refused` where there is none. See `arrived`."""
        limits = self.limits
        with self.lock:
            if visitor.busy:
                raise Refused("A build is under way; stop it first, or wait until it is done.")
            if bytes_ > limits.file_bytes:
                raise Refused(f"It has {megabytes(bytes_)}; {megabytes(limits.file_bytes)} a file is the most.", 413)
            if len(visitor.files) >= limits.files:
                raise Refused(f"{limits.files} files are the most; remove some first.", 413)
            if visitor.bytes + visitor.coming + bytes_ > limits.visitor_bytes:
                raise Refused(f"{megabytes(limits.visitor_bytes)} in all are the most; remove some first.", 413)
            everything = sum(one.bytes + one.coming for one in self._known.values())
            if everything + bytes_ > limits.total_bytes or self._disk_free() - bytes_ < limits.free_bytes:
                raise Refused("There is no room for more media just now; come back in an hour.", 503)
            visitor.coming += bytes_

    def arrived(self, visitor: Visitor, bytes_: int, file: Kept | None = None) -> None:
        """Give back the room that was set aside, and keep `file` if something came of it. Raises `Refused`."""
        with self.lock:
            visitor.coming -= bytes_
            if file is None:
                return
            if self._known.get(visitor.view) is not visitor:
                raise Refused("Your media were removed while this file was on its way; drop them again.", 404)
            if len(visitor.files) >= self.limits.files:  # several were on their way at once
                raise Refused(f"{self.limits.files} files are the most; remove some first.", 413)
            visitor.files[file.name] = file
            visitor.changed = True
            visitor.last_used = self.clock()

    # Going

    def remove(self, visitor: Visitor) -> None:
        """Forget the visitor and delete everything of theirs."""
        with self.lock:
            self._known.pop(visitor.view, None)
        # Moved first, so that nothing is found under its address while it is being deleted.
        gone = visitor.folder.with_name(f".gone-{visitor.view}")
        try:
            visitor.folder.rename(gone)
        except OSError:
            gone = visitor.folder
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> list[Visitor]:
        """Remove everybody whose time is over; returns them. Also shows other processes that this one lives."""
        with self.lock:
            over = [visitor for visitor in self._known.values() if self._expired(visitor)]
        for visitor in over:
            self.remove(visitor)
        self.root.touch()
        return over

    def close(self) -> None:
        with self.lock:
            self._known.clear()
        shutil.rmtree(self.root, ignore_errors=True)

    def _expired(self, visitor: Visitor) -> bool:
        return not visitor.busy and self.remains(visitor) <= 0

    def _make_room(self) -> None:
        """Whoever came first and left nothing goes; raises `Refused` where all have left something."""
        empty = [visitor for visitor in self._known.values() if not visitor.files and not visitor.coming]
        if not empty:
            raise Refused("Too many visitors have media here just now; come back in an hour.", 503)
        self.remove(min(empty, key=lambda visitor: visitor.last_used))

    def _disk_free(self) -> int:
        return shutil.disk_usage(self.root).free


def view_of(key: str) -> str:
    """128 bits, in hexadecimal digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def megabytes(bytes_: int) -> str:
    value = bytes_ / MEGABYTE
    return f"{value:.0f} MB" if value >= 10 else f"{value:.1f} MB"


def minutes(seconds: float) -> str:
    whole = max(1, round(seconds / 60))
    return f"{whole} minutes" if whole != 1 else "1 minute"


def _clear_leftovers(parent: Path, stay: float) -> None:
    """Delete what processes that were killed left behind: a living one touches its folder all the time."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            old = time.time() - folder.stat().st_mtime > stay
        except OSError:
            continue
        if old:
            shutil.rmtree(folder, ignore_errors=True)
