"""The state of a training stage on disk: weights, optimiser moments and random state, wholly there or not at all."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ace_core.files import atomic_folder, atomic_path, read_json, write_json


@dataclass(frozen=True)
class Progress:
    """How far a stage has come. `seconds` counts training time over all its runs."""

    step: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best: dict[str, float] = field(default_factory=dict)  # all metrics of the best validation


def save_weights(model: nn.Module, path: Path) -> None:
    """Write parameters and buffers as safetensors, atomically."""
    with atomic_path(path) as staged:
        save_file(_plain(model.state_dict()), staged)


def load_weights(model: nn.Module, path: Path) -> None:
    model.load_state_dict(load_file(path))


def save_state(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Replace `folder`/state by the present state, atomically."""
    random = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random |= {f"cuda.{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}
    moments = {
        f"{index}.{name}": value
        for index, slot in optimizer.state_dict()["state"].items()
        for name, value in slot.items()
    }
    with atomic_folder(folder / "state") as staged:
        save_file(_plain(model.state_dict()), staged / "model.safetensors")
        save_file(_plain(moments), staged / "optimizer.safetensors")
        save_file(_plain(random), staged / "random.safetensors")
        write_json(staged / "progress.json", asdict(progress))


def load_state(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress | None:
    """Bring model, optimiser and random state back from `folder`/state; None where nothing was saved."""
    state = folder / "state"
    _recover(state)
    if not state.is_dir():
        return None
    model.load_state_dict(load_file(state / "model.safetensors"))
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in load_file(state / "optimizer.safetensors").items():
        index, name = key.split(".", 1)
        slots.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    for name, value in load_file(state / "random.safetensors").items():
        if name == "cpu":
            torch.set_rng_state(value)
        elif (device := int(name.split(".")[1])) < torch.cuda.device_count():
            torch.cuda.set_rng_state(value, device)
    return Progress(**read_json(state / "progress.json"))


def _recover(state: Path) -> None:
    """Undo a kill inside a replacement: put the old folder back if the new one never took its place, sweep the rest."""
    for old in sorted(state.parent.glob(f".{state.name}.old-*")):
        if state.exists():
            shutil.rmtree(old)
        else:
            old.rename(state)
    for staged in state.parent.glob(f".{state.name}.staging-*"):
        shutil.rmtree(staged)


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Own, contiguous copies on the CPU: safetensors refuses memory shared between two names."""
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in tensors.items()}
