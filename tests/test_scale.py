"""The tab “Scale”: what follows from figures, what is drawn of them, and measuring this machine from the page."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import gradio as gr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ace_core.__main__ import build_parser
from ace_core.bench import scale as bench
from ace_core.engine import Engine
from app import api, curve, measured
from app.layout import TITLES
from app.measured import SHIPPED, Scale, read_scale, verdict
from app.measuring import ROUNDS, SIZES, STAGES, Measuring, MeasuringLimits, Run, bench_command
from app.page import Page, head
from app.routes import measuring_routes
from app.scale import panel, scale_view
from app.visitors import Refused
from tests.visiting import make_visited_bundle

KEY, OTHER = "k" * 32, "o" * 32
HOSTILE = "<img src=x onerror=alert(1)>"

# A stand-in for the benchmark: tells of its stages, waits while a file is there, and leaves the figures it is given.
STAND_IN = """
import json, sys, time
from pathlib import Path
figures, out, events, hold, *stages = sys.argv[1:]
def tell(stage, state, fraction=0.0):
    with open(events, "a", encoding="utf-8") as stream:
        stream.write(json.dumps({"stage": stage, "state": state, "fraction": fraction}) + "\\n")
for stage in stages[:2]:
    tell(stage, "started")
    tell(stage, "progress", 0.5)
    if stage == stages[0]:
        tell(stage, "done")
while Path(hold).exists():
    time.sleep(0.02)
if figures == "none":
    sys.exit(3)
