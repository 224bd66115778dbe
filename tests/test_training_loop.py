"""The training loop: it learns, keeps the best weights, and survives kill -9 with the very same result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ace_core.errors import ConfigError, TrainingError
from ace_core.training.loop import LoopConfig, fit, schedule, to_device

CONFIG = LoopConfig(steps=60, batch_size=16, learning_rate=3e-2, validate_every=20, save_every=7, threads=1)

# Run in a subprocess that is killed: the pause makes a kill in the middle certain, not likely.
SCRIPT = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_training_loop as t
t.train(Path(sys.argv[1]), pause=float(sys.argv[2]))
"""


def make_model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.BatchNorm1d(16), nn.Linear(16, 1))


def make_batch(step: int, generator: np.random.Generator) -> dict[str, torch.Tensor]:
    x = torch.from_numpy(generator.standard_normal((16, 4), dtype=np.float32))
    return {"x": x, "y": x.sum(1, keepdim=True)}


def loss_of(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch["x"]).float(), batch["y"])


def validate(model: nn.Module) -> dict[str, float]:
    batch = make_batch(0, np.random.default_rng(99))
    torch.rand(3)  # must not disturb the training's random state
    return {"fit": -float(loss_of(model, batch).detach())}


def train(folder: Path, pause: float = 0.0, config: LoopConfig = CONFIG, seed: int = 0, **options):
    def slow_batch(step: int, generator: np.random.Generator) -> dict[str, torch.Tensor]:
        time.sleep(pause)
        return make_batch(step, generator)

    model = make_model(seed)
    options = {"name": "toy", "validate": validate, "watch": "fit", "progress": False} | options
    return model, fit(model, slow_batch, loss_of, config, folder, **options)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_it_learns_and_leaves_log_plot_and_report(tmp_path: Path) -> None:
    untrained = validate(make_model().eval())["fit"]
    model, report = train(tmp_path)
    assert not model.training
    assert report.best["fit"] > untrained / 2  # the error at least halves
    assert validate(model)["fit"] == pytest.approx(report.best["fit"])
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records if "loss" in r] == list(range(1, 61))
    assert [r["step"] for r in records if "validation" in r] == [20, 40, 60]
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_kill_9_and_resume_gives_the_same_weights(tmp_path: Path) -> None:
    whole, report = train(tmp_path / "whole")
    folder = tmp_path / "killed"
    script = SCRIPT.format(tests=str(Path(__file__).parent))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", script, str(folder), "0.05"], env=environment)
    progress = folder / "state" / "progress.json"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if json.loads(progress.read_text())["step"] >= 14:
                break
        except (OSError, ValueError):
            pass
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "done.json").exists()
    resumed, after = train(folder, seed=5)  # other first weights: what counts is the saved state
    assert same_weights(whole, resumed)
    assert (after.best, after.best_step, after.loss) == (report.best, report.best_step, report.loss)
    steps = [r["step"] for r in map(json.loads, (folder / "log.jsonl").read_text().splitlines()) if "loss" in r]
    assert steps == list(range(1, 61))


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path: Path) -> None:
    whole, _ = train(tmp_path / "whole")

    def stop_at_30(step: int, generator: np.random.Generator) -> dict[str, torch.Tensor]:
        if step == 30:
            raise KeyboardInterrupt
        return make_batch(step, generator)

    folder = tmp_path / "cut"
    options = {"name": "toy", "validate": validate, "watch": "fit", "progress": False}
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), stop_at_30, loss_of, CONFIG, folder, **options)
    (folder / "state").rename(folder / ".state.old-123")
    (folder / ".state.staging-abc").mkdir()
    model, _ = train(folder, seed=5)
    assert same_weights(whole, model)
    assert not list(folder.glob(".state.*"))


def test_best_weights_are_kept_not_the_last(tmp_path: Path) -> None:
    scores = iter([0.1, 0.9, 0.2])
    seen: list[dict[str, torch.Tensor]] = []

    def score(model: nn.Module) -> dict[str, float]:
        seen.append({k: v.clone() for k, v in model.state_dict().items()})
        return {"fit": next(scores)}

    model, report = train(tmp_path, validate=score)
    assert (report.best_step, report.best) == (40, {"fit": 0.9})
    assert all(torch.equal(value, seen[1][key]) for key, value in model.state_dict().items())
    assert not torch.equal(seen[1]["0.weight"], seen[2]["0.weight"])


def test_a_finished_stage_returns_at_once(tmp_path: Path) -> None:
    model, report = train(tmp_path)
    again, second = train(tmp_path, seed=5, pause=100)
    assert second == report
    assert same_weights(model, again)


def test_another_configuration_is_refused_or_starts_anew(tmp_path: Path) -> None:
    train(tmp_path)
    other = replace(CONFIG, learning_rate=1e-3)
    with pytest.raises(TrainingError, match=r"learning_rate = 0.03, now 0.001"):
        train(tmp_path, config=other)
    with pytest.raises(TrainingError, match=r"context.data = None, now 'abc'"):
        train(tmp_path, context={"data": "abc"})
    train(tmp_path, config=other, restart=True)
    assert json.loads((tmp_path / "config.json").read_text())["loop"]["learning_rate"] == 1e-3


def test_a_loss_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    def explode(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return loss_of(model, batch) / 0

    with pytest.raises(TrainingError, match=r"toy: the loss is inf at step 1"):
        fit(make_model(), make_batch, explode, CONFIG, tmp_path, name="toy", progress=False)


def test_a_validation_that_is_not_a_number_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="gave no number for 'fit'"):
        train(tmp_path, validate=lambda model: {"fit": float("nan")})


def test_only_matrices_decay_and_groups_keep_their_rate(tmp_path: Path) -> None:
    model = make_model()
    vectors = {k: v.clone() for k, v in model.state_dict().items() if v.ndim == 1 and "bias" in k}
    first = model[0].weight.detach().clone()

    def still(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return sum((p * 0).sum() for p in model.parameters())  # no gradient: only the decay moves weights

    groups = [{"params": model[:4].parameters()}, {"params": model[4:].parameters(), "weight_decay": 0.0}]
    last = model[4].weight.detach().clone()
    config = replace(CONFIG, weight_decay=0.5)
    fit(model, make_batch, still, config, tmp_path, name="decay", progress=False, parameter_groups=groups)
    after = model.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in vectors.items())
    assert after["0.weight"].norm() < 0.9 * first.norm()
    assert torch.equal(after["4.weight"], last)


def test_schedule_rises_then_falls() -> None:
    config = replace(CONFIG, steps=100, warmup=0.1)
    shares = [schedule(step, config) for step in range(100)]
    assert shares[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert max(shares) == 1.0
    assert all(a > b for a, b in pairwise(shares[10:]))
    assert 0.01 <= shares[-1] < 0.02


@pytest.mark.parametrize("change", [{"steps": 0}, {"learning_rate": 0.0}, {"warmup": 1.0}, {"clip": -1.0}])
def test_impossible_configurations_are_refused(change: dict) -> None:
    with pytest.raises(ConfigError):
        replace(CONFIG, **change)


def test_tensors_are_moved_wherever_they_are() -> None:
    batch = ({"a": [torch.ones(1)]}, 3, "text")
    moved = to_device(batch, torch.device("meta"))
    assert moved[0]["a"][0].device.type == "meta"
    assert moved[1:] == (3, "text")
