"""A name for every implementation: a new encoder, captioner or data set is one file that registers itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ace_core.errors import ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        def add(entry: T) -> T:
            self._entries[name] = entry
            return entry

        return add

    def names(self) -> list[str]:
        return sorted(self._entries)

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            raise ConfigError(f"There is no {self.kind} named {name!r}; known: {', '.join(self.names())}.")
        return self._entries[name]
