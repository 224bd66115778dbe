"""The tab “Scale”: cost against the size of the collection, as measured and shipped, and as measured here and now."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final

from app.cards import notice
from app.curve import drawing
from app.measured import GENERATION, SHIPPED, Row, Scale, left_out, milliseconds, read_scale, short, verdict
from app.measuring import SIZES, STAGES, Measuring, Run

COMMAND: Final = "python -m ace_core bench scale --out benchmarks/results/scale.json"
STAGE_NAMES: Final = dict(
    zip(STAGES, ("Building models and tries", "Timing generation", "Building indexes", "Timing indexes"), strict=True)
)
HOW: Final = (
    "One query at a time. Models have the size of T5-small and random weights, which cost what learnt ones cost; "
    "CLIP’s tower is that of ViT-B/32; vectors are clustered, of 512 features."
)


def scale_view(measuring: Measuring | None = None, file: Path = SHIPPED) -> str:
    """The whole tab. The script fills the present state of a measurement with `panel`."""
    scale = read_scale(file)
    shown = _measured(scale) if scale else notice(f"Not measured yet; this does it: {COMMAND}")
    return (
        '<section class="results figures scale" aria-label="Scale">'
        f"<h2>What does a larger collection cost?</h2>{shown}{_here() if measuring else ''}</section>"
    )


def panel(measuring: Measuring, key: str) -> str:
    """How far the measurement is that runs, or how the last one ended; `key` may be its beginner's."""
    run = measuring.last()
    if run is None:
        return '<div class="state" data-busy="0" data-mine="0" data-said=""></div>'
    busy, mine = int(not run.over), int(measuring.began(run, key))
    said, content = _running(run, bool(mine)) if busy else _ended(run)
    return f'<div class="state" data-busy="{busy}" data-mine="{mine}" data-said="{escape(said)}">{content}</div>'


def _measured(scale: Scale) -> str:
    first, *more = verdict(scale) or [""]
    return (
        f'<p class="summary">{escape(first)}</p>'
        f'<div class="scale-charts">{drawing(scale)}{_bars(scale, "shipped")}</div>'
        f'<ul class="findings">{"".join(f"<li>{escape(sentence)}</li>" for sentence in more)}</ul>'
        f'<p class="hint">{HOW} {left_out(scale)}Measured on {escape(scale.machine)}.</p>{_table(scale)}'
    )


def _bars(scale: Scale, place: str) -> str:
    """A whole answer at every size, encoding and search apart; one size is to be seen at a time."""
    sizes = scale.sizes
    choice = "".join(
        f'<label><input type="radio" name="size-{place}" value="{n}"{" checked" if n == len(sizes) - 1 else ""}>'
        f"<span>{size:,}</span></label>"
        for n, size in enumerate(sizes)
    )
    picked = f'<fieldset class="sizes"><legend>Items</legend>{choice}</fieldset>' if len(sizes) > 1 else ""
    longest = max(row.whole_ms for row in scale.rows)
    lists = "".join(f'<ul class="bars">{_bars_of(scale.of(size), longest)}</ul>' for size in sizes)
    return (
        '<figure class="wholes"><figcaption>A whole answer: <span><i class="encoding"></i>encoding</span> '
        f'+ <span><i class="searching"></i>search</span></figcaption>{picked}{lists}</figure>'
    )


def _bars_of(rows: Mapping[str, Row], longest: float) -> str:
    """`longest` in milliseconds: what fills the whole width."""
    return "".join(
        f'<li class="{"ours" if row.method == GENERATION else "other"}"><span>{escape(row.name)}</span>'
        f'<i class="bar" style="--width:{100 * row.whole_ms / longest:.2f}%;'
        f'--share:{100 * row.encode_ms / row.whole_ms:.1f}%" aria-hidden="true"></i>'
        f"<b>{milliseconds(row.whole_ms)}</b><small>{milliseconds(row.encode_ms)} encoding + "
        f"{milliseconds(row.search_ms)} search</small></li>"
        for row in sorted(rows.values(), key=lambda row: row.whole_ms)
    )


