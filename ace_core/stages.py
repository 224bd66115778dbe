"""Stages of a build: one folder each, named by what it depends on, skipped when done, gone on with when killed.

work/<stage>-<key>/      key: hash of the stage's configuration and of everything that goes into it
    stage.json           its summary and seconds; its presence means that the stage is finished
    model.json, model.safetensors      where the stage made a model
work/stages.json         which folder is the present one of each stage
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from safetensors.torch import load_file
from torch import nn

from ace_core.config import load_config, save_config
from ace_core.errors import TrainingError
from ace_core.files import read_json, write_json
from ace_core.progress import EventLog
from ace_core.training.state import save_weights

Model = TypeVar("Model", bound=nn.Module)


def say(line: str) -> None:
    """Progress goes to stderr, so that results on stdout stay clean."""
    print(line, file=sys.stderr, flush=True)


def fingerprint(*parts: Any) -> str:
    """sha256 of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Stage:
    name: str
    key: str
    folder: Path
    summary: str
    seconds: float


class Work:
    """The folder of a build's stages."""

    def __init__(self, folder: Path, note: Callable[[str], None] = say, events: EventLog | None = None) -> None:
        self.folder = Path(folder)
        self.note = note
        self.events = events or EventLog(None, [""])
        self.stages: dict[str, Stage] = {}

    def stage(self, name: str, depends_on: Any, make: Callable[[Path], str]) -> Stage:
        """Run `make` in the stage's folder unless that was done before; it returns one sentence on what came out.

        depends_on: JSON values; configuration, and keys or fingerprints of what goes in.
        """
        key = fingerprint(name, depends_on)[:16]
        folder = self.folder / f"{name}-{key}"
        done = folder / "stage.json"
        if done.is_file():
            with self.events.stage(name):
                stage = Stage(name, key, folder, **read_json(done))
            self.note(f"{name}: {stage.summary} (done before)")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self.note(f"{name} ...")
            began = time.perf_counter()
            with self.events.stage(name):
                summary = make(folder)
            stage = Stage(name, key, folder, summary, round(time.perf_counter() - began, 1))
            write_json(done, {"summary": summary, "seconds": stage.seconds})
            self.note(f"{name}: {summary} ({_duration(stage.seconds)})")
        self.stages[name] = stage
        write_json(self.folder / "stages.json", {n: s.folder.name for n, s in self.stages.items()})
        return stage


def finished_stages(work: Path) -> dict[str, Path]:
    """The folder of each finished stage of an earlier build, by name; `TrainingError` where there was none."""
    if not (work / "stages.json").is_file():
        raise TrainingError(f"{work} holds no finished stages; run the build with --work {work} first.")
    return {name: work / folder for name, folder in read_json(work / "stages.json").items()}


def keep(model: nn.Module, folder: Path) -> None:
    """Write a model with a `config` where `restore` finds it."""
    save_weights(model, folder / "model.safetensors")
    save_config(model.config, folder / "model.json")


def restore(folder: Path, kind: type, make: Callable[[Any], Model]) -> Model:
    """Read what `keep` wrote; `kind` is the class of its configuration. In eval mode."""
    model = make(load_config(kind, folder / "model.json"))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.eval()


def fit_summary(folder: Path) -> str:
    """What the training loop said of a finished run in `folder`."""
    report = read_json(folder / "done.json")
    best = ", ".join(f"{name} {value:.4g}" for name, value in report["best"].items())
    told = f"{report['steps']} steps, loss {report['loss']:.4g}"
    return f"{told}; best at step {report['best_step']}: {best}" if best else told


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
