"""What an ablation measured as SVG drawings, which stand beside the page of results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ace_core.bench.plots import save
from ace_core.evaluation.ablation_report import KINDS, every_seed, row_of
from ace_core.files import read_json

FOLDER = "results"  # beside the page
TITLES = {
    "beams": "Recall against beams",
    "survival": "Where the right prefix is lost",
    "prefixes": "Recall where items are known by a prefix of their identifiers",
    "seen": "Items whose captions were learnt from, and held-out items",
}
_CUTS = {1: "#c8553d", 5: "#e0a03b", 10: "#33658a"}
_KEPT, _LEADS = "#33658a", "#c8553d"
Result = Mapping[str, Any]


def draw_all(results: Path, docs: Path) -> list[Path]:
    """Draw `results`/ablation.json into `docs`/`FOLDER`; nothing where it was not measured."""
    file = results / "ablation.json"
    if not file.is_file():
        return []
    result, drawn = read_json(file), []
    for name in drawable(result):
        size = (9.0, 1.2 + 0.32 * len(every_seed(result))) if name == "seen" else (9.0, 3.4)
        drawn.append(docs / FOLDER / f"{name}.svg")
        save(drawn[-1], name, partial(_paint, name=name, result=result), size)
    return drawn


def drawable(result: Result) -> list[str]:
    """Names of the drawings for which there are figures: an ablation that is not done has no curves yet."""
    there = {
        "beams": bool(result.get("curves")),
        "survival": bool(result.get("curves")),
        "prefixes": bool(result.get("ceiling", {}).get("ceiling")),
        "seen": any(row["query_items"] == "train" for row in result["rows"]),
    }
    return [name for name in TITLES if there[name]]


def _paint(figure: Any, name: str, result: Result) -> None:
    _DRAWINGS[name](figure, result)
    marks, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(marks, names, loc="outside upper center", ncols=len(names), fontsize="small", frameon=False)


def _beams(figure: Any, result: Result) -> None:
    for axes, curve in _a_kind_each(figure, result):
        widths = [row["beams"] for row in curve["against_beams"]]
        for cut, colour in _CUTS.items():
            found = [row[f"recall_at_{cut}"] for row in curve["against_beams"]]
            axes.plot(widths, found, marker="o", color=colour, label=f"R@{cut}")
        axes.set(xscale="log", xticks=widths, xticklabels=widths, xlabel="beams")
        axes.minorticks_off()


def _survival(figure: Any, result: Result) -> None:
    for axes, curve in _a_kind_each(figure, result):
        tokens = [row["tokens"] for row in curve["survival"]]
        for name, colour, told in (("kept", _KEPT, "in the beam"), ("leads", _LEADS, "leads it")):
            axes.plot(tokens, [row[name] for row in curve["survival"]], marker="o", color=colour, label=told)
        axes.set(xticks=tokens, xlabel="tokens written")


def _a_kind_each(figure: Any, result: Result) -> list[tuple[Any, Result]]:
    """A panel for each kind, all of one scale."""
    curves = result["curves"]
    panels = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
    for axes, curve in zip(panels, curves, strict=True):
        axes.set(title=KINDS[curve["modality"]], ylim=(0, 102))
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("% of queries")
    return list(zip(panels, curves, strict=True))


def _prefixes(figure: Any, result: Result) -> None:
    axes = figure.subplots()
    steps = result["ceiling"]["ceiling"]
    names = ["whole vector" if step["prefix"] is None else f"{step['prefix']}" for step in steps]
    for cut, colour in _CUTS.items():
        axes.plot(names, [step[f"recall_at_{cut}"] for step in steps], marker="o", color=colour, label=f"R@{cut}")
    axes.set(ylim=(0, 102), xlabel="tokens of the identifier", ylabel="% of queries")
    axes.grid(alpha=0.3)


def _seen(figure: Any, result: Result) -> None:
    arms = every_seed(result)[::-1]
    kinds = [kind for kind in KINDS if row_of(result, arms[0], kind, "all", "train")]
    panels = figure.subplots(1, len(kinds), squeeze=False, sharey=True, sharex=True)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        for split, colour, told in (("train", "#5a9bb8", "seen"), ("held_out", "#c8553d", "held-out")):
            rows = [row_of(result, arm, kind, "all", split) for arm in arms]
            found = [(place, row) for place, row in enumerate(rows) if row]
            values = [row["recall_at_1"] for _, row in found]
            ends = [row["recall_at_1_ci95"] for _, row in found]
            below = [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)]
            above = [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)]
            places = [place for place, _ in found]
            axes.errorbar(values, places, xerr=[below, above], fmt="o", color=colour, label=told)
        axes.set(title=KINDS[kind], xlim=(0, 100), xlabel="R@1, %")
        axes.set_yticks(range(len(arms)), [result["titles"][arm] for arm in arms])
        axes.grid(alpha=0.3, axis="x")
        axes.margins(y=0.15)


_DRAWINGS: dict[str, Callable[[Any, Result], None]] = {
    "beams": _beams,
    "survival": _survival,
    "prefixes": _prefixes,
    "seen": _seen,
}