def _table(scale: Scale) -> str:
    lines = "".join(
        f'<tr><th scope="row">{row.items:,}</th><td>{escape(row.name)}</td><td>{milliseconds(row.encode_ms)}</td>'
        f"<td>{milliseconds(row.search_ms)}</td><td>{'' if row.recall is None else f'{100 * row.recall:.1f} %'}</td>"
        f"<td>{short(row.memory_mb)} MB</td><td>{short(row.build_seconds)} s</td></tr>"
        for row in scale.rows
    )
    heads = ("Items", "Method", "Encoding", "Search", "Of the exact 10 best", "Memory", "Build")
    header = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        '<details class="all-figures"><summary>All figures</summary><div class="table-scroll" tabindex="0" '
        f'role="region" aria-label="All figures, scrolls sideways"><table><thead><tr>{header}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
        '<p class="hint">Memory is what grows with the collection: the trie, or the index.</p></details>'
    )


# Here and now


def _here() -> str:
    """The controls, and room for what the server says of a measurement."""
    sizes = "".join(
        f'<label><input type="radio" name="measure-size" value="{size}"{" checked" if size == SIZES[1] else ""}>'
        f"<span>{size:,}</span></label>"
        for size in SIZES
    )
    return (
        '<section class="prose-block here" aria-label="This machine"><h3>And on this machine?</h3>'
        "<p>All methods at one size, in a process that gives way to searches; one measurement at a time for all "
        "visitors. 100,000 items take a few minutes, most of which is building HNSW.</p>"
        f'<div class="deeds"><fieldset class="sizes"><legend>Items</legend>{sizes}</fieldset>'
        '<button type="button" class="loud" data-do="start">Measure this machine now</button>'
        '<button type="button" class="quiet" data-do="stop" hidden>Stop</button></div>'
        '<p class="notice notice-error refusal" role="alert" hidden></p>'
        '<p class="visually-hidden" role="status"></p><div class="now"></div></section>'
    )


def _running(run: Run, mine: bool) -> tuple[str, str]:
    """What is said aloud, and the stages."""
    progress = run.progress()
    now = STAGE_NAMES[progress.now] if progress.now else "Starting"
    whose = "" if mine else '<p class="hint">Another visitor began it; yours may begin when it is done.</p>'
    lines = "".join(
        _stage(name, title, name == progress.now, name in progress.done, progress.fraction)
        for name, title in STAGE_NAMES.items()
    )
    return (
        f"{now}, {run.items:,} items",
        f'<h4>Measuring {run.items:,} items</h4>{whose}<ol class="stages" aria-label="Stages of the measurement">'
        f"{lines}</ol>",
    )


def _stage(name: str, title: str, doing: bool, done: bool, fraction: float) -> str:
    state = "doing" if doing else "done" if done else "later"
    share = fraction if doing else float(done)
    mark = ' aria-current="step"' if doing else ""
    told = (f"{100 * fraction:.0f} %" if fraction else "…") if doing else "done" if done else ""
    return (
        f'<li class="{state}"{mark}><span>{title}</span>'
        f'<i class="bar" style="--share:{100 * share:.1f}%" aria-hidden="true"></i><small>{told}</small></li>'
    )


def _ended(run: Run) -> tuple[str, str]:
    if run.state == "stopped":
        return "Stopped.", notice("The measurement was stopped.")
    if run.result is None:
        why = "It took too long or memory ran out" if run.job.outcome == "failed" else "It left no figures"
        sentence = f"The measurement of {run.items:,} items did not end well. {why}; choose fewer items, or try again."
        return sentence, notice(sentence, "error")
    told = " ".join(verdict(run.result)[:1])
    return (
        f"Measured. {told}",
        f'<h4>{run.items:,} items, on this machine</h4><p class="summary">{escape(told)}</p>{_bars(run.result, "here")}'
        f'<p class="hint">{escape(run.result.machine)}.</p>{_table(run.result)}',
    )
