"""The four drawings of the ablation, each with a sentence of what follows from it and a table of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from app.asking import NAMES
from app.marks import Shape, diamond, disc, square
from app.results_ablation import (
    Ablation,
    Curve,
    First,
    Pair,
    enough_beams,
    what_prefixes_carry,
    where_lost,
    who_falls,
)
from app.results_lines import Key, Series
from app.results_lines import drawing as lines
from app.results_measured import percent
from app.results_rows import Line, Mark
from app.results_rows import drawing as rows

COMMAND: Final = "python -m ace_core ablate"
SIDES: Final = {"dual_tower": "tower", "dual_tower_check": "tower", "cosine": "tower", "decoder_only": "alone"}
SHAPES: Final[dict[str, Shape]] = {"image": disc, "audio": square, "video": diamond}


def curves_view(ablation: Ablation) -> str:
    """Every drawing for which there are figures; empty where there are none."""
    small = "".join([*_of_curves(ablation), *_of_prefixes(ablation)])
    wide = _of_pairs(ablation.pairs) if ablation.pairs else ""
    if not small and not wide:
        return ""
    seeds = ", ".join(map(str, ablation.seeds))
    return (
        '<section class="prose-block moves" aria-label="What moves these figures"><h3>What moves these figures?</h3>'
        f'<div class="curves">{small}</div>{wide}<p class="hint">Measured by <code>{COMMAND}</code>: '
        f"{ablation.beams} beams where nothing else is said, seed{'s' if len(ablation.seeds) > 1 else ''} {seeds}, on "
        f"{escape(ablation.machine)}.</p></section>"
    )


def table(heads: Sequence[str], lines: Sequence[Sequence[str]], name: str) -> str:
    """Folded; the first cell of a line is its head. `name`: what it is the table of, for those who do not see it."""
    header = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for first, *cells in lines
    )
    return (
        '<details class="all-figures"><summary>All figures</summary><div class="table-scroll" tabindex="0" '
        f'role="region" aria-label="{escape(name)}: all figures, scrolls sideways"><table><thead><tr>{header}</tr>'
        f"</thead><tbody>{body}</tbody></table></div></details>"
    )


def _of_curves(ablation: Ablation) -> Iterator[str]:
    curves = ablation.curves
    if not curves:
        return
    widths = [f"{width}" for width in curves[0].widths]
    found = {
        "first answer": [tuple(one[0] for one in curve.recall) for curve in curves],
        "in the first ten": [tuple(one[2] for one in curve.recall) for curve in curves],
    }
    heads = ["Kind", "Beams", "First", "In 5", "In 10"]
    figures = [
        [NAMES[curve.kind], width, *map(percent, one)]
        for curve in curves
        for width, one in zip(widths, curve.recall, strict=True)
    ]
    drawn = _by_kind(curves, widths, found, "beams")
    yield _figure("Recall against beams", "held-out", drawn, enough_beams(curves), heads, figures)
    tokens = [f"{place}" for place in range(1, len(curves[0].kept) + 1)]
    found = {
        "in the beams": [curve.kept for curve in curves],
        "leads them": [curve.leads for curve in curves],
    }
    heads = ["Kind", "Tokens", "In the beams", "Leads"]
    figures = [
        [NAMES[curve.kind], place, percent(kept), percent(leads)]
        for curve in curves
        for place, kept, leads in zip(tokens, curve.kept, curve.leads, strict=True)
    ]
    drawn = _by_kind(curves, tokens, found, "tokens written")
    yield _figure("Where the right path is lost", "held-out", drawn, where_lost(curves), heads, figures)


def _by_kind(
    curves: Sequence[Curve], places: Sequence[str], found: Mapping[str, Sequence[tuple[float, ...]]], axis: str
) -> str:
    """A line for each kind and each of the two measures in `found`: the first drawn whole, the second dashed."""
    styles = dict(zip(found, ("whole", "dashed"), strict=True))
    series = [
        Series(f"{NAMES[curve.kind]}, {told}", f"kind-{curve.kind} {styles[told]}", SHAPES[curve.kind], values)
        for told, measured in found.items()
        for curve, values in zip(curves, measured, strict=True)
    ]
    keys = [Key(NAMES[curve.kind], f"kind-{curve.kind}", SHAPES[curve.kind]) for curve in curves]
    keys += [Key(told, style) for told, style in styles.items()]
    label = f"{' and '.join(found)} against {axis}, percent of held-out sentences; the table below has every figure."
    return lines(places, series, keys, axis, label)


def _of_prefixes(ablation: Ablation) -> Iterator[str]:
    steps = ablation.steps
    if not steps:
        return
    names = ["vector" if step.tokens is None else f"{step.tokens}" for step in steps]
    keys = [
        Key(told, f"cut-{place}", shape)
        for place, (told, shape) in enumerate((("first answer", disc), ("in five", square), ("in ten", diamond)))
    ]
    series = [
        Series(key.name, key.style, key.shape or disc, tuple(step.recall[place] for step in steps))
        for place, key in enumerate(keys)
    ]
    axis = "tokens that an item is known by"
    label = "Recall where items are known by a prefix alone, percent; the table below has every figure."
    drawn = lines(names, series, keys, axis, label)
    figures = [[name, *map(percent, step.recall)] for name, step in zip(names, steps, strict=True)]
    heads = ["Known by", "First", "In 5", "In 10"]
    yield _figure("What identifiers can carry", "dev", drawn, what_prefixes_carry(steps), heads, figures)


def _of_pairs(pairs: tuple[Pair, ...]) -> str:
    title = "Items whose captions were learnt from, and held-out ones"
    by_kind = {kind: [pair for pair in pairs if pair.kind == kind] for kind in NAMES}
    panels = "".join(_panel(NAMES[kind], own) for kind, own in by_kind.items() if own)
    figures = [[NAMES[pair.kind], pair.name, _told(pair.seen), _told(pair.held_out)] for pair in pairs]
    heads = ["Kind", "Answered by", "Seen [95 %]", "Held-out [95 %]"]
    return (
        f'<div class="seen"><h4>{title}</h4><p>{escape(who_falls(pairs))}</p><div class="forests">{panels}</div>'
        '<ul class="keys"><li>● about held-out items</li><li>○ about seen items</li></ul>'
        f"{table(heads, figures, title)}</div>"
    )


def _panel(kind: str, pairs: Sequence[Pair]) -> str:
    label = f"{kind}: first answers about seen and held-out items; the table below has every figure."
    drawn = rows([_pair(pair) for pair in pairs], label)
    return f'<figure class="forest"><figcaption>{kind}</figcaption>{drawn}</figure>'


def _pair(pair: Pair) -> Line:
    marks = tuple(
        Mark(one.value, f"{pair.name}, {told} items: {_told(one)}", disc, hollow, (one.low, one.high))
        for one, told, hollow in ((pair.seen, "seen", True), (pair.held_out, "held-out", False))
    )
    side = SIDES.get(pair.arm, "ours")
    return Line(pair.name, f"{pair.held_out.value:.1f} / {percent(pair.seen.value)}", side, marks)


def _told(one: First) -> str:
    return f"{one.value:.1f} [{one.low:.1f}, {one.high:.1f}]"


def _figure(
    title: str, whose: str, drawn: str, finding: str, heads: Sequence[str], figures: Sequence[Sequence[str]]
) -> str:
    return (
        f'<figure class="curve"><figcaption>{title} <span>% of {whose} sentences</span></figcaption>{drawn}'
        f"<p>{escape(finding)}</p>{table(heads, figures, title)}</figure>"
    )
