"""A measured reproduction beside the published figures: one Markdown page, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ace_core.collection import SPLITS
from ace_core.evaluation.published import Benchmark, Figure
from ace_core.evaluation.table import Row

POOLS = {"held_out": "test items", "all": "whole collection"}
METRICS = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10")


@dataclass(frozen=True)
class Reproduction:
    """What was built and measured. `titles`: the arms' names for people; `reads`: what each reads to answer a query."""

    dataset: str
    collection: str
    items: Mapping[str, int]  # by split
    encoder: str
    beams: int
    seed: int
    share: float  # of all training steps
    machine: Mapping[str, Any]
    titles: Mapping[str, str]
    reads: Mapping[str, str]
    rows: tuple[Row, ...]


def as_json(found: Reproduction, benchmark: Benchmark) -> dict[str, Any]:
    """Ours and the published figures, each under its own name."""
    return {"ours": asdict(found), "published": asdict(benchmark) | {"measured_here": False}}


def as_markdown(found: Reproduction, benchmark: Benchmark) -> str:
    """The page: what was measured, the table, what is not known."""
    parts = [f"# {benchmark.title}: ours and published", _how(found), _items(found, benchmark)]
    parts += _warning(found, benchmark)
    parts.append(_table(_ours(found) + _theirs(benchmark.figures), [*_HEADER, "known from"]))
    reads = [f"{found.titles[arm]}: {told}" for arm, told in found.reads.items()]
    parts.append(_list("What ours read when a query is answered:", reads))
    if benchmark.ablation:
        told = _theirs(benchmark.ablation)
        parts += ["Published parts left out one at a time; not measured here.", _table(told, [*_HEADER, "known from"])]
    parts.append(_list("Not known of the published figures:", benchmark.unknown))
    return "\n\n".join(parts) + "\n"


_HEADER = ("whose", "method", "pool", "queries", "R@1 [95 %]", "R@5", "R@10", "MRR@10", "queries/s")


def _how(found: Reproduction) -> str:
    machine = found.machine
    trial = "" if found.share == 1 else f" A trial with {found.share:g} of the training steps."
    return (
        f"Measured by `python -m ace_core reproduce {found.dataset}`: encoder {found.encoder}, {found.beams} beams, "
        f"seed {found.seed}; {machine['cores']} cores of {machine['processor']}, Python {machine['python']}.{trial} "
        "Rows marked published were measured by others, with other encoders and on other machines."
    )


def _list(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"- {line}" for line in lines)])


def _warning(found: Reproduction, benchmark: Benchmark) -> list[str]:
    """One sentence where the test items are not those of the published figures."""
    here, published = found.items.get("held_out", 0), benchmark.sizes["held_out"]
    if found.collection != benchmark.collection:
        return [f"The test items of {found.collection!r} are not those of the published figures: they do not compare."]
    if here != published:
        return [f"Of {published:,} published test items {here:,} are here: the figures compare roughly at best."]
    return []


def _items(found: Reproduction, benchmark: Benchmark) -> str:
    rows = [[split, f"{found.items.get(split, 0):,}", f"{benchmark.sizes.get(split, 0):,}"] for split in SPLITS]
    return _table(rows, ["split", "items here", "items published"])


def _ours(found: Reproduction) -> list[list[str]]:
    lines = []
    for pool in POOLS:
        for row in (row for row in found.rows if row.pool == pool):
            low, high = row.recall_at_1_ci95
            first, *rest = (f"{getattr(row, name):.1f}" for name in METRICS)
            where = f"{POOLS[pool]} ({row.pool_size:,})"
            told = [f"{row.queries:,}", f"{first} [{low:.1f}, {high:.1f}]", *rest, "not measured", "this run"]
            lines.append(["ours", found.titles[row.arm], where, *told])
    return lines


def _theirs(figures: Sequence[Figure]) -> list[list[str]]:
    return [
        [
            *("published", f"{figure.method} ({figure.kind})", "not stated", "not stated"),
            *(_number(getattr(figure, name)) for name in (*METRICS, "queries_per_second")),
            figure.source,
        ]
        for figure in figures
    ]


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
