"""Results of measurements as Markdown: tables, and sentences that say who is ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
_WITHIN = 1.10  # the growth from the smallest to the largest collection that counts as none
_ASSIGNED = 60  # seconds in which a million vectors are to be assigned


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def section(name: str, result: Result) -> str:
    """The tables and sentences of one measurement, from its JSON."""
    return {"decode": decode, "constraint": constraint, "scale": scale, "serve": serve, "quantise": quantise}[name](
        result
    )


def decode(result: Result) -> str:
    batches = sorted({row["queries"] for row in result["rows"]})
    found = {(row["arm"], row["queries"]): row for row in result["rows"]}
    precision = result.get("precision", "float32")
    mine = "own" if precision == "float32" else f"own_{precision}"
    own = {batch: found[mine, batch]["ms"]["median_ms"] for batch in batches}
    rows = []
    for arm in dict.fromkeys(row["arm"] for row in result["rows"]):
        first = found[arm, batches[0]]
        cells = [first["title"], f"{first['parameters'] / 1e6:.0f}"]
        for batch in batches:
            ms = found[arm, batch]["ms"]
            cells += [_spread(ms), f"{ms['median_ms'] / own[batch]:.2f}"]
        rows.append(cells)
    header = ["arm", "parameters, M"] + [
        part for batch in batches for part in (f"{batch} at once, ms a query", "to ours")
    ]
    one, many = batches[0], batches[-1]
    ahead = (
        f"`generate` takes {result['ratio_1']:.1f} times as long as ours in {precision}, the fastest here, at {one} "
        f"query at a time, and {result['ratio_32']:.1f} times in batches of {many} (medians; in brackets the quarters)."
    )
    return "\n\n".join([table(header, rows), ahead, *_precisions(result), _floors(result), _profile(result)])


def _precisions(result: Result) -> list[str]:
    """What every precision gains, and what it changes."""
    gains = [
        [r["precision"], r["queries"], f"{r['own_ms']:.1f}", f"{r['ratio']:.1f}"] for r in result.get("ratios", ())
    ]
    kept = [
        [a["precision"], a["of"], a["queries"], f"{100 * a['top_10']:.1f} %", f"{100 * a['first']:.1f} %"]
        for a in result.get("agreements", ())
    ]
    parts = []
    if gains:
        header = ["ours in", "at once", "ms a query", "`generate` takes so many times as long"]
        parts.append(table(header, gains))
    if kept:
        header = ["ours in", "model", "queries", "of float32's ten best", "same first item"]
        parts.append(f"What rounding changes in the ranking:\n\n{table(header, kept)}")
    return parts


def _floors(result: Result) -> str:
    speeds = result["speeds"]
    rates = ", ".join(f"{rate:.0f} GFLOP/s in {number}" for number, rate in speeds["gflop_per_s"].items())
    rows = [
        [
            floor["weights"],
            floor["queries"],
            f"{floor['reading_ms']:.1f}",
            f"{floor['arithmetic_ms']:.1f}",
            f"{floor['floor_ms']:.1f}",
            f"{floor['own_ms']:.1f}",
            f"{floor['times_floor']:.1f}",
            f"{100 * floor['bandwidth_share']:.0f} %",
        ]
        for floor in result["floors"]
    ]
    header = ["weights", "at once", "reading, ms", "arithmetic, ms", "floor, ms", "ours, ms", "times", "of bandwidth"]
    told = (
        f"The floor, at the {speeds['read_gb_per_s']:.1f} GB/s and {rates} that this machine reached in the same run:"
    )
    return f"{told}\n\n{table(header, rows)}"


def _profile(result: Result) -> str:
    parts = []
    for batch, operations in result["profile"].items():
        rows = [[f"`{op['name']}`", f"{op['calls']:g}", f"{100 * op['share']:.1f} %"] for op in operations]
        parts.append(
            f"Where ours goes, {batch} at once:\n\n" + table(["operation", "calls a search", "of the time"], rows)
        )
    return "\n\n".join(parts)


def constraint(result: Result) -> str:
    batches = sorted({row["queries"] for row in result["rows"]})
    found = {(row["items"], row["method"], row["queries"]): row for row in result["rows"]}
    titles = {"ours": "ours", "static": "dense and sparse table", "dictionary": "dictionary trie"}
    rows = []
    for items, method in dict.fromkeys((row["items"], row["method"]) for row in result["rows"]):
        times = [_spread(found[items, method, batch]["ms"]) for batch in batches]
        first = found[items, method, batches[0]]
        rows.append(
            [f"{items:,}", titles[method], *times, f"{first['build_seconds']:.2f}", f"{first['memory_mb']:.1f}"]
        )
    header = ["items", "structure", *(f"{batch} at once, ms" for batch in batches), "build, s", "MB"]
    largest, batch = max(row["items"] for row in result["rows"]), batches[-1]
    mine = found[largest, "ours", batch]["ms"]["median_ms"]
    ratios = {name: found[largest, name, batch]["ms"]["median_ms"] / mine for name in ("static", "dictionary")}
    told = (
        f"At {largest:,} items and {batch} at once the dense and sparse table takes {ratios['static']:.2f} times as "
        f"long as ours, the dictionary trie {ratios['dictionary']:.0f} times."
    )
    return "\n\n".join([table(header, rows), told, *_tries(result.get("tries", ()))])


def _tries(tries: Sequence[Result]) -> list[str]:
    """Our trie alone, at sizes that were built and at one that is worked out."""
    cells = [
        [
            f"{trie['items']:,}" + ("" if trie["measured"] else " (worked out)"),
            f"{trie['build_seconds']:,.1f}",
            ("" if trie["measured"] else "at most ") + f"{trie['memory_mb']:,.0f}",
            f"{1e6 * trie['memory_mb'] / trie['items']:.1f}",
            f"{trie['peak_mb']:,.0f}",
        ]
        for trie in tries
    ]
    header = ["items", "build, s", "MB", "bytes an item", "more while it is built, MB"]
    return [f"Our trie alone:\n\n{table(header, cells)}"] if cells else []


def scale(result: Result) -> str:
    rows = result["rows"]
    parts = [_searches(rows), _encoders(rows)]
    indexes = [row for row in rows if row["recall"] is not None and row["method"].startswith("compact+")]
    if indexes:
        cells = [
            [
                f"{row['items']:,}",
                row["method"].split("+")[1],
                f"{100 * row['recall']:.1f} %",
                f"{row['memory_mb']:,.1f}",
                f"{row['build_seconds']:.2f}",
            ]
            for row in indexes
        ]
        parts.append(table(["items", "index", "of the exact 10 best", "MB", "build, s"], cells) + _not_built(result))
    return "\n\n".join([*parts, *_ahead(result)])


def _not_built(result: Result) -> str:
    """A sentence after the table where a size is left out of HNSW."""
    most = result["options"].get("hnsw_up_to", 0)
    if "hnsw" not in result["options"]["indexes"] or max(result["options"]["sizes"]) <= most:
        return ""
    return (
        f"\n\nHNSW was built of {most:,} items at most, since its graph takes longest to build: "
        "`--hnsw-up-to 1000000` builds the larger ones too."
    )


def _searches(rows: Sequence[Result]) -> str:
    by_size: dict[int, dict[str, str]] = {}
    for row in rows:
        by_size.setdefault(row["items"], {})[row["method"].split("+")[-1]] = _spread(row["search"])
    names = list(dict.fromkeys(name for found in by_size.values() for name in found))
    cells = [[f"{size:,}", *(found.get(name, "") for name in names)] for size, found in by_size.items()]
    return "Search alone, ms:\n\n" + table(["items", *names], cells)


def _encoders(rows: Sequence[Result]) -> str:
    found = {row["method"].split("+")[0]: [_spread(row["encode"]), f"{row['model_mb']:.0f}"] for row in rows}
    return "Reading the query, ms:\n\n" + table(
        ["model", "ms", "model, MB"], [[name, *cells] for name, cells in found.items()]
    )


def _ahead(result: Result) -> list[str]:
    """Sentences: how generation grows, who is ahead at every size, and from where on."""
    rows, told = result["rows"], []
    sizes = sorted({row["items"] for row in rows})
    for method, growth in result["growth"].items():
        if growth["items"] == sizes[0]:
            continue
        held = "within" if growth["whole"] <= _WITHIN else "not within"
        told.append(
            f"From {sizes[0]:,} to {growth['items']:,} items the time of `{method}` grows {growth['whole']:.2f}-fold "
            f"({held} 10 %); its search alone {growth['search']:.2f}-fold."
        )
    cells = []
    for size in sizes:
        whole = {row["method"]: row["encode_ms"] + row["search_ms"] for row in rows if row["items"] == size}
        rivals = {name: time for name, time in whole.items() if "+" in name}
        if rivals and "generation" in whole:
            best = min(rivals, key=lambda name: rivals[name])
            least = min(
                (name for name in rivals if name.startswith("clip+")), key=lambda name: rivals[name], default=best
            )
            mine = whole["generation"]
            names = " and ".join(f"{name} ({rivals[name]:.1f})" for name in dict.fromkeys((best, least)))
            winner = "the index" if rivals[best] < mine else "generation"
            ahead = whole.get("generation_ahead")
            cells.append([f"{size:,}", f"{mine:.1f}", "" if ahead is None else f"{ahead:.1f}", names, winner])
    if cells:
        rivals_title = "fastest dual tower, and fastest with CLIP (ms)"
        header = ["items", "generation, ms", "looking ahead, ms", rivals_title, "first"]
        told.append("A whole answer, encoding and search:\n\n" + table(header, cells))
    return told


def serve(result: Result) -> str:
    rows = [
        [
            row["users"],
            *("-" if row[name] is None else f"{row[name]:.0f}" for name in ("p50_ms", "p95_ms", "p99_ms")),
            f"{row['queries_per_second']:.1f}",
            f"{row['answered']:,}",
            "; ".join(f"{count} x {reason}" for reason, count in row["errors"].items()) or "0",
            f"{100 * row['client_share']:.0f} %",
        ]
        for row in result["rows"]
    ]
    header = ["users", "p50, ms", "p95, ms", "p99, ms", "queries/s", "answered", "errors", "users' share of a core"]
    seconds = result["options"]["seconds"]
    return f"{result['items']:,} items, {seconds:g} s each:\n\n{table(header, rows)}"


def quantise(result: Result) -> str:
    stages = list(dict.fromkeys(row["stage"] for row in result["rows"]))
    by_size: dict[int, dict[str, Result]] = {}
    for row in result["rows"]:
        by_size.setdefault(row["items"], {})[row["stage"]] = row
    rows = [
        [f"{size:,}", *(f"{found[name]['items_per_second']:,.0f} ({found[name]['seconds']:.1f} s)" for name in stages)]
        for size, found in by_size.items()
    ]
    largest = max(by_size)
    taken = sum(by_size[largest][name]["seconds"] for name in ("assign", "unique"))
    told = f"{largest:,} vectors have their identifiers {taken:.1f} s after the codec is fitted"
    if largest >= 1_000_000:
        told += f" ({'under' if taken < _ASSIGNED else 'over'} the {_ASSIGNED} s aimed at)"
    return f"Items a second:\n\n{table(['items', *stages], rows)}\n\n{told}."


def _spread(ms: Result) -> str:
    digits = 3 if ms["median_ms"] < 1 else 1
    return f"{ms['median_ms']:.{digits}f} [{ms['p25_ms']:.{digits}f}, {ms['p75_ms']:.{digits}f}]"
