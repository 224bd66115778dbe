"""Published layouts and folders as collections. A new one is one file that registers itself and is imported here."""

from __future__ import annotations

from collections.abc import Callable

from ace_core.collection import Collection
from ace_core.registry import Registry

DATASETS: Registry[Callable[..., Collection]] = Registry("data set")

from ace_core.datasets import (  # noqa: E402
    audiocaps,  # noqa: F401  (they register themselves)
    clotho,  # noqa: F401
    flickr8k,  # noqa: F401
    folder,  # noqa: F401
    karpathy,  # noqa: F401
    msrvtt,  # noqa: F401
    msvd,  # noqa: F401
)
