"""On what, and how, something was measured."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch

from ace_core.commands.evaluate import processor
from ace_core.errors import ConfigError
from ace_core.training.precision import cpu_has_bf16

_PACKAGES = ("torch", "transformers", "open_clip_torch", "faiss-cpu", "gradio", "numpy")


@dataclass(frozen=True)
class Setting:
    """What every measurement shares."""

    device: str = "cpu"
    threads: int = 0  # of torch; 0: as it is
    seed: int = 0
    rounds: int = 20  # how often each arm is timed

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.threads < 0:
            raise ConfigError("A measurement needs at least 1 round, and 0 or more threads (0: as it is).")


@dataclass(frozen=True)
class Facts:
    processor: str
    cores: int
    memory_gb: float
    device: str
    bf16_units: bool  # whether the processor multiplies bf16 matrices in hardware
    load_before: float  # cores that other programs kept busy just before; near 0 on a quiet machine
    versions: dict[str, str]
    threads: int
    seed: int


@contextmanager
def arranged(setting: Setting) -> Iterator[torch.device]:
    """The device, with torch's threads and seed set; threads are put back afterwards. Raises `ConfigError`."""
    device = torch.device(setting.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError("There is no CUDA device here; measure with --device cpu.")
    before = torch.get_num_threads()
    torch.set_num_threads(setting.threads or before)
    torch.manual_seed(setting.seed)
    try:
        yield device
    finally:
        torch.set_num_threads(before)


def facts(setting: Setting) -> Facts:
    """Called before anything is timed, so that the load is that of others."""
    cuda = setting.device.startswith("cuda")
    return Facts(
        processor=processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gb=round(_memory() / 1e9, 1),
        device=torch.cuda.get_device_name(setting.device) if cuda else "cpu",
        bf16_units=cpu_has_bf16(),
        load_before=round(_busy_cores(), 2),
        versions={"python": platform.python_version()} | {name: found for name in _PACKAGES if (found := _found(name))},
        threads=setting.threads or torch.get_num_threads(),
        seed=setting.seed,
    )


def _busy_cores(seconds: float = 2.0) -> float:
    """Of a look at the whole machine while this program sleeps; elsewhere than on Linux, the last minute's load."""
    try:
        before = _spent()
        time.sleep(seconds)
        (busy, idle), cores = (now - then for now, then in zip(_spent(), before, strict=True)), os.cpu_count() or 1
        return cores * busy / max(1, busy + idle)
    except (OSError, ValueError):
        return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _spent() -> tuple[int, int]:
    """Ticks of all cores since the start of the machine: busy, idle."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, idle, waiting, *rest = (int(ticks) for ticks in file.readline().split()[1:8])
    return user + nice + system + sum(rest), idle + waiting


def _memory() -> int:
    """Bytes of main memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def _found(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
