"""How an answer was written: the beam as a tree that grows level by level, drawn as one SVG."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from ace_core.engine import Engine
from ace_core.results import BeamNode, Hit, Trace, TraceStep
from app.asking import NAME
from app.cards import MEDIA_TIME, notice, times_bar
from app.chips import hue, key, level_name, meanings, percent
from app.media import Media, title

ENDINGS = 10  # identifiers drawn to the end
SIDE_SHOOTS = 5  # other prefixes drawn at each level
ROW = 58  # pixels between two endings
SHOOT = 24  # pixels between two side shoots
COLUMN = 230  # pixels between two levels, less where there are many
WIDTH = 1100  # pixels that the drawing fills if it can
NARROWEST = 150  # pixels between two levels at least
FIRST = 120  # pixels from the root to the first level
LEFT, TOP, RIGHT = 24, 54, 150
THUMB = 48  # pixels


@dataclass
class _Node:
    """A prefix in the drawing. `x` and `y` are in pixels, set by the layout."""

    beam: BeamNode | None  # None: the root
    level: int  # -1: the root
    hit: Hit | None = None
    children: list[_Node] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    @property
    def probability(self) -> float:
        return 1.0 if self.beam is None else math.exp(min(self.beam.log_prob, 0.0))


def trace_view(engine: Engine, media: Media, trace: Trace) -> str:
    result = trace.result
    if not result.hits or not trace.steps:
        return notice("Nothing was written. Ask for another kind of media, or in other words.")
    root, hidden = _grow(trace)
    drawn = list(_walk(root))
    length = len(result.hits[0].identifier)
    prefixes = {node.beam.prefix for node in drawn if node.beam is not None}
    return (
        '<section class="results traced" aria-label="How the answer was written">'
        f'<header class="lead"><h2>“{escape(result.query)}”</h2>'
        f"<p>{_story(trace)}{times_bar(result.times)}{MEDIA_TIME}</p></header>"
        f'<div class="tree-scroll" tabindex="0" role="region" aria-label="Drawing of the search, scrolls sideways">'
        f"{_drawing(media, root, drawn, len(trace.steps))}</div>"
        f'<p class="hint">Width is probability. Faded, dashed branches were looked at and dropped.'
        f"{f' {hidden:,} more prefixes are not drawn.' if hidden else ''}</p>"
        f"{_steps_list(trace.steps, length)}"
        f"{meanings(engine, media, prefixes, length)}</section>"
    )


def _story(trace: Trace) -> str:
    """One sentence: how the field narrowed."""
    first, best = trace.steps[0], trace.result.hits[0]
    opening = percent(math.exp(min(max(node.log_prob for node in first.nodes), 0.0)))
    return (
        f"Out of {trace.result.pool_size:,} items: the likeliest first token has {opening}, "
        f"the likeliest identifier {percent(best.probability)}."
    )


def _grow(trace: Trace) -> tuple[_Node, int]:
    """The tree to draw: the best endings with all their prefixes, and the likeliest other prefixes of each level."""
    endings = {hit.identifier: hit for hit in trace.result.hits[:ENDINGS]}
    wanted = {ending[: level + 1] for ending in endings for level in range(len(ending))}
    root = _Node(None, -1)
    known: dict[tuple[int, ...], _Node] = {(): root}
    hidden = 0
    for step in trace.steps:
        shoots = 0
        for beam in sorted(step.nodes, key=lambda node: -node.log_prob):
            parent = known.get(beam.prefix[:-1])
            aside = beam.prefix not in wanted
            if parent is None or (aside and shoots >= SIDE_SHOOTS):
                hidden += 1
                continue
            shoots += aside
            node = _Node(beam, step.level, endings.get(beam.prefix))
            parent.children.append(node)
            known[beam.prefix] = node
    _lay_out(root, _column(len(trace.steps)))
    return root, hidden


def _column(levels: int) -> float:
    """Pixels between two levels, so that the drawing fits a wide window if it can."""
    return max(NARROWEST, min(COLUMN, (WIDTH - LEFT - FIRST - RIGHT) / max(1, levels - 1)))


def _x(level: int, column: float) -> float:
    """Pixels from the left; level -1 is the root."""
    return LEFT + (0 if level < 0 else FIRST + level * column)


def _lay_out(root: _Node, column: float) -> None:
    """Endings take a row each, side shoots less. A parent is level with its likeliest child: the best goes straight."""
    bottom = float(TOP)
    previous: _Node | None = None

    def place(node: _Node) -> None:
        nonlocal bottom, previous
        node.x = _x(node.level, column)
        for child in node.children:
            place(child)
        if node.children:
            node.y = node.children[0].y
            return
        if previous is not None:
            bottom += ROW if node.hit and previous.hit else (ROW + SHOOT) / 2 if node.hit or previous.hit else SHOOT
        node.y, previous = bottom, node

    place(root)


def _walk(node: _Node) -> list[_Node]:
    return [node, *(below for child in node.children for below in _walk(child))]


def _drawing(media: Media, root: _Node, drawn: Sequence[_Node], levels: int) -> str:
    column = _column(levels)
    width = round(_x(levels - 1, column) + RIGHT)
    height = round(max(node.y for node in drawn) + ROW / 2 + 16)
    heads = "".join(
        f'<text class="tree-head" x="{_x(level, column):.0f}" y="20">{level_name(level, levels)}</text>'
        for level in range(levels)
    )
    edges = "".join(_edge(node, child) for node in drawn for child in node.children)
    dots = "".join(_dot(node, levels) for node in drawn if node.beam is not None)
    ends = "".join(_ending(media, node) for node in drawn if node.hit is not None)
    return (
        f'<svg class="tree" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="A tree of {len(drawn) - 1} prefixes over {levels} levels; the list below says the same">'
        f"{heads}{edges}"
        f'<circle class="tree-root" cx="{root.x}" cy="{root.y:.1f}" r="7"/>{dots}{ends}</svg>'
    )


def _stroke(probability: float) -> float:
    """Pixels; the fourth root of the share lets unlikely branches stay visible."""
    return 1.2 + 15 * probability**0.6


def _edge(parent: _Node, child: _Node) -> str:
    beam = child.beam
    assert beam is not None
    half = (parent.x + child.x) / 2
    kind = "kept" if beam.kept else "pruned"
    return (
        f'<path class="edge {kind}" style="--hue:{hue(beam.prefix)};--level:{child.level}" '
        f'stroke-width="{_stroke(child.probability):.1f}" '
        f'd="M{parent.x} {parent.y:.1f}C{half} {parent.y:.1f} {half} {child.y:.1f} {child.x} {child.y:.1f}"/>'
    )


def _dot(node: _Node, levels: int) -> str:
    beam = node.beam
    assert beam is not None
    kind = "kept" if beam.kept else "pruned"
    said = (
        f"{level_name(node.level, levels)} token {beam.prefix[-1]}, {percent(beam.token_probability)} "
        f"after its prefix, {percent(node.probability)} in all, {'kept' if beam.kept else 'dropped'}"
    )
    label = f"{beam.prefix[-1]} · {percent(node.probability)}"
    wide = 7.0 * len(label) + 12
    return (
        f'<g class="dot {kind}" style="--hue:{hue(beam.prefix)};--level:{node.level}" tabindex="0" role="button" '
        f'data-prefix="{key(beam.prefix)}" aria-label="{escape(said)}">'
        f'<rect x="{node.x - wide / 2:.1f}" y="{node.y - 10:.1f}" width="{wide:.1f}" height="20" rx="10"/>'
        f'<text x="{node.x}" y="{node.y + 4:.1f}">{escape(label)}</text></g>'
    )


def _ending(media: Media, node: _Node) -> str:
    """The item that the finished identifier names, at the end of its path."""
    hit = node.hit
    assert hit is not None
    item, x, y = hit.item, node.x + 62, node.y - THUMB / 2
    name = escape(f"{hit.rank}. {NAME[item.modality]}: {title(item)}")
    if item.modality == "audio":
        bars = media.loudness(item)[::2]
        strokes = "".join(
            f"M{x + 3 + i * (THUMB - 6) / len(bars):.1f} {node.y - 1 - 19 * peak:.1f}V{node.y + 1 + 19 * peak:.1f}"
            for i, peak in enumerate(bars)
        )
        picture = f'<path class="ending-wave" d="{strokes}"/>'
    else:
        source = media.url(item) if item.modality == "image" else media.poster(item)
        picture = (
            f'<image href="{source}" x="{x}" y="{y:.1f}" width="{THUMB}" height="{THUMB}" '
            f'preserveAspectRatio="xMidYMid slice" clip-path="inset(0 round 8px)"/>'
        )
    return (
        f'<g class="ending" style="--hue:{hue(hit.identifier[:1])};--level:{node.level + 1}"><title>{name}</title>'
        f'<rect x="{x}" y="{y:.1f}" width="{THUMB}" height="{THUMB}" rx="8"/>{picture}'
        f'<text x="{x + THUMB + 8}" y="{node.y + 5:.1f}">{hit.rank}</text></g>'
    )


def _steps_list(steps: Sequence[TraceStep], length: int) -> str:
    """The same as sentences, for those who cannot see the drawing or want the numbers."""
    items = []
    for step in steps:
        by_fate: dict[bool, list[BeamNode]] = defaultdict(list)
        for node in step.nodes:
            by_fate[node.kept].append(node)
        lines = "".join(
            f"<li{'' if node.kept else ' class=pruned'}><b>{key(node.prefix)}</b> "
            f"{percent(math.exp(min(node.log_prob, 0.0)))}, "
            f"{node.items_below:,} {'item' if node.items_below == 1 else 'items'}"
            f"{'' if node.kept else ', dropped'}</li>"
            for node in (*by_fate[True], *by_fate[False])
        )
        items.append(
            f"<li><p>{level_name(step.level, length).capitalize()} token: {len(by_fate[True])} kept, "
            f"{len(by_fate[False])} of the dropped shown</p><ol>{lines}</ol></li>"
        )
    return f'<details class="steps"><summary>Read it as a list</summary><ol>{"".join(items)}</ol></details>'
