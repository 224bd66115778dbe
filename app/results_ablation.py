"""What `ablate` measured of beams, prefixes and unseen items: read from its JSON, and what follows from it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ace_core.files import read_json
from app.asking import NAMES
from app.measured import machine_told
from app.results_measured import CUTS, listed, percent, share

ABLATION: Final = Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "ablation.json"
NEAR: Final = 0.5  # points of recall that are as good as none
SHORT: Final = {
    "ace": "ACE",
    "ace_check": "ACE + check",
    "decoder_only": "decoder only",
    "tree": "the tree before training",
    "dual_tower": "dual tower",
    "dual_tower_check": "dual tower + check",
    "cosine": "cosine, identifiers’ space",
}

Recalls = tuple[float, float, float]  # percent, the right item among the first 1, 5, 10


@dataclass(frozen=True)
class Curve:
    """One kind, the first arm of the plan: recall by width of the beam, and the right prefix after each token."""

    kind: str
    widths: tuple[int, ...]
    recall: tuple[Recalls, ...]  # for each width
    kept: tuple[float, ...]  # for each token written: percent of sentences whose right prefix is among the beams
    leads: tuple[float, ...]  # ... and leads them


@dataclass(frozen=True)
class Step:
    """Cosine search where items are known by the first `tokens` of their identifiers; None: by their vectors."""

    tokens: int | None
    recall: Recalls


@dataclass(frozen=True)
class First:
    """A share of right first answers with its 95 % interval; percent."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Pair:
    """One arm on one kind, asked about items whose captions were learnt from and about held-out ones."""

    arm: str
    name: str
    kind: str
    seen: First
    held_out: First


@dataclass(frozen=True)
class Ablation:
    curves: tuple[Curve, ...]
    steps: tuple[Step, ...]
    pairs: tuple[Pair, ...]  # of arms that were built with every seed
    seeds: tuple[int, ...]
    beams: int
    machine: str  # one sentence


def read_ablation(file: Path, items: Mapping[str, int]) -> Ablation | None:
    """None where the file is not there, is none of `ablate`, or tells of a collection of other sizes.

    items: how many of each kind are loaded.
    """
    try:
        values = read_json(file)
        sizes = {row["modality"]: row["pool_size"] for row in values["rows"] if row["pool"] == "all"}
        if sizes != {kind: count for kind, count in items.items() if kind in sizes} or not sizes:
            return None
        curves = tuple(_curve(curve) for curve in values.get("curves", ()))
        if len({(curve.widths, len(curve.kept)) for curve in curves}) > 1:
            raise ValueError("curves of different beams or tokens cannot share a drawing")
        return Ablation(
            curves=curves,
            steps=tuple(Step(step["prefix"], _recalls(step)) for step in values.get("ceiling", {}).get("ceiling", ())),
            pairs=tuple(_pairs(values)),
            seeds=tuple(int(seed) for seed in values["seeds"]),
            beams=int(values["beams"]),
            machine=machine_told(values["machine"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def enough_beams(curves: tuple[Curve, ...]) -> str:
    """The fewest beams that find as much as the most."""
    widths = curves[0].widths
    near = [
        width
        for place, width in enumerate(widths)
        if all(curve.recall[-1][0] - curve.recall[place][0] <= NEAR for curve in curves)
    ]
    enough = f"{near[0]} beams find" if near[0] > 1 else "1 beam finds"
    told = ", ".join(
        f"{NAMES[curve.kind].lower()} {curve.recall[0][0]:.1f} to {percent(curve.recall[-1][0])}" for curve in curves
    )
    reach = f"From {widths[0]} to {widths[-1]} beams: {told}."
    return f"{enough} as much as {widths[-1]}, to half a point of first answers. {reach}"


def where_lost(curves: tuple[Curve, ...]) -> str:
    """After which token most right prefixes are gone, and what is left at the end."""
    lost = [
        sum((curve.kept[place - 1] if place else 100.0) - curve.kept[place] for curve in curves)
        for place in range(len(curves[0].kept))
    ]
    worst = lost.index(max(lost)) + 1
    kept = listed(f"{percent(curve.kept[-1])} of {NAMES[curve.kind].lower()}" for curve in curves)
    leads = listed(percent(curve.leads[-1]) for curve in curves)
    return (
        f"Most right beginnings leave the beams with token {worst}. After the last token the right identifier is "
        f"still there for {kept}; it leads for {leads}."
        if max(lost) > 0
        else "No right beginning ever leaves the beams."
    )


def what_prefixes_carry(steps: tuple[Step, ...]) -> str:
    """The whole identifier beside the whole vector."""
    longest = max((step for step in steps if step.tokens is not None), key=lambda step: step.tokens or 0)
    whole = next((step for step in steps if step.tokens is None), None)
    told = f"Known by {longest.tokens} tokens alone, items come first for {percent(longest.recall[0])} of sentences"
    return f"{told}; known by their vectors, for {percent(whole.recall[0])}." if whole else f"{told}."


def who_falls(pairs: tuple[Pair, ...]) -> str:
    """The arms that lose least and most from seen to held-out items, the mean over the kinds."""
    falls: dict[str, list[float]] = {}
    for pair in pairs:
        falls.setdefault(pair.name, []).append(pair.seen.value - pair.held_out.value)
    means = {name: sum(fall) / len(fall) for name, fall in falls.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    told = "From items whose captions were learnt from to held-out ones, first answers fall"
    if least == most:
        return f"{told} by {means[least]:.1f} points (mean of the kinds)."
    return f"{told} least for {least}, by {means[least]:.1f} points, and most for {most}, by {means[most]:.1f}."


def _curve(value: Mapping[str, Any]) -> Curve:
    kind, wide, levels = value["modality"], value["against_beams"], value["survival"]
    if kind not in NAMES or not wide or not levels:
        raise ValueError(f"no curve of {kind}")
    return Curve(
        kind=kind,
        widths=tuple(int(row["beams"]) for row in wide),
        recall=tuple(_recalls(row) for row in wide),
        kept=tuple(share(row["kept"]) for row in levels),
        leads=tuple(share(row["leads"]) for row in levels),
    )


def _pairs(values: Mapping[str, Any]) -> list[Pair]:
    """In the order of the arms' titles; kinds in turn."""
    rows = {
        (row["arm"], row["modality"], row["query_items"]): row
        for row in values["rows"]
        if row["pool"] == "all" and len(row["recall_at_1_by_seed"]) == len(values["seeds"])
    }
    return [
        Pair(
            arm, SHORT.get(arm, str(title)), kind, *(_first(rows[arm, kind, split]) for split in ("train", "held_out"))
        )
        for arm, title in values["titles"].items()
        for kind in NAMES
        if (arm, kind, "train") in rows and (arm, kind, "held_out") in rows
    ]


def _first(row: Mapping[str, Any]) -> First:
    low, high = (share(end) for end in row["recall_at_1_ci95"])
    return First(share(row["recall_at_1"]), low, high)


def _recalls(row: Mapping[str, Any]) -> Recalls:
    first, five, ten = (share(row[f"recall_at_{cut}"]) for cut in CUTS)
    return first, five, ten
