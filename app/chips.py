"""Identifiers as chips: one hue for each coarse token, lighter steps for the fine ones, equal prefixes alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from html import escape

from ace_core.engine import Engine
from ace_core.errors import AceError
from ace_core.results import Hit, PrefixSummary
from app.media import Media

GOLDEN_ANGLE = 137.508  # degrees: neighbours in number are far apart in hue
SWAY = 16  # degrees a fine token may lean from its coarse token's hue


def hue(prefix: Sequence[int]) -> int:
    """Degrees for a prefix: its coarse token's hue, leaned a little by the fine ones; the same wherever it appears."""
    base = 250 + prefix[0] * GOLDEN_ANGLE
    if len(prefix) > 1:
        digest = hashlib.sha256(bytes(str(tuple(prefix)), "ascii")).digest()
        base += (digest[0] / 255 - 0.5) * 2 * SWAY
    return round(base) % 360


def percent(probability: float) -> str:
    """A probability in [0, 1] for reading: 34 %, 3.4 %, 0.34 %, or less than a hundredth."""
    value = 100 * probability
    if value >= 99.95:
        return "100 %"
    if value >= 10:
        return f"{value:.0f} %"
    if value >= 1:
        return f"{value:.1f} %"
    return f"{value:.2f} %" if value >= 0.01 else "< 0.01 %"


def key(prefix: Sequence[int]) -> str:
    return "-".join(str(token) for token in prefix)


def level_name(level: int, length: int) -> str:
    """What the token at `level` of an identifier of `length` tokens is called."""
    if level == 0:
        return "coarse"
    if level == length - 1:
        return "unique"
    return f"fine {level}" if length > 3 else "fine"


def token_path(identifier: Sequence[int], probabilities: Sequence[float] = ()) -> str:
    """An identifier as a row of chips, coarse to unique; each a button that opens what its prefix means."""
    length = len(identifier)
    chips = []
    for level, token in enumerate(identifier):
        prefix = identifier[: level + 1]
        chance = probabilities[level] if probabilities else None
        said = f"{level_name(level, length)} token {token}" + (f", {percent(chance)}" if chance is not None else "")
        fill = f";--p:{100 * chance:.1f}%" if chance is not None else ""
        small = f"<small>{percent(chance)}</small>" if chance is not None else ""
        chips.append(
            f'<button type="button" class="chip {_role(level, length)}" '
            f'style="--hue:{hue(prefix)};--level:{level}{fill}" '
            f'data-prefix="{key(prefix)}" aria-label="{said}" aria-expanded="false"><b>{token}</b>{small}</button>'
        )
    return f'<div class="path" role="group" aria-label="Identifier {key(identifier)}">{"".join(chips)}</div>'


def _role(level: int, length: int) -> str:
    return "coarse" if level == 0 else "unique" if level == length - 1 else "fine"


def meanings(engine: Engine, media: Media, prefixes: Iterable[tuple[int, ...]], length: int) -> str:
    """What each prefix means, inert until the script shows it beside a chip."""
    parts = []
    for prefix in sorted(set(prefixes)):
        try:
            parts.append(_meaning(engine.describe(prefix), media, length))
        except AceError:
            continue
    return "".join(parts)


def prefixes_of(hits: Iterable[Hit]) -> set[tuple[int, ...]]:
    return {hit.identifier[: level + 1] for hit in hits for level in range(len(hit.identifier))}


def _meaning(summary: PrefixSummary, media: Media, length: int) -> str:
    level = len(summary.prefix) - 1
    count = f"{summary.items_below:,} items begin so" if summary.items_below != 1 else "this item alone"
    words = "".join(f"<li>{escape(word)}</li>" for word in summary.words[:8])
    thumbs = "".join(media.thumbnail(item) for item in summary.examples[:4])
    return (
        f'<template class="meaning" data-prefix="{key(summary.prefix)}">'
        f'<p class="meaning-head" style="--hue:{hue(summary.prefix)}"><b>{" · ".join(map(str, summary.prefix))}</b> '
        f"<span>{level_name(level, length)} token: {count}</span></p>"
        + (f'<ul class="words" aria-label="Words their captions share">{words}</ul>' if words else "")
        + f'<div class="thumbs">{thumbs}</div></template>'
    )
