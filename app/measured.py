"""What `bench scale` measured: read from its JSON, and what follows from it in words. Nothing is typed in by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ace_core.evaluation.ablation_report import measured_on
from ace_core.files import read_json

SHIPPED: Final = Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "scale.json"
BUSY: Final = 0.5  # programs that wanted a core; above it a machine was not quiet

GENERATION: Final = "generation"
WAYS: Final = {
    GENERATION: "generation",
    "generation_unskipped": "generation, every beam asked",
    "generation_ahead": "generation, looking ahead",
}
INDEXES: Final = {"flat": "flat index", "ivf": "IVF", "hnsw": "HNSW"}
TOWERS: Final = {"compact": "our small text tower", "clip": "CLIP’s text tower"}


@dataclass(frozen=True)
class Row:
    """One query alone, by one method. `method`: one of `WAYS`, or a text tower + an index."""

    items: int
    method: str
    encode_ms: float  # median
    search_ms: float
    low_ms: float  # of the search: the quarters beside its median
    high_ms: float
    recall: float | None  # share of the exact 10 best; None for generation
    memory_mb: float  # of what grows with the collection
    build_seconds: float

    @property
    def whole_ms(self) -> float:
        return self.encode_ms + self.search_ms

    @property
    def index(self) -> str:
        """Of a dual tower; empty for generation."""
        return self.method.partition("+")[2]

    @property
    def name(self) -> str:
        return method_name(self.method)


@dataclass(frozen=True)
class Scale:
    rows: tuple[Row, ...]  # by size
    machine: str  # one sentence

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(sorted({row.items for row in self.rows}))

    def of(self, size: int) -> dict[str, Row]:
        """The rows of one size, by method."""
        return {row.method: row for row in self.rows if row.items == size}


def read_scale(file: Path) -> Scale | None:
    """The methods that the page shows; None where the file is not there or is none of `bench scale`."""
    try:
        values = read_json(file)
        rows = [_row(value) for value in values["rows"]]
        machine = machine_told(values["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    known = [row for row in rows if row.method in WAYS or (row.index in INDEXES and row.name != row.method)]
    return Scale(tuple(sorted(known, key=lambda row: row.items)), machine) if known else None


def method_name(method: str) -> str:
    """How a method is called on the page; as it is where it is not known."""
    tower, _, index = method.partition("+")
    if tower in TOWERS and index in INDEXES:
        return f"{TOWERS[tower]} with {'a ' if index == 'flat' else ''}{INDEXES[index]}"
    return WAYS.get(method, method)


def verdict(scale: Scale) -> list[str]:
    """Who answers first at which size, how each search grows, and what generation overtakes: one sentence each."""
    return [sentence for sentence in (_first(scale), _growth(scale), _overtaken(scale)) if sentence]


def left_out(scale: Scale) -> str:
    """A sentence on the kind of index that was not built of the larger sizes; empty where all were."""
    built = max((row.items for row in scale.rows if row.index == "hnsw"), default=0)
    if not built or built == scale.sizes[-1]:
        return ""
    return f"HNSW was built up to {count(built)} items; building more of its graph takes longer than all the rest. "


def _first(scale: Scale) -> str:
    """The index or generation, encoding included."""
    compared = [size for size in scale.sizes if GENERATION in (rows := scale.of(size)) and _rivals(rows)]
    if not compared:
        return ""
    wins = [size for size in compared if _best(scale, size).whole_ms < scale.of(size)[GENERATION].whole_ms]
    largest = compared[-1]
    best, mine = _best(scale, largest), scale.of(largest)[GENERATION]
    times = (
        f"at {count(largest)} items {best.name} takes {milliseconds(best.whole_ms)} and generation "
        f"{milliseconds(mine.whole_ms)}, encoding included."
    )
    everywhere = " at every size measured" if len(compared) > 1 else ""
    if len(wins) == len(compared):
        return f"An index answers first{everywhere}: {times}"
    if not wins:
        return f"Generation answers first{everywhere}: {times}"
    return (
        f"An index answers first at {' and '.join(count(size) for size in wins)} items, generation elsewhere: {times}"
    )


def _growth(scale: Scale) -> str:
    """How the search alone grows, of each method between its own smallest and largest size."""
    grown = []
    for name, method in ((WAYS[GENERATION], GENERATION), *((INDEXES[kind], f"compact+{kind}") for kind in INDEXES)):
        rows = [row for row in scale.rows if row.method == method]
        if len(rows) > 1:
            times = rows[-1].search_ms / rows[0].search_ms
            told = f"{name} {times:.{0 if times >= 10 else 1}f}-fold"
            grown.append((rows[0].items, rows[-1].items, told))
    if not grown:
        return ""
    low, high, _ = grown[0]
    alike = [told for first, last, told in grown if (first, last) == (low, high)]
    return f"From {count(low)} to {count(high)} items the search alone grows: {', '.join(alike)}."


def _overtaken(scale: Scale) -> str:
    """The dual towers that generation is ahead of, and from which size on."""
    found: dict[int, list[str]] = {}
    for method in dict.fromkeys(row.method for row in scale.rows if row.index):
        sizes = [size for size in scale.sizes if {method, GENERATION} <= scale.of(size).keys()]
        ahead = [scale.of(size)[GENERATION].whole_ms < scale.of(size)[method].whole_ms for size in sizes]
        if ahead and ahead[-1]:
            behind = [size for size, won in zip(sizes, ahead, strict=True) if not won]
            first = min(size for size in sizes if not behind or size > behind[-1])
            found.setdefault(first, []).append(method_name(method))
    if not found:
        return "Generation is ahead of none of these dual towers." if len(scale.sizes) > 1 else ""
    parts = [f"of {' and of '.join(names)} from {count(size)} items on" for size, names in sorted(found.items())]
    return f"Generation is ahead {'; '.join(parts)}."


def _rivals(rows: Mapping[str, Row]) -> list[Row]:
    return [row for row in rows.values() if row.index]


def _best(scale: Scale, size: int) -> Row:
    return min(_rivals(scale.of(size)), key=lambda row: row.whole_ms)


def count(items: int) -> str:
    return "a million" if items == 1_000_000 else f"{items:,}"


def milliseconds(value: float) -> str:
    return f"{short(value)} ms"


def short(value: float) -> str:
    """A figure to two or three digits: 207, 55, 2.4, 0.24."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def _row(value: Mapping[str, Any]) -> Row:
    search = value["search"]
    recall = value["recall"]
    return Row(
        items=int(value["items"]),
        method=str(value["method"]),
        encode_ms=_time(value["encode_ms"]),
        search_ms=_time(value["search_ms"]),
        low_ms=_time(search["p25_ms"]),
        high_ms=_time(search["p75_ms"]),
        recall=None if recall is None else float(recall),
        memory_mb=float(value["memory_mb"]),
        build_seconds=float(value["build_seconds"]),
    )


def _time(value: Any) -> float:
    """Milliseconds; what no clock gives is no measurement."""
    if not math.isfinite(time := float(value)) or time <= 0:
        raise ValueError(f"{value} is no time")
    return time


def machine_told(facts: Mapping[str, Any]) -> str:
    told = measured_on(facts)
    load = float(facts["load_before"])
    return f"{told}; other programs were running (load {load:g})" if load > BUSY else told


def by_method(rows: Sequence[Row], method: str) -> list[Row]:
    """The rows of one method; of dual towers' searches, `method` is the index, since no index knows its tower."""
    wanted = method if method in WAYS else f"compact+{method}"
    return [row for row in rows if row.method == wanted]
