"""What `evaluate` measured: read from its JSON, and what follows from it in words. Nothing is typed in by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ace_core.files import read_json
from app.asking import NAMES

ACCURACY: Final = Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "accuracy.json"
POOLS: Final = {"all": "all items", "held_out": "held-out items"}
CUTS: Final = (1, 5, 10)

GENERATION: Final = {"ace": "ACE", "ace_check": "ACE + check"}
TOWERS: Final = {"dual_tower": "dual tower", "dual_tower_check": "dual tower + check"}
ALONE: Final = {"ace_decoder_only": "decoder only"}
DRAWN: Final = GENERATION | TOWERS | ALONE  # in this order; the table has every arm


@dataclass(frozen=True)
class Found:
    """One arm on held-out sentences of one kind; percentages."""

    arm: str
    title: str
    modality: str
    pool: str  # one of `POOLS`
    pool_size: int
    queries: int
    recall: tuple[float, float, float]  # the right item is among the first 1, 5, 10
    low: float  # of the 95 % interval of the first
    high: float

    @property
    def first(self) -> float:
        return self.recall[0]

    def overlaps(self, other: Found) -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Accuracy:
    """Measurements of one collection."""

    rows: tuple[Found, ...]
    reads: dict[str, str]  # arm -> what it reads of the items when a sentence is asked
    beams: int
    seed: int
    machine: str  # one sentence

    @property
    def pools(self) -> list[str]:
        return [pool for pool in POOLS if any(row.pool == pool for row in self.rows)]

    def kinds(self, pool: str) -> list[str]:
        return [kind for kind in NAMES if self.at(pool, kind)]

    def at(self, pool: str, kind: str) -> dict[str, Found]:
        """The rows of one kind and pool, by arm."""
        return {row.arm: row for row in self.rows if (row.pool, row.modality) == (pool, kind)}


def read_accuracy(file: Path, collection: str) -> Accuracy | None:
    """None where the file is not there, is none of `evaluate`, or says nothing of this collection."""
    try:
        values = read_json(file)
        own = [row for row in values["rows"] if row["collection"] == collection and row["query_items"] == "held_out"]
        rows = [_found(row, values["titles"]) for row in own if row["modality"] in NAMES and row["pool"] in POOLS]
        if not rows:
            return None
        machine = f"{values['machine']['cores']} cores of {values['machine']['processor']}"
        reads = {str(arm): str(told) for arm, told in values["reads"].items()}
        return Accuracy(tuple(rows), reads, int(values["beams"]), int(own[0]["seed"]), machine)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def lead(rows: Mapping[str, Found]) -> str:
    """Who is ahead, the best of either side, and whether the intervals overlap; empty where a side is missing."""
    ours, tower = _best(rows, GENERATION), _best(rows, TOWERS)
    if ours is None or tower is None:
        return ""
    ahead, behind = (ours, tower) if ours.first >= tower.first else (tower, ours)
    overlap = ahead.overlaps(behind)
    if percent(ahead.first) == percent(behind.first):
        told = f"{_named(ahead)} and {_named(behind)} are level at {percent(ahead.first)}"
        more = "their intervals overlap" if overlap else "their intervals do not overlap"
    else:
        told = f"{_named(ahead)} is ahead with {percent(ahead.first)}, {_named(behind)} has {percent(behind.first)}"
        more = "their intervals overlap, so that is no sure lead" if overlap else "their intervals do not overlap"
    return f"{told[0].upper()}{told[1:]}; {more}."


def summary(accuracy: Accuracy) -> list[str]:
    """Which side is surely ahead, whom the check helps, and where the decoder alone stays behind; a sentence each."""
    pool = accuracy.pools[0]
    sides: dict[str, list[str]] = {"none": [], "ours": [], "tower": []}
    alone = []
    for kind in accuracy.kinds(pool):
        rows = accuracy.at(pool, kind)
        ours, tower = _best(rows, GENERATION), _best(rows, TOWERS)
        if ours is None or tower is None:
            continue
        sides["none" if ours.overlaps(tower) else "ours" if ours.first > tower.first else "tower"].append(kind)
        if any(arm in rows and rows[arm].high < min(ours.low, tower.low) for arm in ALONE):
            alone.append(kind)
    told = {
        "none": "Between generation and the dual tower there is no sure lead for {}: their 95 % intervals overlap.",
        "ours": "Generation is surely ahead of the dual tower for {}.",
        "tower": "The dual tower is surely ahead of generation for {}.",
    }
    found = [told[side].format(_kinds(kinds)) for side, kinds in sides.items() if kinds]
    if helped := [kind for kind in accuracy.kinds(pool) if _helped(accuracy.at(pool, kind))]:
        found.append(f"A check of the first answers surely helps both for {_kinds(helped)}.")
    if alone:
        found.append(f"The decoder alone, the paper’s own way, stays behind both for {_kinds(alone)}.")
    return found


def percent(value: float) -> str:
    """With a space that does not break."""
    return f"{value:.1f}\u00a0%"


def listed(names: Iterable[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def share(value: Any) -> float:
    """A percentage; raises `ValueError` for what is none."""
    if not math.isfinite(number := float(value)) or not 0 <= number <= 100:
        raise ValueError(f"{value} is no percentage")
    return number


def _best(rows: Mapping[str, Found], arms: Iterable[str]) -> Found | None:
    return max((rows[arm] for arm in arms if arm in rows), key=lambda row: row.first, default=None)


def _helped(rows: Mapping[str, Found]) -> bool:
    """Whether each side is surely better with the check."""
    return all(
        {plain, checked} <= set(rows) and rows[checked].low > rows[plain].high
        for plain, checked in (GENERATION, TOWERS)
    )


def _kinds(names: Iterable[str]) -> str:
    return listed(NAMES[kind].lower() for kind in names)


def _named(row: Found) -> str:
    return f"the {TOWERS[row.arm]}" if row.arm in TOWERS else DRAWN[row.arm]


def _found(row: Mapping[str, Any], titles: Mapping[str, Any]) -> Found:
    low, high = (share(end) for end in row["recall_at_1_ci95"])
    first, five, ten = (share(row[f"recall_at_{cut}"]) for cut in CUTS)
    arm = str(row["arm"])
    title = DRAWN.get(arm) or str(titles.get(arm, arm))
    places = str(row["modality"]), str(row["pool"]), int(row["pool_size"]), int(row["queries"])
    return Found(arm, title, *places, (first, five, ten), low, high)
