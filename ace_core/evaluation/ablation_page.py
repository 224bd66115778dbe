"""The ablation's section of the page of results: the headline first, the drawings, and the long tables folded away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ace_core.evaluation.ablation_plots import FOLDER, TITLES, drawable
from ace_core.evaluation.ablation_report import KINDS, long_tables, measured_on, over, ratios, row_of, table, told

Result = Mapping[str, Any]
_BUSY = 0.5  # programs that wanted a core
_HEADLINE = (
    "Held-out queries among every item of the kind: R@1 [95 %] and, below it, its difference to the dual tower, "
    "**bold** where that interval is on one side of zero. The last two columns are R@1 over the dual tower's, the mean "
    "over the kinds: among every item of the kind, and among the held-out items alone."
)
_READING = {
    "beams": "What more beams bring to the first arm, first seed; held-out queries among every item of the kind.",
    "survival": "Whether the right prefix is among the beams after each token, and whether it is their first.",
    "prefixes": (
        "What the identifiers carry at best: cosine search of the dev queries on the vectors that a prefix stands for, "
        "all items as one pool."
    ),
    "seen": "R@1 of the arms that were built with every seed, among every item of the kind, with 95 % intervals.",
}


def section(result: Result) -> str:
    """Markdown; its drawings are those that `ablation_plots.draw_all` makes beside the page."""
    parts = ["## What each setting brings", told(result), _machine(result), _HEADLINE, _headline(result)]
    for name in drawable(result):
        parts += [f"### {TITLES[name]}", _READING[name], f"![{TITLES[name]}]({FOLDER}/{name}.svg)"]
    parts += _folded("Every table of the ablation", [*long_tables(result), *_prefixes(result)])
    return "\n\n".join(part for part in parts if part)


def _headline(result: Result) -> str:
    """A line for each arm; Markdown."""
    kinds = [kind for kind in KINDS if any(row["modality"] == kind for row in result["rows"])]
    lines = []
    for arm, title in result["titles"].items():
        cells = [_cell(row_of(result, arm, kind, "all", "held_out"), arm) for kind in kinds]
        lines.append([title, *cells, *ratios(result, arm)])
    return table(["arm", *(KINDS[kind] for kind in kinds), *over(result)], lines)


def _cell(row: Result | None, arm: str) -> str:
    if row is None:
        return "–"
    low, high = row["recall_at_1_ci95"]
    whole = f"{row['recall_at_1']:.1f} [{low:.1f}, {high:.1f}]"
    if arm == "dual_tower":
        return whole
    low, high = row["less_dual_tower_ci95"]
    less = f"{row['less_dual_tower']:+.1f} [{low:+.1f}, {high:+.1f}]"
    return f"{whole}<br>" + (f"**{less}**" if low > 0 or high < 0 else less)


def _prefixes(result: Result) -> list[str]:
    steps = result.get("ceiling", {}).get("ceiling") or []
    if not steps:
        return []
    rows = [
        [
            "whole vector" if step["prefix"] is None else f"{step['prefix']}",
            *(f"{step[f'recall_at_{cut}']:.1f}" for cut in (1, 5, 10)),
        ]
        for step in steps
    ]
    return [f"### {TITLES['prefixes']}", table(["tokens", "R@1", "R@5", "R@10"], rows)]


def _machine(result: Result) -> str:
    facts = result.get("machine")
    if not facts:
        return ""
    busy = "; other programs were running, so times are not those of a quiet machine"
    return f"{measured_on(facts)}{busy if facts['load_before'] > _BUSY else ''}."


def _folded(summary: str, parts: Sequence[str]) -> list[str]:
    return [f"<details>\n<summary>{summary}</summary>", *parts, "</details>"]
