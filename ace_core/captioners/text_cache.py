"""Sentences on disk: JSON Lines by content and by what wrote them, so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ace_core.errors import TrainingError
from ace_core.progress import Bar

Write = Callable[[list[int]], Sequence[list[str] | None]]


class TextCache:
    """Lines of other writers are kept and not used; a last line that a kill cut short is removed."""

    def __init__(self, path: Path, writer: str) -> None:
        """writer: names everything besides the content that decides the sentences."""
        self.path, self.writer = Path(path), hashlib.sha256(writer.encode()).hexdigest()
        self._known = self._read()

    def complete(
        self, keys: Sequence[str], write: Write, *, at_once: int, title: str, progress: bool = True
    ) -> list[list[str]]:
        """Sentences of N items by `keys` (N,), the sha256 of their content; `write` is asked for those not yet here.

        It takes at most `at_once` positions of items and gives sentences for each, or None where there are none this
        time: nothing is remembered of these. Every such part is on disk before the next begins.
        """
        if not all(keys):
            raise TrainingError(f"Every item needs a key (the sha256 of its content) to keep its texts in {self.path}.")
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        missing = sorted(place for key, place in first.items() if key not in self._known)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        bar = Bar(len(first), title, "item", initial=len(first) - len(missing), shown=progress)
        with bar, open(self.path, "a", encoding="utf-8") as stream:
            for start in range(0, len(missing), at_once):
                places = missing[start : start + at_once]
                for place, texts in zip(places, write(places), strict=True):
                    if texts is not None:
                        self._known[keys[place]] = texts
                        record = {"key": keys[place], "writer": self.writer, "texts": texts}
                        stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
                bar.update(len(places))
        return [list(self._known.get(key, ())) for key in keys]

    def _read(self) -> dict[str, list[str]]:
        if not self.path.is_file():
            return {}
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with open(self.path, "r+b") as stream:
                stream.truncate(len(whole))
        known = {}
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                record = json.loads(line)
                key, writer, texts = record["key"], record["writer"], record["texts"]
            except (ValueError, KeyError, TypeError) as error:
                raise TrainingError(f"{self.path} line {number} is not one of sentences; delete the file.") from error
            if writer == self.writer:
                known[key] = texts
        return known
