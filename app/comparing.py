"""The same sentence answered twice, side by side: what both found, what only one found, how ranks moved."""

from __future__ import annotations

from html import escape

from ace_core.engine import Engine
from ace_core.results import ComparedItem, Comparison, Hit, SearchResult
from app.asking import NAME
from app.cards import MEDIA_TIME, check_line, milliseconds, move, notice, times_bar
from app.chips import hue, meanings, percent, prefixes_of, token_path
from app.media import Media


def compare_view(engine: Engine, media: Media, comparison: Comparison) -> str:
    generated, tower = comparison.generated, comparison.dual_tower
    if not generated.hits and not tower.hits:
        return notice("Neither side found anything. Ask for another kind of media, or in other words.")
    joined = {entry.item.id: entry for entry in comparison.items}
    answer = comparison.answer.id if comparison.answer else None
    rows = max(len(generated.hits), len(tower.hits))
    longest = max(_total(generated), _total(tower))
    hits = (*generated.hits, *tower.hits)
    return (
        f'<section class="results versus" style="--rows:{rows}" aria-label="Comparison">'
        f'<header class="lead"><h2>“{escape(comparison.query)}”</h2><p class="summary">{escape(comparison.summary)}</p>'
        f"{_answer_line(media, comparison)}<p>{MEDIA_TIME}</p></header>"
        f'<div class="sides">{_head("Generated", "writes the identifier, no index", generated, longest, "left")}'
        f"{_head('Dual tower', 'nearest vectors, by cosine', tower, longest, 'right')}"
        f"{_side(media, generated, joined, answer, 'left')}{_links(comparison, answer, rows)}"
        f"{_side(media, tower, joined, answer, 'right')}</div>"
        f"{meanings(engine, media, prefixes_of(hits), len(hits[0].identifier))}</section>"
    )


def _total(result: SearchResult) -> float:
    return result.times.total_ms


def _head(name: str, how: str, result: SearchResult, longest: float, side: str) -> str:
    return (
        f'<div class="side-head {side}"><h3>{name}</h3><p>{how}</p>{times_bar(result.times, longest)}'
        f'{check_line(result)}<span class="visually-hidden">{milliseconds(_total(result))} in all</span></div>'
    )


def _answer_line(media: Media, comparison: Comparison) -> str:
    """Where the right answer stands on each side, when the sentence was written for a held-out item."""
    item = comparison.answer
    if item is None:
        return ""
    ranks = ", ".join(
        f"{name} <b>{f'rank {rank}' if rank else 'not found'}</b>"
        for name, rank in (
            ("generated", comparison.answer_generated_rank),
            ("dual tower", comparison.answer_dual_tower_rank),
        )
    )
    return (
        f'<div class="known">{media.thumbnail(item)}<p>This sentence was written for one {NAME[item.modality]}, '
        f"which neither model was ever shown a caption of: {ranks}.</p></div>"
    )


def _side(media: Media, result: SearchResult, joined: dict[str, ComparedItem], answer: str | None, side: str) -> str:
    rows = "".join(_row(media, hit, joined[hit.item.id], hit.item.id == answer, side) for hit in result.hits)
    return f'<ol class="side {side}">{rows}</ol>'


def _row(media: Media, hit: Hit, entry: ComparedItem, is_answer: bool, side: str) -> str:
    there = entry.dual_tower_rank if side == "left" else entry.generated_rank
    score = percent(hit.probability) if side == "left" else f"cos {hit.score:.2f}"
    marks = '<span class="badge badge-answer">right answer</span>' if is_answer else ""
    classes = "entry" + (" answer" if is_answer else "") + ("" if there else " alone")
    return (
        f'<li class="{classes}" style="--hue:{hue(hit.identifier[:1])}" data-item="{escape(hit.item.id)}">'
        f'<span class="rank">{hit.rank}</span>{media.thumbnail(hit.item)}'
        f'<div class="row-body"><p><span class="probability">{score}</span>{_move(hit.rank, there)}'
        f"{move(hit)}{marks}</p>{token_path(hit.identifier, hit.token_probabilities)}</div></li>"
    )


def _move(here: int, there: int | None) -> str:
    """The rank on the other side, and how far the item stands above or below it here."""
    if there is None:
        return '<span class="badge badge-alone">only here</span>'
    if there == here:
        return '<span class="badge badge-both">both, same rank</span>'
    arrow = f"▲ {there - here}" if there > here else f"▼ {here - there}"
    return f'<span class="badge badge-both">both, there #{there} <i>{arrow}</i></span>'


def _links(comparison: Comparison, answer: str | None, rows: int) -> str:
    """A line between the two places of every item that both found. Rows are 100 units high."""
    lines = []
    hues = {hit.item.id: hue(hit.identifier[:1]) for hit in comparison.generated.hits}
    for entry in comparison.items:
        if entry.generated_rank is None or entry.dual_tower_rank is None:
            continue
        y, z = 100 * entry.generated_rank - 50, 100 * entry.dual_tower_rank - 50
        kind = ' class="answer"' if entry.item.id == answer else ""
        lines.append(
            f'<path{kind} style="--hue:{hues[entry.item.id]}" d="M0 {y}C50 {y} 50 {z} 100 {z}" '
            f'data-item="{escape(entry.item.id)}"/>'
        )
    return (
        f'<svg class="links" viewBox="0 0 100 {100 * rows}" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(lines)}</svg>"
    )
