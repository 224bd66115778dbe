"""Where the time of one search goes, operation by operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity
from torch.profiler import profile as profiler

_SEARCHES = 5


@dataclass(frozen=True)
class Operation:
    name: str
    calls: float  # a search
    share: float  # of the time of all operations, what they call left out


def top_operations(run: Callable[[], Any], device: torch.device, count: int = 10) -> tuple[Operation, ...]:
    """The `count` operations that take most; the profiler itself slows short ones, so read shares and not times."""
    cuda = device.type == "cuda"
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if cuda else [])
    run()
    with profiler(activities=activities, acc_events=True) as record:
        for _ in range(_SEARCHES):
            run()
    found = [
        (float(entry.self_device_time_total if cuda else entry.self_cpu_time_total), entry.key, entry.count)
        for entry in record.key_averages()
    ]
    total = sum(time for time, _, _ in found) or 1.0
    return tuple(
        Operation(name, round(calls / _SEARCHES, 1), round(time / total, 4))
        for time, name, calls in sorted(found, reverse=True)[:count]
    )
