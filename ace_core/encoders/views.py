"""Media as views: a picture is one, a clip its frames, a sound its windows; their mean is the medium's vector."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ace_core.encoders.base import Media
from ace_core.media.guard import refuse

T = TypeVar("T")
_WORKERS = min(8, os.cpu_count() or 1)


def encode_views(
    media: Sequence[Media],
    load: Callable[[Media], Tensor],
    encode: Callable[[Tensor], Tensor],
    dimension: int,
    batch: int,
    ahead: int,
) -> np.ndarray:
    """Unit vectors float32 (N, D): of each medium the mean of its views' unit vectors, brought to unit length.

    load: one medium -> its views (V, ...), V >= 1, called in worker threads, up to `ahead` media before their turn.
    encode: views (B, ...) of one or several media -> (B, D), B up to `batch`; called in this thread.
    """
    sums = torch.zeros(len(media), dimension)
    for views, owners in _batches(load_ahead(load, media, ahead), batch):
        sums.index_add_(0, owners, normalize(encode(views).float().cpu(), dim=-1))
    vectors = normalize(sums, dim=-1)
    for row in (~torch.isfinite(sums).all(dim=1)).nonzero().flatten().tolist():
        raise refuse(media[row].path, "the encoder gives no finite vector for it", "leave this file out")
    return vectors.numpy()


def load_ahead(load: Callable[[Media], T], media: Sequence[Media], ahead: int) -> Iterator[T]:
    """`load` of each medium in order, in worker threads; up to `ahead` of them are ready or on their way."""
    with ThreadPoolExecutor(_WORKERS) as workers:
        rest = iter(media)
        tasks = deque(workers.submit(load, one) for one in islice(rest, max(1, ahead)))
        try:
            while tasks:
                loaded = tasks.popleft().result()
                tasks.extend(workers.submit(load, one) for one in islice(rest, 1))
                yield loaded
        finally:
            for task in tasks:
                task.cancel()


def _batches(media: Iterable[Tensor], size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Views (V_i, ...) of medium after medium -> up to `size` views (B, ...) and whose they are, int64 (B,)."""
    views: list[Tensor] = []
    owners: list[int] = []
    for owner, some in enumerate(media):
        views += some.unbind()
        owners += [owner] * len(some)
        while len(views) >= size:
            yield torch.stack(views[:size]), torch.tensor(owners[:size])
            del views[:size], owners[:size]
    if views:
        yield torch.stack(views), torch.tensor(owners)
