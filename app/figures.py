"""What was measured, and what is loaded: read from the results file and the engine, never typed in by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ace_core.engine import Engine, EngineInfo
from app.asking import NAMES

ACCURACY = Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "accuracy.json"
ARMS = {
    "ace": "ACE: writes the identifier",
    "ace_check": "ACE, its answers checked by the captioner",
    "ace_tree": "ACE, before training: looks ahead only",
    "ace_decoder_only": "ACE, decoder only (the paper’s own)",
    "ace_without_teacher": "ACE, decoder only, no teacher",
    "ace_no_pseudo_queries": "ACE without pseudo-queries",
    "dual_tower": "Dual tower, same training pairs",
    "dual_tower_check": "Dual tower, the same check",
    "cosine": "Cosine in the identifiers’ space",
}
POOLS = {"all": "among all", "held_out": "among held-out items"}

HOW = """
<section class="prose-block"><h3>How it answers</h3>
<ol class="how">
<li><b>Identifiers.</b> Every item has an address: one coarse token (a neighbourhood), fine tokens (which item in it),
and a last token that makes it unique. Items that mean alike share the beginning of their address.</li>
<li><b>Writing.</b> A sequence model reads the sentence and writes an address token by token. Beam search may only
write addresses that exist. The model may also look ahead: a beginning is worth what lies under it, and the decoder
corrects that. The decoder alone, as in the paper, reads nothing of an item but its address.</li>
<li><b>Beside it</b> stands the dual tower: a vector for the sentence, a vector for each item, the nearest win.</li>
</ol></section>
"""


def figures_view(engine: Engine, accuracy: Path = ACCURACY) -> str:
    info = engine.info()
    return f'<section class="results figures">{_measured(_rows(accuracy, info.name))}{HOW}{_loaded(info)}</section>'


def _rows(file: Path, collection: str) -> list[Mapping[str, Any]]:
    """Measurements of held-out queries of this collection; none where the file is not there or not readable."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    rows = values.get("rows", []) if isinstance(values, dict) else values
    return [
        row
        for row in rows
        if isinstance(row, dict)
        and row.get("collection") == collection
        and row.get("query_items", "held_out") == "held_out"
        and row.get("modality") in NAMES
        and row.get("pool") in POOLS
    ]


def _measured(rows: list[Mapping[str, Any]]) -> str:
    if not rows:
        return (
            "<h2>How well does it find things?</h2>"
            '<p class="notice notice-empty" role="note">This collection has not been measured yet. '
            "<code>python -m ace_core evaluate</code> measures it.</p>"
        )
    blocks = "".join(
        _block(modality, pool, [row for row in rows if row["modality"] == modality and row["pool"] == pool])
        for modality in NAMES
        for pool in POOLS
    )
    return (
        "<h2>How well does it find things?</h2>"
        "<p>Share of sentences whose one right item is the first answer, among the first five, among the first ten. "
        "The sentences describe items of which the models never saw a caption. "
        "The thin line is the 95 % interval.</p>"
        f'<div class="measures">{blocks}</div>'
    )


def _block(modality: str, pool: str, rows: Iterable[Mapping[str, Any]]) -> str:
    rows = list(rows)
    if not rows:
        return ""
    order = list(ARMS)
    rows.sort(key=lambda row: order.index(row["arm"]) if row["arm"] in order else len(order))
    lines = "".join(_line(row) for row in rows)
    return (
        f'<div class="table-scroll"><table><caption>{NAMES[modality]} <span>{POOLS[pool]} {rows[0]["pool_size"]:,}, '
        f"{rows[0]['queries']:,} sentences</span></caption>"
        '<thead><tr><th scope="col">Answered by</th><th scope="col">First, %</th>'
        '<th scope="col">In 5, %</th><th scope="col">In 10, %</th></tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _line(row: Mapping[str, Any]) -> str:
    low, high = row["recall_at_1_ci95"]
    name = ARMS.get(row["arm"], str(row["arm"]).replace("_", " "))
    return (
        f'<tr class="arm-{escape(str(row["arm"]))}"><th scope="row">{escape(name)}</th>'
        f'<td><span class="measure" style="--value:{row["recall_at_1"]:.1f};--low:{low:.1f};--high:{high:.1f}">'
        f'<i aria-hidden="true"></i><b>{row["recall_at_1"]:.1f}</b></span></td>'
        f"<td>{row['recall_at_5']:.1f}</td><td>{row['recall_at_10']:.1f}</td></tr>"
    )


def _loaded(info: EngineInfo) -> str:
    items = ", ".join(f"{count:,} {NAMES[name].lower()}" for name, count in info.items.items())
    held_out = ", ".join(f"{count:,} {NAMES[name].lower()}" for name, count in info.held_out.items())
    models = ", ".join(
        f"{escape(name.replace('_', ' '))} {count / 1e6:.1f} M" for name, count in info.parameters.items()
    )
    facts = {
        "Collection": f"{escape(info.name)}: {items}",
        "Held out": f"{held_out}",
        "Identifiers": f"{len(info.level_sizes)} tokens of {' × '.join(f'{size:,}' for size in info.level_sizes)}",
        "Parameters": models,
        "Bundle": f"{info.bundle_bytes / 1e6:.1f} MB, version {escape(info.version)}",
        "Runs on": f"{escape(info.device)}, index {escape(info.index)}",
    }
    lines = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items() if value)
    return f'<section class="prose-block"><h3>What is loaded</h3><dl class="facts">{lines}</dl></section>'


def headline(info: EngineInfo) -> str:
    """The top of the page."""
    items = " · ".join(f"<b>{count:,}</b> {NAMES[name].lower()}" for name, count in info.items.items())
    tiles = "".join(f'<i style="--hue:{hue}"></i>' for hue in (268, 256, 282, 40))
    return (
        f'<header class="masthead"><h1><span class="mark" aria-hidden="true">{tiles}</span>ACE</h1>'
        "<p>Say what you want to see or hear. The model <em>writes the address</em> of the answer, token by token.</p>"
        f'<p class="stock">{items}</p></header>'
    )
