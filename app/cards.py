"""Results of a search as cards: media first, then one line with the probability, then the token path."""

from __future__ import annotations

from html import escape

from ace_core.collection import Item
from ace_core.engine import Engine
from ace_core.results import Hit, SearchResult, Times
from app.asking import NAME
from app.chips import hue, meanings, percent, prefixes_of, token_path
from app.media import Media

FIRST_ROW = 4  # cards whose pictures are fetched at once
MEDIA_TIME = '<span class="media-time"></span>'  # the script says here how long the media in view took to come


def search_view(engine: Engine, media: Media, result: SearchResult) -> str:
    """A whole answer. Everything a visitor or a manifest wrote is escaped."""
    if not result.hits:
        return notice("Nothing was found. Ask for another kind of media, or in other words.")
    cards = "".join(card(media, hit) for hit in result.hits)
    length = len(result.hits[0].identifier)
    return (
        f'<section class="results" aria-label="Results">{lead(result)}<ol class="cards">{cards}</ol>'
        f"{meanings(engine, media, prefixes_of(result.hits), length)}</section>"
    )


def lead(result: SearchResult) -> str:
    """One line above the results: what was asked, out of how much, in what time."""
    shown = f"{len(result.hits)} of {result.pool_size:,}"
    return (
        f'<header class="lead"><h2>“{escape(result.query)}”</h2>'
        f"<p>{shown} items, {result.beams} beams{times_bar(result.times)}{MEDIA_TIME}</p>{check_line(result)}</header>"
    )


def check_line(result: SearchResult) -> str:
    """What the check changed, where there was one, and what it could not read."""
    told = [hit for hit in result.hits if hit.unchecked_rank is not None]
    if not told:
        return ""
    moved = sum(hit.rank != hit.unchecked_rank for hit in told)
    line = f"The check gave {moved} of {len(told)} answers another place." if moved else "The check changed no place."
    if result.unread:
        line += f" It could not read {len(result.unread)}, whose own scores alone count."
    return f'<p class="check-line">{line}</p>'


def move(hit: Hit) -> str:
    """How far the check moved an answer, also in words for those who hear the page."""
    if hit.unchecked_rank is None or hit.unchecked_rank == hit.rank:
        return ""
    places, up = abs(hit.unchecked_rank - hit.rank), hit.unchecked_rank > hit.rank
    words = f"moved {'up' if up else 'down'} {places} by the check"
    return (
        f'<span class="moved" title="{words}"><span aria-hidden="true">{"▲" if up else "▼"} {places}</span>'
        f'<span class="visually-hidden">{words}</span></span>'
    )


def times_bar(times: Times, longest_ms: float | None = None) -> str:
    """Time with its parts as a bar; with `longest_ms`, its length is relative to that."""
    total = max(times.total_ms, 1e-6)
    width = 100 * total / longest_ms if longest_ms else 100
    share, found = 100 * times.encode_ms / total, 100 * (times.encode_ms + times.search_ms) / total
    parts = [f"{milliseconds(times.encode_ms)} encoding", f"{milliseconds(times.search_ms)} search"]
    if times.check_ms:
        parts += [f"{milliseconds(times.media_ms)} reading media"] if times.media_ms >= 0.5 else []
        parts.append(f"{milliseconds(times.check_ms)} check")
    return (
        f'<span class="times"><span class="bar" style="--width:{width:.1f}%;--share:{share:.1f}%;--found:{found:.1f}%" '
        f'aria-hidden="true"></span><span>{milliseconds(total)} = {" + ".join(parts)}</span></span>'
    )


def milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms" if value >= 0.1 else f"{value:.2f} ms"


def card(media: Media, hit: Hit) -> str:
    item = hit.item
    return (
        f'<li class="card" style="--hue:{hue(hit.identifier[:1])}">'
        f'<div class="media media-{item.modality}">{media.player(item, eager=hit.rank <= FIRST_ROW)}</div>'
        f'<p class="fact"><span class="rank">{hit.rank}</span><span class="kind">{NAME[item.modality]}</span>'
        f'{move(hit)}<span class="probability" title="probability given the sentence">{percent(hit.probability)}</span>'
        f"</p>{token_path(hit.identifier, hit.token_probabilities)}{_label(media.label(item))}{captions(item)}</li>"
    )


def _label(name: str) -> str:
    return f'<p class="label" title="{escape(name)}">{escape(name)}</p>' if name else ""


def captions(item: Item) -> str:
    """What people (or the studio) wrote about an item, on demand."""
    if not item.captions:
        return ""
    lines = "".join(f"<li>{escape(caption.text)}</li>" for caption in item.captions[:5])
    held_out = " <em>(held out)</em>" if item.split == "held_out" else ""
    return f"<details class='captions'><summary>Captions{held_out}</summary><ul>{lines}</ul></details>"


def notice(sentence: str, kind: str = "empty") -> str:
    """One friendly sentence in place of results."""
    return f'<p class="notice notice-{kind}" role="{"alert" if kind == "error" else "note"}">{escape(sentence)}</p>'
