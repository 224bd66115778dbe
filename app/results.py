"""The tab “Results”: how well each way to answer finds things, as measured and shipped, and what moves it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final

from ace_core.engine import Engine
from app.asking import NAMES
from app.cards import notice
from app.figures import HOW, loaded
from app.marks import diamond, disc, square
from app.results_ablation import ABLATION, read_ablation
from app.results_curves import curves_view, table
from app.results_measured import (
    ACCURACY,
    ALONE,
    DRAWN,
    GENERATION,
    POOLS,
    Accuracy,
    Found,
    lead,
    percent,
    read_accuracy,
    summary,
)
from app.results_rows import Line, Mark, drawing

COMMAND: Final = "python -m ace_core evaluate"
MEANING: Final = (
    "Share of sentences whose one right item comes first. The sentences are about items of which no model ever read a "
    "caption. A line through a mark is its 95 % interval: where two overlap, neither is surely ahead."
)


def results_view(engine: Engine, accuracy: Path = ACCURACY, ablation: Path = ABLATION) -> str:
    """The whole tab, of the collection that is loaded."""
    info = engine.info()
    measured, moved = read_accuracy(accuracy, info.name), read_ablation(ablation, info.items)
    missing = notice(f"This collection has not been measured yet; this does it: {COMMAND}")
    shown = (_measured(measured) if measured else missing) + (curves_view(moved) if moved else "")
    return (
        '<section class="results figures found" aria-label="Results">'
        f"<h2>How well does it find things?</h2>{shown}{HOW}{loaded(info)}</section>"
    )


def _measured(accuracy: Accuracy) -> str:
    return (
        f'<p class="summary">{escape(" ".join(summary(accuracy)))}</p><p>{MEANING}</p>'
        f"{_pools(accuracy)}"
        f'<p class="hint">Measured by <code>{COMMAND}</code>, {accuracy.beams} beams, seed {accuracy.seed}, on '
        f"{escape(accuracy.machine)}.</p>{_table(accuracy)}{_reads(accuracy)}"
    )


def _pools(accuracy: Accuracy) -> str:
    """A drawing for each kind; the items among which was searched are chosen above them."""
    pools = accuracy.pools
    choice = "".join(
        f'<label><input type="radio" name="results-pool" value="{place}"{"" if place else " checked"}>'
        f"<span>{POOLS[pool]}</span></label>"
        for place, pool in enumerate(pools)
    )
    picked = f'<fieldset class="sizes"><legend>Found among</legend>{choice}</fieldset>' if len(pools) > 1 else ""
    panels = "".join(
        f'<div class="forests">{"".join(_panel(kind, accuracy.at(pool, kind)) for kind in accuracy.kinds(pool))}</div>'
        for pool in pools
    )
    keys = "".join(
        f'<li><svg class="key" viewBox="0 0 34 12" aria-hidden="true">{mark}</svg>{told}</li>'
        for mark, told in (
            (
                '<path class="reach" d="M4 6H30M4 3v6M30 3v6"/>' + f'<path class="mark" d="{disc(17, 6)}"/>',
                "first answer",
            ),
            (f'<path class="mark hollow" d="{square(17, 6, 3)}"/>', "in the first five"),
            (f'<path class="mark hollow" d="{diamond(17, 6, 3)}"/>', "in the first ten"),
        )
    )
    return f'<div class="pools">{picked}{panels}<ul class="keys">{keys}</ul></div>'


def _panel(kind: str, rows: Mapping[str, Found]) -> str:
    one = next(iter(rows.values()))
    lines = [_line(rows[arm]) for arm in DRAWN if arm in rows]
    label = f"{NAMES[kind]}: first answers of every way, with intervals; the table below has every figure."
    of = "held-out " if one.pool == "held_out" else ""
    return (
        f'<figure class="forest"><figcaption>{NAMES[kind]} <span>among {one.pool_size:,} {of}items, {one.queries:,} '
        f"sentences</span></figcaption>{drawing(lines, label)}<p>{escape(lead(rows))}</p></figure>"
    )


def _line(row: Found) -> Line:
    first, five, ten = row.recall
    told = f"{row.title}, first answer: {percent(first)} (95 % interval {row.low:.1f} to {percent(row.high)})"
    marks = (
        Mark(first, told, disc, reach=(row.low, row.high)),
        Mark(five, f"{row.title}, in the first five: {percent(five)}", lambda x, y: square(x, y, 3), hollow=True),
        Mark(ten, f"{row.title}, in the first ten: {percent(ten)}", lambda x, y: diamond(x, y, 3), hollow=True),
    )
    side = "ours" if row.arm in GENERATION else "alone" if row.arm in ALONE else "tower"
    return Line(row.title, percent(first), side, marks)


def _table(accuracy: Accuracy) -> str:
    lines = [
        [
            NAMES[row.modality],
            row.title,
            f"{row.recall[0]:.1f} [{row.low:.1f}, {row.high:.1f}]",
            *(f"{value:.1f}" for value in row.recall[1:]),
            f"{row.pool_size:,}{' held-out' if row.pool == 'held_out' else ''}",
            f"{row.queries:,}",
        ]
        for row in accuracy.rows
    ]
    heads = ["Kind", "Answered by", "First, % [95 %]", "In 5, %", "In 10, %", "Among", "Sentences"]
    return table(heads, lines, "How well each way finds things")


def _reads(accuracy: Accuracy) -> str:
    """What each way reads of the items when a sentence is asked; without it, figures cannot be compared."""
    measured = {row.arm: row.title for row in accuracy.rows}
    lines = "".join(
        f"<div><dt>{escape(measured[arm])}</dt><dd>{escape(accuracy.reads[arm])}</dd></div>"
        for arm in DRAWN
        if arm in measured and arm in accuracy.reads
    )
    if not lines:
        return ""
    head = "What is read of the items when a sentence is asked"
    return f'<section class="prose-block"><h3>{head}</h3><dl class="facts reads">{lines}</dl></section>'
