"""The log of a training stage, read back and drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ace_core.files import atomic_path


def read_log(path: Path, last_step: int | None = None) -> list[dict[str, Any]]:
    """Records of a JSON Lines log up to `last_step`; a line cut short by a kill is left out."""
    if not path.is_file():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if last_step is None or record["step"] <= last_step:
            records.append(record)
    return records


def plot_log(records: list[dict[str, Any]], path: Path, title: str, watch: str | None = None) -> None:
    """Draw the loss and, where there is one, the watched metric over the steps, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    losses = [(r["step"], r["loss"]) for r in records if "loss" in r]
    axes.plot(*zip(*losses, strict=True) if losses else ((), ()), color="#33658a", label="loss")
    axes.set(title=title, xlabel="step", ylabel="loss")
    axes.grid(alpha=0.3)
    watched = [(r["step"], r["validation"][watch]) for r in records if watch in r.get("validation", {})]
    if watch and watched:
        right = axes.twinx()
        right.plot(*zip(*watched, strict=True), color="#c8553d", marker="o", markersize=3)
        right.set_ylabel(watch, color="#c8553d")
    with atomic_path(path) as staged:
        figure.savefig(staged, dpi=110, format="png")
