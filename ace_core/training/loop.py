"""One training loop for every stage: schedule, clipping, validation, best weights, log, plot and exact resume.

A stage owns a folder:
    config.json        what was asked for; a resumed run must ask for the same
    state/             weights, optimiser, random state; replaced atomically every `save_every` steps
    best.safetensors   weights of the best validation (the last ones where nothing is watched)
    log.jsonl, plot.png
    done.json          the report; its presence means that the stage is finished
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ace_core.errors import ConfigError, TrainingError
from ace_core.files import atomic_path, read_json, write_json
from ace_core.progress import Bar
from ace_core.training.plot import plot_log, read_log
from ace_core.training.precision import autocast
from ace_core.training.state import Progress, load_state, load_weights, save_state, save_weights

LOG_LINES = 400  # about how many lines a whole run writes to its log

LossOf = Callable[[nn.Module, Any], Tensor | tuple[Tensor, dict[str, float]]]


@dataclass(frozen=True)
class LoopConfig:
    steps: int
    batch_size: int = 256  # for `make_batch` to use; the loop itself only stores it
    learning_rate: float = 1e-3  # at the top of the schedule
    warmup: float = 0.05  # share of the steps with rising learning rate
    weight_decay: float = 0.01  # on matrices only
    clip: float = 1.0  # largest norm of the gradient; 0: no clipping
    seed: int = 0
    validate_every: int = 200  # steps
    save_every: int = 200  # steps
    threads: int = 0  # CPU threads; 0: leave as it is

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size, self.validate_every, self.save_every) < 1:
            raise ConfigError("LoopConfig: steps, batch_size, validate_every and save_every must be at least 1.")
        if not (self.learning_rate > 0 and 0 <= self.warmup < 1 and self.weight_decay >= 0 and self.clip >= 0):
            raise ConfigError("LoopConfig: learning_rate must be above 0, warmup in [0, 1), the rest not negative.")


@dataclass(frozen=True)
class FitReport:
    name: str
    steps: int
    seconds: float  # of training over all runs of the stage, without validation
    loss: float  # mean of the last logged stretch
    best_step: int
    best: dict[str, float]  # metrics of the best validation; empty without validation


def fit(
    model: nn.Module,
    make_batch: Callable[[int, np.random.Generator], Any],
    loss_of: LossOf,
    config: LoopConfig,
    folder: Path,
    *,
    name: str,
    validate: Callable[[nn.Module], dict[str, float]] | None = None,
    watch: str | None = None,
    progress: bool = True,
    parameter_groups: Sequence[Mapping[str, Any]] | None = None,
    context: Mapping[str, Any] | None = None,
    restart: bool = False,
) -> FitReport:
    """Train `model` in place and leave it, in eval mode, with its best weights (by `watch`, higher is better).

    make_batch(step, generator): anything; tensors in it (also inside tuples, lists and dicts) are moved to the
        model's device. The generator is seeded by (seed, step), so a resumed run draws the very same batches.
    loss_of(model, batch): the loss, or the loss and further numbers for the log; called under bf16 autocast.
    validate(model): metrics; called in eval mode without gradients and without autocast, random state untouched.
    parameter_groups: as for torch optimisers ("params", optional "lr" and "weight_decay"); default: all parameters.
    context: further JSON values that must be the same for a resumed run (model configuration, fingerprint of data).
    restart: throw away whatever the folder holds of an earlier run.
    """
    folder = Path(folder)
    if restart:
        _clear(folder)
    _check_same_run(folder, {"name": name, "loop": asdict(config), "context": dict(context or {})})
    if (folder / "done.json").is_file():
        load_weights(model, folder / "best.safetensors")
        model.eval()
        return FitReport(**read_json(folder / "done.json"))
    if config.threads:
        torch.set_num_threads(config.threads)
    optimizer = _optimizer(model, config, parameter_groups)
    torch.manual_seed(config.seed)
    state = load_state(folder, model, optimizer)
    if state is None:
        state = Progress()
        save_state(folder, model, optimizer, state)  # so that a resumed run starts from the same first weights
    run = _Run(model, optimizer, config, folder, name, validate, watch, state)
    return run.to_the_end(make_batch, loss_of, progress)


class _Run:
    """One run of a stage, from the saved step to the last."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        config: LoopConfig,
        folder: Path,
        name: str,
        validate: Callable[[nn.Module], dict[str, float]] | None,
        watch: str | None,
        state: Progress,
    ) -> None:
        self.model, self.optimizer, self.config = model, optimizer, config
        self.folder, self.name, self.validate, self.watch, self.state = folder, name, validate, watch, state
        self.device = next(model.parameters()).device
        self.records = read_log(folder / "log.jsonl", state.step)
        with atomic_path(folder / "log.jsonl") as staged:
            staged.write_text("".join(json.dumps(record) + "\n" for record in self.records), encoding="utf-8")

    def to_the_end(self, make_batch: Callable, loss_of: LossOf, progress: bool) -> FitReport:
        config, log_every = self.config, max(1, self.config.steps // LOG_LINES)
        bar = Bar(config.steps, self.name, "step", initial=self.state.step, shown=progress)
        losses: list[float] = []
        with bar:
            for step in range(self.state.step, config.steps):
                began = time.perf_counter()
                batch = to_device(make_batch(step, np.random.default_rng((config.seed, step))), self.device)
                loss, norm, extra = self._step(step, batch, loss_of)
                losses.append(loss)
                done = step + 1
                self.state = replace(self.state, step=done, seconds=self.state.seconds + time.perf_counter() - began)
                rate = self.optimizer.param_groups[0]["lr"]
                if done % log_every == 0 or done == config.steps:
                    mean = float(np.mean(losses))
                    self._log({"step": done, "loss": mean, "rate": rate, "norm": norm, **extra})
                    bar.set_postfix_str(f"loss {mean:.4g}, rate {rate:.2g}{self._best_text()}", refresh=False)
                    losses.clear()
                bar.update()
                if self.validate and (done % config.validate_every == 0 or done == config.steps):
                    self._validate()
                if done % config.save_every == 0 or done == config.steps:
                    save_state(self.folder, self.model, self.optimizer, self.state)
        return self._finish()

    def _step(self, step: int, batch: Any, loss_of: LossOf) -> tuple[float, float, dict[str, float]]:
        for group in self.optimizer.param_groups:
            group["lr"] = group["top_rate"] * schedule(step, self.config)
        self.model.train()
        with autocast(self.device):
            outcome = loss_of(self.model, batch)
        loss, extra = outcome if isinstance(outcome, tuple) else (outcome, {})
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"{self.name}: the loss is {value} at step {step + 1}; lower the learning rate or check the data."
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = float(nn.utils.clip_grad_norm_(parameters, self.config.clip or math.inf))
        if not math.isfinite(norm):
            raise TrainingError(
                f"{self.name}: the gradient is {norm} at step {step + 1}; lower the learning rate or check the data."
            )
        self.optimizer.step()
        return value, norm, {key: float(number) for key, number in extra.items()}

    def _validate(self) -> None:
        assert self.validate is not None
        self.model.eval()
        with torch.no_grad(), torch.random.fork_rng():
            metrics = {key: float(value) for key, value in self.validate(self.model).items()}
        self._log({"step": self.state.step, "validation": metrics})
        if self.watch is None:
            return
        score = metrics.get(self.watch, math.nan)
        if math.isnan(score):
            raise TrainingError(
                f"{self.name}: validation at step {self.state.step} gave no number for {self.watch!r}: {metrics}."
            )
        if not self.state.best or score > self.state.best[self.watch]:
            self.state = replace(self.state, best=metrics, best_step=self.state.step)
            save_weights(self.model, self.folder / "best.safetensors")

    def _finish(self) -> FitReport:
        best = self.folder / "best.safetensors"
        if self.watch is None or not self.state.best:
            save_weights(self.model, best)
        load_weights(self.model, best)
        self.model.eval()
        plot_log(self.records, self.folder / "plot.png", self.name, self.watch)
        loss = next((record["loss"] for record in reversed(self.records) if "loss" in record), math.nan)
        state = self.state
        report = FitReport(
            self.name, state.step, round(state.seconds, 3), loss, state.best_step or state.step, state.best
        )
        write_json(self.folder / "done.json", asdict(report))
        return report

    def _log(self, record: dict[str, Any]) -> None:
        record["seconds"] = round(self.state.seconds, 3)
        self.records.append(record)
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")

    def _best_text(self) -> str:
        return f", {self.watch} {self.state.best[self.watch]:.4g}" if self.watch and self.state.best else ""


def schedule(step: int, config: LoopConfig) -> float:
    """Share of the top learning rate at `step` (from 0): linear warm-up, then half a cosine down to one hundredth."""
    warm = max(1, round(config.warmup * config.steps))
    if step < warm:
        return (step + 1) / warm
    position = (step - warm) / max(1, config.steps - warm)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * position))


