"""What every describer is: a picture, sound or clip in, sentences about it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Any, Protocol, TypeVar, runtime_checkable

from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.errors import ConfigError
from ace_core.files import sha256_file
from ace_core.media.guard import decoding
from ace_core.registry import Registry

T = TypeVar("T")


@runtime_checkable
class Describer(Protocol):
    """Media (not features) -> sentences. Each is one file that registers itself in `DESCRIBERS`."""

    @property
    def name(self) -> str: ...

    @property
    def modalities(self) -> frozenset[Modality]: ...

    @property
    def fingerprint(self) -> str:
        """sha256 over all that decides what it writes; part of the cache key."""
        ...

    @property
    def cached(self) -> bool:
        """False where the words lie beside the media, and may change while the media do not."""
        ...

    def describe(self, media: Sequence[Media], count: int, seed: int) -> list[list[str]]:
        """At most `count` different sentences for each of the media, the same ones for the same seed and item.

        A file that cannot be read raises `MediaError` naming it.
        """
        ...


DESCRIBERS: Registry[Any] = Registry("describer")


def check_request(describer: Describer, media: Sequence[Media], count: int) -> None:
    """`ConfigError` where a describer is asked for what it cannot do."""
    if count < 1:
        raise ConfigError(f"{describer.name} needs a count of 1 or more, not {count}.")
    foreign = sorted({one.modality for one in media} - describer.modalities)
    if foreign:
        raise ConfigError(f"{describer.name} describes {', '.join(sorted(describer.modalities))}, not {foreign[0]}.")


def content_key(media: Media) -> str:
    """Hex sha256 of the file: with the seed, all that an item's random numbers depend on."""
    with decoding(media.path, media.modality):
        return sha256_file(media.path)


def read_ahead(media: Sequence[Media], read: Any, at_once: int) -> Iterator[tuple[Sequence[Media], list[Any]]]:
    """Batches of media beside what `read` makes of each, read in worker threads one batch ahead of the model."""
    batches = [media[start : start + at_once] for start in range(0, len(media), at_once)]
    with ThreadPoolExecutor(min(4, cpu_count() or 1)) as workers:
        ahead = [workers.submit(read, one) for one in batches[0]] if batches else []
        for index, batch in enumerate(batches):
            current = ahead
            ahead = [workers.submit(read, one) for one in batches[index + 1]] if index + 1 < len(batches) else []
            yield batch, [task.result() for task in current]