Path(out).write_text(figures, encoding="utf-8")
"""


def row(items: int, method: str, encode: float, search: float, **more: Any) -> dict[str, Any]:
    spread = {"median_ms": search, "p25_ms": 0.9 * search, "p75_ms": 1.2 * search, "runs": 10}
    found = None if method.startswith("generation") else 0.95
    return {
        "items": items, "method": method, "encode_ms": encode, "search_ms": search, "search": spread, "recall": found,
        "memory_mb": items / 500, "build_seconds": 0.5, **more,
    }  # fmt: skip


def figures(*rows: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"rows": list(rows), "facts": {"cores": 2, "processor": "P", "threads": 2, "load_before": 0.1, **facts}}


WHOLE = figures(
    *(
        line
        for n, size in enumerate((1000, 10_000, 100_000))
        for line in (
            row(size, "generation", 10, 30 + n),
            row(size, "generation_unskipped", 10, 60),
            row(size, "compact+flat", 2, 0.3 * 10**n),
            row(size, "clip+flat", 60, 0.3 * 10**n),
            row(size, "compact+ivf", 2, 0.3 * 2**n),
            row(size, "clip_cut+ivf", 50, 0.3 * 2**n),
        )
    )
)


def read(value: Any, folder: Path) -> Scale | None:
    file = folder / "scale.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return read_scale(file)


def readable(value: Any, folder: Path) -> Scale:
    found = read(value, folder)
    assert found is not None
    return found


# What follows from figures


def test_what_is_shipped_can_be_read_and_drawn() -> None:
    scale = read_scale(SHIPPED)
    assert scale is not None
    assert {"generation", "compact+flat", "clip+flat", "compact+ivf"} <= {r.method for r in scale.rows}
    assert verdict(scale)
    assert "<svg" in scale_view(None)


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", "{}", '{"rows": 3}', {"rows": []}, figures(), {"rows": WHOLE["rows"]},
     figures(row(10, "smell", 1, 1)), figures({**row(10, "generation", 1, 1), "search_ms": None}),
     figures(row(10, "generation", 1, float("nan"))), figures(row(10, "generation", 1, -1))],
)  # fmt: skip
def test_what_is_no_measurement_is_not_shown(value: Any, tmp_path: Path) -> None:
    assert read(value, tmp_path) is None
    assert "Not measured yet" in scale_view(None, tmp_path / "scale.json")
    assert "Not measured yet" in scale_view(None, tmp_path / "missing.json")


def test_the_sentences_say_who_is_first_and_what_is_overtaken(tmp_path: Path) -> None:
    first, growth, overtaken = verdict(readable(WHOLE, tmp_path))
    assert first == (
        "An index answers first at every size measured: at 100,000 items our small text tower with IVF takes 3.2 ms "
        "and generation 42 ms, encoding included."
    )
    assert "grows: generation 1.1-fold, flat index 100-fold, IVF 4.0-fold." in growth
    assert overtaken == "Generation is ahead of CLIP’s text tower with a flat index from 1,000 items on."


def test_generation_is_said_to_be_first_where_it_is(tmp_path: Path) -> None:
    slow = figures(*(row(n, m, 5, t) for n, t in ((10, 1), (1000, 100)) for m in ("compact+flat", "clip+flat")),
                   row(10, "generation", 5, 50), row(1000, "generation", 5, 50))  # fmt: skip
    first, _, overtaken = verdict(readable(slow, tmp_path))
    assert first.startswith("An index answers first at 10 items, generation elsewhere:")
    assert "from 1,000 items on" in overtaken
    one = figures(row(10, "generation", 5, 5), row(10, "compact+flat", 5, 50))
    assert verdict(readable(one, tmp_path))[0].startswith("Generation answers first")
    alone = figures(row(10, "generation", 5, 5), row(90, "generation", 5, 5))
    assert len(verdict(readable(alone, tmp_path))) == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from((10, 1000, 50_000, 10**6)),
            st.sampled_from(
                ("generation", "generation_ahead", "compact+flat", "clip+ivf", "clip+hnsw", "compact+hnsw")
            ),
            st.floats(1e-3, 1e4),
            st.floats(1e-3, 1e4),
        ),
        min_size=1,
        unique_by=lambda drawn: drawn[:2],
    )
)
@settings(max_examples=60, deadline=None)
def test_any_figures_are_drawn_inside_the_drawing_and_told_truly(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, str, float, float]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    scale = readable(figures(*(row(*one) for one in drawn)), folder)
    told = verdict(scale)
    both = {n for n in scale.sizes if "generation" in scale.of(n) and len([r for r in scale.of(n) if "+" in r])}
    if both:
        rows = scale.of(max(both)).values()
        fastest = min((r for r in rows if r.index), key=lambda r: r.encode_ms + r.search_ms)
        assert measured.milliseconds(fastest.whole_ms) in told[0]
    svg = curve.drawing(scale)
    if not svg:
        return
    for element in ElementTree.fromstring(svg).iter():
        assert element.tag != "script"
        for x, y in re.findall(r"M([\d.-]+) ([\d.-]+)", element.get("d", "")):
            assert -5 <= float(x) <= curve.WIDTH
            assert 0 <= float(y) <= curve.HEIGHT


def test_every_figure_is_in_the_table_and_nothing_is_markup(tmp_path: Path) -> None:
    value = figures(*WHOLE["rows"], processor=HOSTILE, load_before=3)
    readable(value, tmp_path)
    drawn = scale_view(None, tmp_path / "scale.json")
    assert HOSTILE not in drawn
    assert "other programs were running (load 3)" in drawn
    assert drawn.count("<tr>") == 1 + len([r for r in value["rows"] if "cut" not in r["method"]])
    assert "data-do" not in drawn


def test_what_was_not_built_is_said(tmp_path: Path) -> None:
    assert measured.left_out(readable(WHOLE, tmp_path)) == ""
    assert "HNSW was built up to 1,000 items" in measured.left_out(
        readable(figures(*WHOLE["rows"], row(1000, "compact+hnsw", 2, 0.1)), tmp_path)
    )
    assert "HNSW was built up to 1,000 items" in scale_view(None, tmp_path / "scale.json")


def test_slower_is_higher_and_larger_is_to_the_right(tmp_path: Path) -> None:
    axes = curve.Axes.around(readable(WHOLE, tmp_path).rows)
    assert axes.x(1000) < axes.x(10_000) < axes.x(100_000)
    assert axes.y(0.3) > axes.y(3) > axes.y(30)
    assert axes.x(10_000) == pytest.approx((axes.x(1000) + axes.x(100_000)) / 2)


def test_stages_are_those_of_the_benchmark() -> None:
    assert STAGES == bench.STAGES


# Measuring this machine


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Here:
    """`Measuring` over the stand-in, which waits while `hold` is there."""

    def __init__(self, folder: Path, value: Any = WHOLE, seconds: float = 60.0) -> None:
        self.parent, self.hold, self.clock = folder / "parent", folder / "hold", Clock()
        self.parent.mkdir()
        self.figures = value if isinstance(value, str) else json.dumps(value)
        self.measuring = Measuring(MeasuringLimits(seconds, pause=20), self.parent, self.command, self.clock)

    def command(self, items: int, out: Path, events: Path) -> list[str]:
        return [sys.executable, "-c", STAND_IN, self.figures, str(out), str(events), str(self.hold), *STAGES]

    def ended(self) -> Run:
        run = self.measuring.last()
        assert run is not None
        until(lambda: run.over)
        return run


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    made = Here(tmp_path)
    yield made
    made.measuring.close()
    assert not list(made.parent.iterdir())


def test_a_run_tells_how_far_it_is_and_leaves_its_figures(here: Here) -> None:
    here.hold.touch()
    assert 'data-busy="0"' in panel(here.measuring, KEY)
    run = here.measuring.start(10_000, KEY)
    until(lambda: run.progress().now == "generation")
    shown = panel(here.measuring, KEY)
    assert 'data-busy="1" data-mine="1"' in shown
    assert 'data-said="Timing generation, 10,000 items"' in shown
    assert shown.count('class="done"') == shown.count('class="doing"') == 1
    assert "50 %" in shown
    assert api.run_json(run)["stage"] == "generation"
    here.hold.unlink()
    assert here.ended().state == "done"
    shown = panel(here.measuring, OTHER)
    assert "An index answers first" in shown
    assert 'data-busy="0"' in shown
    assert len(api.run_json(run)["result"]["rows"]) == 15


def test_one_run_at_a_time_and_a_pause_between(here: Here) -> None:
    here.hold.touch()
    here.measuring.start(1000, KEY)
    with pytest.raises(Refused, match="of 1,000 items is running already"):
        here.measuring.start(1000, OTHER)
    assert "Another visitor began it" in panel(here.measuring, OTHER)
    assert 'data-mine="0"' in panel(here.measuring, OTHER)
    here.hold.unlink()
    here.ended()
    with pytest.raises(Refused, match="may begin in 20 s"):
        here.measuring.start(1000, OTHER)
    here.clock.now = 21
    here.measuring.start(10_000, OTHER)
    assert here.ended().items == 10_000
    assert len(list(next(here.parent.iterdir()).iterdir())) == 1  # what the first run left is gone


def test_only_its_beginner_stops_a_run(here: Here) -> None:
    with pytest.raises(Refused, match="No measurement is running"):
        here.measuring.stop(KEY)
    here.hold.touch()
    here.measuring.start(1000, KEY)
    for key in (OTHER, "", "é\udcff"):
        with pytest.raises(Refused, match="Only whoever began"):
            here.measuring.stop(key)
    here.measuring.stop(KEY)
    assert here.ended().state == "stopped"
    assert "was stopped" in panel(here.measuring, KEY)


@pytest.mark.parametrize("items", [0, 999, 1_000_000, "1000", None, 1000.0, True, -1])
def test_only_the_offered_sizes_are_measured(here: Here, items: object) -> None:
    with pytest.raises(Refused, match="Choose one of 1,000, 10,000, 100,000 items"):
        here.measuring.start(items, KEY)
    assert here.measuring.last() is None


def test_without_a_key_nothing_begins(here: Here) -> None:
    with pytest.raises(Refused, match="needs a key"):
        here.measuring.start(1000, "")


@pytest.mark.parametrize("value", ["none", "{", json.dumps(figures())])
def test_a_run_that_leaves_no_figures_says_so(tmp_path: Path, value: str) -> None:
    here = Here(tmp_path, value)
    here.measuring.start(1000, KEY)
    assert here.ended().state == "failed"
    assert "did not end well" in panel(here.measuring, KEY)
    here.measuring.close()


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    here = Here(tmp_path, seconds=0.3)
    here.hold.touch()
    here.measuring.start(1000, KEY)
    assert here.ended().state == "failed"
    assert "took too long" in panel(here.measuring, KEY)
    here.measuring.close()


def test_closing_stops_what_runs(tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.hold.touch()
    run = here.measuring.start(1000, KEY)
    here.measuring.close()
    assert run.state == "stopped"
    assert not list(here.parent.iterdir())


def test_the_command_is_the_benchmark_at_one_size(tmp_path: Path) -> None:
    words = bench_command(1000, tmp_path / "out.json", tmp_path / "events.jsonl")
    asked = build_parser().parse_args(words[3:])
    assert (asked.kind, asked.sizes, asked.rounds, asked.hnsw_up_to) == ("scale", [1000], ROUNDS, SIZES[-1])
    options = bench.ScaleOptions(methods=tuple(asked.methods))
    assert set(options.ways) == set(measured.WAYS)
    assert (asked.out, asked.events) == (tmp_path / "out.json", tmp_path / "events.jsonl")


# Over HTTP


def test_the_addresses_begin_show_and_stop(here: Here) -> None:
    here.hold.touch()
    mine, theirs = {"X-Ace-Key": KEY}, {"X-Ace-Key": OTHER}
    with TestClient(Starlette(routes=measuring_routes(here.measuring))) as client:
        assert client.post("/scale/run?items=1000").status_code == 400
        for wrong in ("", "?items=7", "?items=1e3", "?items=" + "9" * 5000, "?items=²"):
            assert client.post(f"/scale/run{wrong}", headers=mine).status_code == 400
        assert client.delete("/scale/run", headers=mine).status_code == 409
        assert client.post("/scale/run?items=1000", headers=mine).status_code == 200
        assert "running already" in client.post("/scale/run?items=1000", headers=theirs).json()["error"]
        assert 'data-mine="0"' in client.get("/scale/panel", headers=theirs).text
        assert client.delete("/scale/run", headers=theirs).status_code == 403
        assert client.delete("/scale/run", headers=mine).status_code == 200
        assert here.ended().state == "stopped"
        assert client.post("/scale/run?items=1000", headers=mine).status_code == 429


def test_programs_read_begin_and_watch(here: Here, tmp_path: Path) -> None:
    engine = Engine.load(make_visited_bundle(tmp_path / "visited"), device="cpu", warm_up=False)
    page = Page(engine, measuring=here.measuring)
    ask = page.api()
    assert ask["scale"]()["here"] == {"state": "none"}
    assert ask["scale"]()["shipped"]["rows"]
    here.hold.touch()
    assert ask["measure"](1000)["state"] == "running"
    with pytest.raises(gr.Error, match="is running already"):
        ask["measure"](1000)
    here.hold.unlink()
    here.ended()
    found = json.loads(json.dumps(ask["scale"]()["here"], allow_nan=False))
    assert (found["state"], found["items"]) == ("done", 1000)
    assert {line["method"] for line in found["result"]["rows"]} == {
        line["method"] for line in WHOLE["rows"] if "cut" not in line["method"]
    }
    with pytest.raises(gr.Error, match="does not measure"):
        Page(engine).api()["measure"](1000)


def test_the_tab_stands_between_results_and_a_visitors_own() -> None:
    assert list(TITLES)[3:] == ["results", "scale", "yours"]
    assert "aceScale" in head()
