"""The measurements of an ablation as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
KINDS = {"image": "pictures", "audio": "sounds", "video": "clips"}
_POOLS = {
    ("all", "held_out"): "held-out queries, every item of the kind",
    ("held_out", "held_out"): "held-out queries, held-out items",
    ("all", "train"): "queries about seen items, every item of the kind",
}
_OVER = {"all": "over the dual tower", "held_out": "the same among held-out items alone"}


def report(result: Result) -> str:
    """Tables of all arms, a kind and a pool at a time, then what the curves of the first arm say."""
    return "\n\n".join([told(result), _relative(result), *long_tables(result)])


def long_tables(result: Result) -> list[str]:
    """A heading of the third level and a table for each kind and pool, then for each kind's curves."""
    parts = []
    for modality, name in KINDS.items():
        for (pool, split), which in _POOLS.items():
            rows = [row for row in result["rows"] if _place(row) == (modality, pool, split)]
            if rows:
                size = f"{rows[0]['pool_size']:,} items, {rows[0]['queries']:,} queries"
                parts += [f"### {name.capitalize()}: {which} ({size})", _recalls(result, rows)]
    for curve in result.get("curves", ()):
        parts += [f"### {KINDS[curve['modality']].capitalize()}: beams, and where the right prefix is lost"]
        parts += [_beams(curve), _survival(curve)]
    return parts


def row_of(result: Result, arm: str, modality: str, pool: str, split: str) -> Result | None:
    """The row of an arm and a place; None where it was not measured."""
    places = (row for row in result["rows"] if row["arm"] == arm and _place(row) == (modality, pool, split))
    return next(places, None)


def every_seed(result: Result) -> list[str]:
    """The arms that were built with every seed, in order: the headline ones, and what stands beside them."""
    seeds = {row["arm"]: len(row["recall_at_1_by_seed"]) for row in result["rows"]}
    return [arm for arm in result["titles"] if seeds.get(arm) == len(result["seeds"])]


def told(result: Result) -> str:
    """What was done, and how its tables are read."""
    seeds, often = ", ".join(map(str, result["seeds"])), every_seed(result)
    once = ", ".join(f"“{title}”" for arm, title in result["titles"].items() if arm not in often)
    return (
        f"`python -m ace_core ablate`: beam search with {result['beams']} beams. Arms are built with the seeds {seeds}"
        f"{f', but with the first alone: {once}' if once else ''}. R@1 has a 95 % bootstrap interval over queries of "
        "the seeds' mean, and beside it the difference to the dual tower of the same seeds, in pairs of the same "
        "query. `held-out first`: how often the first answer is a held-out item, beside the share of such items. "
        f"{result.get('note', '')}"
    ).rstrip()


def measured_on(facts: Mapping[str, Any]) -> str:
    """What something was measured on: cores, processor and threads."""
    cores, threads = (f"{facts[what]} {what[:-1]}{'s' * (facts[what] != 1)}" for what in ("cores", "threads"))
    return f"{cores} of {facts['processor']}, {threads}"


def _relative(result: Result) -> str:
    rows = [[title, *ratios(result, arm)] for arm, title in result["titles"].items()]
    what = "R@1 over the dual tower's, the mean over the kinds; held-out queries [95 %]:"
    return what + "\n\n" + table(["arm", *over(result)], rows)


def over(result: Result) -> list[str]:
    """Titles of the columns that `ratios` fills."""
    pools = next(iter(result["relative"].values()))
    return [_OVER[pool] for pool in pools]


def ratios(result: Result, arm: str) -> list[str]:
    """The arm's R@1 over the dual tower's, in each pool, with its interval."""
    return [
        f"{found['ratio']:.3f} [{found['ci95'][0]:.3f}, {found['ci95'][1]:.3f}]"
        for found in result["relative"][arm].values()
    ]


def _recalls(result: Result, rows: Sequence[Result]) -> str:
    lines = [
        [
            result["titles"][row["arm"]],
            f"{row['recall_at_1']:.1f} {_interval(row['recall_at_1_ci95'])}",
            f"{row['recall_at_5']:.1f}",
            f"{row['recall_at_10']:.1f}",
            " / ".join(f"{value:.1f}" for value in row["recall_at_1_by_seed"]),
            f"{row['less_dual_tower']:+.1f} {_interval(row['less_dual_tower_ci95'])}",
            f"{row['held_out_first']:.0f} % ({row['held_out_share']:.0f} %)",
        ]
        for row in rows
    ]
    titles = ["arm", "R@1 [95 %]", "R@5", "R@10", "R@1 by seed", "less dual tower", "held-out first (share)"]
    return table(titles, lines)


def _beams(curve: Result) -> str:
    rows = [
        [f"{row['beams']}", *(f"{row[f'recall_at_{k}']:.1f}" for k in (1, 5, 10)), f"{row['ms']:.2f}"]
        for row in curve["against_beams"]
    ]
    return table(["beams", "R@1", "R@5", "R@10", "ms a query, 64 at once"], rows)


def _survival(curve: Result) -> str:
    rows = [[f"{row['tokens']}", f"{row['kept']:.1f}", f"{row['leads']:.1f}"] for row in curve["survival"]]
    return table(["tokens written", "right prefix in the beam, %", "right prefix leads, %"], rows)


def _place(row: Result) -> tuple[str, str, str]:
    return row["modality"], row["pool"], row["query_items"]


def _interval(ends: Sequence[float]) -> str:
    return f"[{ends[0]:.1f}, {ends[1]:.1f}]"


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
