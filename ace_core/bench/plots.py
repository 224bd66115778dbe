"""The measurements as small SVG drawings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ace_core.files import atomic_path

_COLOURS = {
    "generation": "#c8553d",
    "generation_plain": "#e0a03b",
    "generation_unskipped": "#a23b72",
    "generation_ahead": "#4b3f72",
    "own": "#c8553d",
    "own_bfloat16": "#c8553d",
    "own_int8": "#c8553d",
    "own_fused": "#e0a03b",
    "own_fused_bfloat16": "#e0a03b",
    "own_fused_int8": "#e0a03b",
    "ours": "#c8553d",
    "flat": "#33658a",
    "ivf": "#5a9bb8",
    "hnsw": "#6a8d4f",
    "static": "#33658a",
    "dictionary": "#7d7d7d",
}
_OTHER = "#7d7d7d"
Result = Mapping[str, Any]


def draw(name: str, result: Result, path: Path) -> bool:
    """Draw the measurement `name` into `path` (SVG); False where it has no drawing."""
    if name not in _DRAWINGS:
        return False
    save(path, name, lambda figure: _DRAWINGS[name](figure, result))
    return True


def save(path: Path, salt: str, paint: Callable[[Any], None], size: tuple[float, float] = (9, 3.6)) -> None:
    """Write to `path` (SVG) what `paint` draws on a figure of `size` (inches); `salt`: of the names inside."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasSVG(figure)
    paint(figure)
    # Text stays text, and the same numbers give the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}), atomic_path(path) as staged:
        figure.savefig(staged, format="svg", metadata={"Date": None})


def _decode(figure: Any, result: Result) -> None:
    queries = sorted({row["queries"] for row in result["rows"]})
    for axes, batch in zip(figure.subplots(1, len(queries), squeeze=False)[0], queries, strict=True):
        rows = [row for row in result["rows"] if row["queries"] == batch][::-1]
        marks = [row["ms"] for row in rows]
        middle = [mark["median_ms"] for mark in marks]
        reach = [
            [m["median_ms"] - m["p25_ms"] for m in marks],
            [m["p75_ms"] - m["median_ms"] for m in marks],
        ]
        colours = [_COLOURS.get(row["arm"], _OTHER) for row in rows]
        axes.barh([row["arm"] for row in rows], middle, xerr=reach, color=colours, height=0.6)
        for floor in result["floors"]:
            if floor["queries"] == batch and floor["weights"] == "float32":
                axes.axvline(floor["floor_ms"], color="black", linestyle=":", label="floor, float32")
                axes.legend(fontsize="small")
        axes.set(title=f"{batch} {'query' if batch == 1 else 'queries'} at once", xlabel="ms a query")


def _scale(figure: Any, result: Result) -> None:
    search, whole = figure.subplots(1, 2)
    lines: dict[str, dict[int, float]] = {}
    for row in result["rows"]:
        lines.setdefault(row["method"].split("+")[-1], {})[row["items"]] = row["search_ms"]
    for name, points in lines.items():
        search.plot(list(points), list(points.values()), marker="o", color=_COLOURS.get(name, _OTHER), label=name)
    search.set(xscale="log", yscale="log", xlabel="items", ylabel="ms a query", title="search, without encoding")
    search.grid(alpha=0.3)
    search.legend(fontsize="small")
    largest = max(row["items"] for row in result["rows"])
    rows = sorted(
        (row for row in result["rows"] if row["items"] == largest),
        key=lambda row: -row["encode_ms"] - row["search_ms"],
    )
    names = [row["method"] for row in rows]
    encode = [row["encode_ms"] for row in rows]
    whole.barh(names, encode, color="#b9c4cc", label="encoding")
    colours = [_COLOURS.get(name.split("+")[-1], _OTHER) for name in names]
    whole.barh(names, [row["search_ms"] for row in rows], left=encode, color=colours, label="search")
    whole.set(xlabel="ms a query", title=f"a whole answer, {largest:,} items")
    whole.tick_params(labelsize="small")
    whole.legend(fontsize="small")


def _constraint(figure: Any, result: Result) -> None:
    queries = sorted({row["queries"] for row in result["rows"]})
    for axes, batch in zip(figure.subplots(1, len(queries), squeeze=False)[0], queries, strict=True):
        for method in dict.fromkeys(row["method"] for row in result["rows"]):
            rows = [row for row in result["rows"] if (row["method"], row["queries"]) == (method, batch)]
            times = [row["ms"]["median_ms"] for row in rows]
            axes.plot([row["items"] for row in rows], times, marker="o", color=_COLOURS[method], label=method)
        axes.set(xscale="log", yscale="log", xlabel="items", ylabel="ms an identifier", title=f"batch of {batch}")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")


def _serve(figure: Any, result: Result) -> None:
    times, rate = figure.subplots(1, 2)
    rows = [row for row in result["rows"] if row["answered"]]
    users = [row["users"] for row in rows]
    for name, colour in (("p50_ms", "#6a8d4f"), ("p95_ms", "#e0a03b"), ("p99_ms", "#c8553d")):
        times.plot(users, [row[name] for row in rows], marker="o", color=colour, label=name.removesuffix("_ms"))
    times.set(xscale="log", yscale="log", xlabel="users at once", ylabel="ms", title="time until the answer")
    times.legend(fontsize="small")
    rate.plot(users, [row["queries_per_second"] for row in rows], marker="o", color="#33658a")
    rate.set(xscale="log", xlabel="users at once", ylabel="queries a second", title="throughput", ylim=(0, None))
    for axes in (times, rate):
        axes.grid(alpha=0.3)


_DRAWINGS: dict[str, Callable[[Any, Result], None]] = {
    "decode": _decode,
    "scale": _scale,
    "constraint": _constraint,
    "serve": _serve,
}