def to_device(batch: Any, device: torch.device) -> Any:
    """Move every tensor in nested tuples, lists and dicts to `device`."""
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(to_device(value, device) for value in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


def _optimizer(
    model: nn.Module, config: LoopConfig, groups: Sequence[Mapping[str, Any]] | None
) -> torch.optim.Optimizer:
    """AdamW; within each group only matrices decay, unless the group says otherwise."""
    split: list[dict[str, Any]] = []
    for group in groups or [{"params": model.parameters()}]:
        parameters = [p for p in group["params"] if p.requires_grad]
        rate = group.get("lr", config.learning_rate)
        for matrices in (True, False):
            chosen = [p for p in parameters if (p.ndim >= 2) == matrices]
            decay = group.get("weight_decay", config.weight_decay if matrices else 0.0)
            if chosen:
                split.append({"params": chosen, "lr": rate, "top_rate": rate, "weight_decay": decay})
    if not split:
        raise TrainingError("The model has no parameter to train.")
    return torch.optim.AdamW(split, betas=(0.9, 0.98), fused=True)


def _check_same_run(folder: Path, wanted: dict[str, Any]) -> None:
    """Store what is asked for, or compare with what an earlier run was asked for."""
    wanted = json.loads(json.dumps(wanted))
    path = folder / "config.json"
    if not path.is_file():
        write_json(path, wanted)
        return
    stored = read_json(path)
    if stored == wanted:
        return
    before, now = _flat(stored), _flat(wanted)
    field = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))[0]
    raise TrainingError(
        f"{folder} holds a run with {field} = {before.get(field)!r}, now {now.get(field)!r}; "
        "use the same configuration, another folder, or restart=True."
    )


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, part in value.items() for k, v in _flat(part, f"{prefix}{key}.").items()}
    return {prefix.rstrip("."): value}


def _clear(folder: Path) -> None:
    for name in ("done.json", "config.json", "best.safetensors", "log.jsonl", "plot.png"):
        (folder / name).unlink(missing_ok=True)
    for leftover in [folder / "state", *folder.glob(".state.*")]:
        shutil.rmtree(leftover, ignore_errors=True)
