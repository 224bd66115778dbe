"""A visitor's own collection, from dropping files to searching them: what the routes and the page ask."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ace_core.bundle import BUILT_IN
from ace_core.errors import MediaError
from ace_core.files import read_json
from app.belongings import (
    CAPTIONS,
    captions_of,
    is_captions,
    kept_name,
    read_captions,
    write_archive,
    write_captions,
)
from app.examine import Examiner
from app.jobs import Job, Jobs, build_command
from app.visitor_media import VisitorMedia
from app.visitors import Kept, Limits, Refused, Visitor, Visitors, megabytes
from app.weakness import weakness_of

if TYPE_CHECKING:
    from app.page import Page

GIVEN_LENGTH: Final = 1000  # characters of the name that a visitor's machine gives
SWEEP: Final = 20.0  # seconds
Builder = Callable[[Path, Path, Path, Path, Path], list[str]]  # as `build_command`

log = logging.getLogger("ace.yours")


@dataclass(frozen=True)
class Coming:
    """A file on its way: room for it is set aside, and `path` is where to write it."""

    visitor: Visitor
    given: str
    path: Path
    bytes: int


class Yours:
    """All visitors' collections. `encoder_of` is the bundle whose encoder and captioner every build uses."""

    def __init__(
        self,
        encoder_of: Path = BUILT_IN,
        limits: Limits | None = None,
        parent: Path | None = None,
        builder: Builder = build_command,
    ) -> None:
        self.encoder_of, self.limits, self._builder = encoder_of, limits or Limits(), builder
        self.weakness = weakness_of(encoder_of)
        self.visitors = Visitors(self.limits, parent)
        self.jobs = Jobs(self.limits.waiting, self.limits.build_seconds)
        self.examiner = Examiner()
        self._pages: OrderedDict[tuple[str, int], Page] = OrderedDict()  # (view, number of the build), last used last
        self._loading = threading.Lock()
        self._zipping = threading.Lock()
        self._closed = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)
        self._sweeper.start()

    def close(self) -> None:
        """Stop every build and delete everything that visitors left."""
        self._closed.set()
        self.jobs.close()
        self.examiner.close()
        self._sweeper.join(5)
        self.visitors.close()
        self._pages.clear()

    # Files

    def expect(self, key: str, given: str, bytes_: int) -> Coming:
        """Set room aside for a file. Raises `Refused`; whatever comes after must end in `receive` or `give_up`."""
        visitor = self.visitors.find(key, use=True)
        if not given or len(given) > GIVEN_LENGTH:
            raise Refused("A file needs a name of ordinary length; rename it and send it again.", 400)
        if bytes_ <= 0:
            raise Refused("The file is empty.", 400)
        if is_captions(given) and bytes_ > self.limits.captions_bytes:
            raise Refused(f"{megabytes(self.limits.captions_bytes)} is the most for {CAPTIONS}.", 413)
        self.visitors.expect(visitor, bytes_)
        return Coming(visitor, given, visitor.folder / f".coming-{secrets.token_hex(8)}", bytes_)

    def give_up(self, coming: Coming) -> None:
        """The file did not arrive."""
        coming.path.unlink(missing_ok=True)
        self.visitors.arrived(coming.visitor, coming.bytes)

    def receive(self, coming: Coming) -> None:
        """Look at a file that has arrived and keep it. Raises `Refused` where it is none of the known kinds."""
        kept: Kept | None = None
        preview = coming.path.with_suffix(".webp")
        try:
            if is_captions(coming.given):
                self._keep_captions(coming)
            else:
                kept = self._keep(coming, preview)
        finally:
            coming.path.unlink(missing_ok=True)
            preview.unlink(missing_ok=True)
            try:
                self.visitors.arrived(coming.visitor, coming.bytes, kept)
            except Refused:
                self._delete(coming.visitor, kept)
                raise

    def drop(self, key: str, name: str) -> None:
        """Delete one file."""
        visitor = self.visitors.find(key, use=True)
        with self.visitors.lock:
            _not_while_building(visitor)
            kept = visitor.files.pop(name, None)
            visitor.changed = visitor.changed or kept is not None
        self._delete(visitor, kept)

    def _keep(self, coming: Coming, preview: Path) -> Kept:
        try:
            found = self.examiner.examine(coming.path, preview)
        except MediaError as error:
            raise Refused(_sentence(str(error)), 415) from None
        visitor = coming.visitor
        with self.visitors.lock:
            name = kept_name(coming.given, found.ending, lambda name: (visitor.media / name).exists())
            try:
                coming.path.replace(visitor.media / name)
                if preview.exists():
                    preview.replace(visitor.preview(name))
            except OSError:
                raise Refused("Your media were removed while this file was on its way; drop them again.", 404) from None
        return Kept(name, coming.given, found.modality, coming.bytes, found.seconds, found.peaks)

    def _keep_captions(self, coming: Coming) -> None:
        rows = read_captions(coming.path.read_bytes())
        with self.visitors.lock:
            coming.visitor.captions, coming.visitor.changed = rows, True

    def _delete(self, visitor: Visitor, kept: Kept | None) -> None:
        if kept is not None:
            (visitor.media / kept.name).unlink(missing_ok=True)
            visitor.preview(kept.name).unlink(missing_ok=True)

    # Building

    def build(self, key: str) -> None:
        """Put the visitor's build in the queue. Raises `Refused`."""
        visitor = self.visitors.find(key, use=True)
        with self._zipping, self.visitors.lock:
            _not_while_building(visitor)
            if len(visitor.files) < 2:
                raise Refused("Drop at least two files first; a search needs something to choose from.")
            events, media = visitor.folder / "events.jsonl", visitor.media
            events.unlink(missing_ok=True)
            write_captions(media / CAPTIONS, captions_of(visitor.files, visitor.captions))
            command = self._builder(media, visitor.bundle, visitor.folder / "work", self.encoder_of, events)
            job = Job(command, events, visitor.folder / "build.log", lambda job: self._ended(visitor, job))
            self.jobs.add(job)
            visitor.job = job

    def stop(self, key: str) -> None:
        """Stop the visitor's build, or take it out of the queue."""
        visitor = self.visitors.find(key, use=True)
        if visitor.job is not None:
            self.jobs.stop(visitor.job)

    def _ended(self, visitor: Visitor, job: Job) -> None:
        items = 0
        if job.outcome == "done":
            try:
                items = int(read_json(visitor.bundle / "config.json")["collection"]["items"])
            except (OSError, ValueError, KeyError, TypeError):
                job.outcome, job.why = "failed", "The build left no bundle; try again."
        if job.outcome == "failed":
            log.warning("a visitor's build failed: %s", job.why)
        with self.visitors.lock:
            visitor.last_used = self.visitors.clock()
            if job.outcome == "done":
                visitor.built, visitor.searchable, visitor.changed = visitor.built + 1, items, False
        if self.visitors.shown(visitor.view) is not visitor:  # removed while the build was ending
            self.visitors.remove(visitor)

    # Searching

    def searchable(self, key: str) -> int:
        """How many items of this visitor can be searched; 0 where there are none."""
        try:
            return self.visitors.find(key).searchable
        except Refused:
            return 0

    def page(self, key: str) -> Page:
        """The visitor's collection as a page that draws. Raises `Refused` where there is none."""
        visitor = self.visitors.find(key, use=True)
        if not visitor.built:
            raise Refused("Your media are not searchable yet; build them first, on the tab “Your media”.")
        wanted = (visitor.view, visitor.built)
        with self._loading:
            if wanted not in self._pages:
                self._pages[wanted] = self._load(visitor)
                while len(self._pages) > self.limits.engines:
                    self._pages.popitem(last=False)
            self._pages.move_to_end(wanted)
            return self._pages[wanted]

    def _load(self, visitor: Visitor) -> Page:
        from ace_core.engine import Engine
        from app.page import Page

        # Small collections are quick on a processor, and an accelerator may be lent by the call only.
        engine = Engine.load(visitor.bundle, device="cpu", media_root=visitor.media, warm_up=False)
        return Page(engine, media=VisitorMedia(visitor))

    # Taking it home, and going

    def archive(self, key: str) -> Path:
        """The built bundle and its media as one .zip, made when it is first asked for. Raises `Refused`."""
        visitor = self.visitors.find(key, use=True)
        with self._zipping:
            _not_while_building(visitor)
            if not visitor.built:
                raise Refused("There is no bundle yet; build your media first.")
            path = visitor.folder / f"bundle-{visitor.built}.zip"
            if not path.is_file():
                for older in visitor.folder.glob("bundle-*.zip"):
                    older.unlink(missing_ok=True)
                try:
                    write_archive(path, [visitor.bundle, visitor.media])
                except OSError:
                    raise Refused("There is no room to pack it just now; try again in a while.", 503) from None
            return path

    def remove(self, key: str) -> None:
        """Delete everything of this visitor now."""
        visitor = self.visitors.find(key)
        if visitor.job is not None:
            self.jobs.stop(visitor.job)
        self._forget(visitor)
        self.visitors.remove(visitor)

    def _forget(self, visitor: Visitor) -> None:
        with self._loading:
            for known in [known for known in self._pages if known[0] == visitor.view]:
                del self._pages[known]

    def _sweep(self) -> None:
        while not self._closed.wait(SWEEP):
            try:
                for visitor in self.visitors.sweep():
                    self._forget(visitor)
            except Exception:
                log.exception("the sweep failed")


def _not_while_building(visitor: Visitor) -> None:
    if visitor.busy:
        raise Refused("A build is under way; stop it first, or wait until it is done.")


def _sentence(text: str) -> str:
    """A decoder's words about a file as one sentence."""
    return text[:1].upper() + text[1:]
