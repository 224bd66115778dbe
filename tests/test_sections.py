"""What benchmarks leave beside the accuracy is a section each of the page of results; and how stages are timed."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ace_core.__main__ import main
from ace_core.errors import CollectionError, TrainingError
from ace_core.evaluation.ablation_plots import TITLES as TITLES_OF_DRAWINGS
from ace_core.evaluation.ablation_plots import draw_all
from ace_core.evaluation.ablation_report import report
from ace_core.evaluation.sections import sections
from ace_core.files import read_json, write_json
from benchmarks.esc10 import judged
from benchmarks.update import Row
from benchmarks.yours import BEFORE, BETWEEN, Mark, by_stage, gather, watch
from tests.measured_results import TITLES, ablation

ROOT = Path(__file__).resolve().parent.parent
MACHINE = {"processor": "a processor", "cores": 2, "python": "3.11"}
COMMON = {"machine": MACHINE, "seed": 7}


def write_results(folder: Path) -> None:
    row = {"vectors": "YAMNet", "queries": "labels", "count": 2, "method": "generation", "pool": 80}
    found = judged(np.array([[0, 1], [1, 0]]), np.array(["rain", "dog"]), ["rain", "dog"])
    write_json(folder / "esc10.json", COMMON | {"set": ["a.steps=3"], "rows": [row | found]})
    moments = [("updated", "old"), ("updated", "added"), ("before", "old"), ("added", "added")]
    rows = [
        Row(moment, items, "audio", "generation", 1200, 300, 10.0 + place, 20.0 + place, (15.0, 25.5), 12.0)
        for place, (moment, items) in enumerate(moments)
    ]
    told = {
        "collection": "drawn",
        "items": {"old": 3780, "added": 420},
        "add_seconds": 12.3,
        "update": {"seconds": 99.6},
    }
    write_json(folder / "update.json", COMMON | told | {"rows": [asdict(row) for row in rows]})
    stages = by_stage(
        [Mark("media", "started", 1.0, 0.5), Mark("media", "done", 3.0, 1.5), Mark("", "ended", 4.0, 2.0)]
    )
    found = {"modality": "video", "method": "dual_tower", "queries": 9, "pool": 16}
    recalls = {"recall_at_1": 50.0, "recall_at_10": 90.0, "recall_at_10_ci95": [80.0, 100.0]}
    times = {"stages": stages, "wall_seconds": 4.0, "cpu_seconds": 2.0}
    files = {"files": {"image": 60, "video": 40}, "real_files": 12}
    write_json(folder / "yours.json", COMMON | times | files | {"rows": [found | recalls]})


def test_each_file_is_a_section_and_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert sections(tmp_path) == []
    write_results(tmp_path)
    by_label, added, own = sections(tmp_path)
    assert "| YAMNet | 2 labels | ACE | 100.0 [100.0, 100.0] | 100.0 [100.0, 100.0] |" in by_label
    assert "fold 5 (80 recordings" in by_label
    assert "Settings: `a.steps=3`. In brackets" in by_label
    lines = [line for line in added.splitlines() if line.startswith("| sounds")]
    assert [line.split(" | ")[1:3] for line in lines] == [
        ["1,200 about added items", "added, not trained on"],
        ["1,200 about added items", "after `update`"],
        ["1,200 about old items", "before the addition"],
        ["1,200 about old items", "after `update`"],
    ]
    assert lines[0].endswith("| ACE | 13.0 | 23.0 [15.0, 25.5] |")
    assert "3,780 items of drawn gets 420 more" in added
    assert "| media | 1.0 | 2.0 |" in own
    assert "| in all | 2.0 | 4.0 |" in own
    assert "| clips (16) | 9 | dual tower, same pairs | 50.0 | 90.0 [80.0, 100.0] |" in own
    assert "100 files without captions, 12 of them real" in own
    for text in (by_label, added, own):
        assert "2 cores of a processor; seed 7." in text
    (tmp_path / "update.json").unlink()
    assert sections(tmp_path) == [by_label, own]


def test_the_page_is_written_again_without_measuring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given_file = ROOT / "benchmarks" / "results" / "accuracy.json"
    before = read_json(given_file)
    write_json(tmp_path / "accuracy.json", before)
    command = ["evaluate", "--write-only", "--out", str(tmp_path / "accuracy.json")]
    pages = [tmp_path / "plain.md", tmp_path / "whole.md"]
    assert main([*command, "--report", str(pages[0])]) == 0
    write_results(tmp_path)
    assert main([*command, "--report", str(pages[1])]) == 0
    plain, whole = (page.read_text(encoding="utf-8") for page in pages)
    assert whole == "\n\n".join([plain.strip(), *sections(tmp_path)]) + "\n"
    assert read_json(tmp_path / "accuracy.json") == before
    assert main(["evaluate", "--write-only", "--out", str(tmp_path / "none.json")]) == 1
    assert "--write-only needs --out" in capsys.readouterr().err


def test_the_shipped_page_of_results_has_every_section() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for section in sections(ROOT / "benchmarks" / "results"):
        assert section in page, "write docs/results.md anew: evaluate --write-only --report"


# What each setting brings


def test_an_ablation_is_a_section_with_the_headline_first(tmp_path: Path) -> None:
    result = ablation()
    write_json(tmp_path / "ablation.json", result)
    (text,) = sections(tmp_path)
    headline, folded = text.split("<details>")
    assert headline.startswith("## What each setting brings")
    lines = [line for line in headline.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0].strip("| ") for line in lines] == ["arm", *TITLES.values()]
    assert "| 50.0 [46.0, 53.0]<br>**+10.0 [+4.0, +16.0]** |" in lines[1]
    assert "<br>+5.0 [-1.0, +11.0] |" in lines[2]
    assert "| 40.0 [36.0, 43.0] | 40.0 [36.0, 43.0] |" in lines[3]  # no difference to itself
    assert all(f"](results/{name}.svg)" in headline for name in TITLES_OF_DRAWINGS)
    assert "2 cores of a processor, 2 threads." in headline
    assert folded.count("### ") == 2 * 3 + 3 + 1  # a kind and whose queries, curves of a kind, prefixes
    assert "| whole vector | 44.0 | 78.0 | 86.0 |" in folded
    assert text.count("<details>") == text.count("</details>") == 1
    assert report(result).count("### ") == 2 * 3 + 3


def test_an_ablation_that_is_not_done_has_no_curves_yet(tmp_path: Path) -> None:
    whole = ablation()
    write_json(tmp_path / "ablation.json", {k: v for k, v in whole.items() if k not in ("curves", "ceiling")})
    (text,) = sections(tmp_path)
    assert "results/seen.svg" in text
    assert "results/beams.svg" not in text
    assert [path.name for path in draw_all(tmp_path, tmp_path / "docs")] == ["seen.svg"]


def test_an_arm_that_was_not_measured_everywhere_leaves_a_gap(tmp_path: Path) -> None:
    result = ablation()
    result["rows"] = [row for row in result["rows"] if (row["arm"], row["modality"]) != ("tree", "audio")]
    write_json(tmp_path / "ablation.json", result)
    (text,) = sections(tmp_path)
    assert "**" in text
    assert "| the tree before training | 45.0 [41.0, 48.0]<br>+5.0 [-1.0, +11.0] | – | 45.0" in text
    assert len(draw_all(tmp_path, tmp_path / "docs")) == 4


def test_drawings_hold_the_figures_and_are_the_same_again(tmp_path: Path) -> None:
    assert draw_all(tmp_path, tmp_path) == []
    result = ablation()
    write_json(tmp_path / "ablation.json", result)
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in draw_all(tmp_path, tmp_path / "docs")}
    assert set(drawn) == set(TITLES_OF_DRAWINGS)
    for name, text in drawn.items():
        words = {element.text for element in ElementTree.fromstring(text).iter() if element.tag.endswith("}text")}
        kinds = {"pictures", "sounds", "clips"}
        assert kinds <= words if name != "prefixes" else "whole vector" in words
        assert (set(TITLES.values()) - words == {TITLES["no_coarse_fusion"]}) == (name == "seen")
    result["curves"][0]["against_beams"][0]["recall_at_1"] += 5
    write_json(tmp_path / "ablation.json", result)
    again = {path.stem: path.read_text(encoding="utf-8") for path in draw_all(tmp_path, tmp_path / "docs")}
    assert [name for name in drawn if again[name] != drawn[name]] == ["beams"]


def test_the_shipped_page_has_the_drawings_that_it_names() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    named = re.findall(r"]\((results/\w+\.svg)\)", page)
    assert len(named) == (4 if (ROOT / "benchmarks" / "results" / "ablation.json").is_file() else 0)
    assert all((ROOT / "docs" / name).is_file() for name in named)


# The time of stages


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["started", "done"]), st.integers(0, 90)), max_size=12)
)
def test_every_second_belongs_to_one_stage(events: list[tuple[str, str, int]]) -> None:
    marks = [Mark(stage, state, float(place), place / 2) for place, (stage, state, _) in enumerate(events)]
    marks.append(Mark("", "ended", 40.0, 20.0))
    stages = by_stage(marks)
    assert sum(stage["wall_seconds"] for stage in stages) == pytest.approx(40.0)
    assert sum(stage["cpu_seconds"] for stage in stages) == pytest.approx(20.0)
    assert len({stage["stage"] for stage in stages}) == len(stages)


def test_a_stage_inside_another_counts_for_itself() -> None:
    told = [("a", "started", 2), ("b", "started", 3), ("b", "done", 7), ("a", "done", 8), ("c", "started", 10)]
    marks = [Mark(stage, state, float(second), 0.0) for stage, state, second in told] + [Mark("", "ended", 11.0, 0.0)]
    found = {stage["stage"]: stage["wall_seconds"] for stage in by_stage(marks)}
    assert found == {BEFORE: 2.0, "a": 2.0, "b": 4.0, BETWEEN: 2.0, "c": 1.0}


TELLS = """
import json, sys, time
def tell(state):
    with open(sys.argv[1], "a") as stream: stream.write(json.dumps({"stage": "media", "state": state}) + "\\n")
tell("started")
began = time.process_time()
while time.process_time() - began < 0.3: pass
tell("progress"); tell("done")
time.sleep(0.2)
sys.exit(int(sys.argv[2]))
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="times are read from /proc")
def test_a_build_is_watched_from_outside(tmp_path: Path) -> None:
    events, log = tmp_path / "events", tmp_path / "log"
    command = [sys.executable, "-S", "-c", TELLS, str(events)]
    marks = watch([*command, "0"], events, log)
    assert [(mark.stage, mark.state) for mark in marks] == [("media", "started"), ("media", "done"), ("", "ended")]
    assert marks[1].cpu - marks[0].cpu >= 0.2
    assert marks[2].wall >= marks[1].wall >= marks[0].wall
    events.unlink()
    with pytest.raises(TrainingError, match="log"):
        watch([*command, "3"], events, log)


def test_real_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="ACE_DATA"):
        gather(tmp_path / "made", 10, 1, tmp_path)
