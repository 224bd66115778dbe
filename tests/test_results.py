"""The tab “Results”: what follows from figures, and what is drawn of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.engine import Engine, EngineInfo
from app import results_lines, results_rows
from app.results import results_view
from app.results_ablation import ABLATION, read_ablation
from app.results_curves import curves_view
from app.results_measured import ACCURACY, CUTS, DRAWN, lead, read_accuracy, summary
from tests.measured_results import ITEMS, ablation, accuracy, accuracy_row

HOSTILE = "<img src=x onerror=alert(1)>"
INFO = EngineInfo(
    name="assets", items=dict(ITEMS), held_out={}, not_trained=0, level_sizes=(4, 4, 2), branching=(4, 4, 2),
    parameters={}, bundle_bytes=1, device="cpu", index="flat", version="1", metrics={},
)  # fmt: skip
SIDES = accuracy(accuracy_row("ace", first=50), accuracy_row("dual_tower", first=48))


class Loaded:
    """An engine as far as the tab asks it: what is loaded."""

    def info(self) -> EngineInfo:
        return INFO


def view(folder: Path, measured: Any = None, moved: Any = None) -> str:
    for name, value in (("accuracy.json", measured), ("ablation.json", moved)):
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            (folder / name).write_text(text, encoding="utf-8")
    return plain(results_view(cast(Engine, Loaded()), folder / "accuracy.json", folder / "ablation.json"))


def plain(markup: str) -> str:
    """With spaces that may break."""
    return markup.replace("\u00a0", " ")


def drawings(markup: str) -> list[ElementTree.Element]:
    """The SVGs that are no keys; raises where one is not well-formed."""
    found = re.findall(r"<svg.*?</svg>", markup, flags=re.DOTALL)
    return [element for text in found if "key" not in (element := ElementTree.fromstring(text)).get("class", "")]


def marks(drawing: ElementTree.Element) -> list[str]:
    """What each mark tells."""
    return [mark.findtext("title", "") for mark in drawing.iter("path") if "mark" in mark.get("class", "").split()]


# What follows from figures


@pytest.mark.parametrize(("checked", "helped"), [((60.0, 61.0), True), ((60.0, 55.0), False), ((60.0,), False)])
def test_the_check_is_said_to_help_where_both_sides_are_surely_better(
    tmp_path: Path, checked: tuple[float, ...], helped: bool
) -> None:
    rows = [accuracy_row("ace", first=50.0), accuracy_row("dual_tower", first=50.0)]
    rows += [accuracy_row(arm, first=first) for arm, first in zip(("ace_check", "dual_tower_check"), checked)]  # noqa: B905
    (tmp_path / "accuracy.json").write_text(json.dumps(accuracy(*rows)))
    found = read_accuracy(tmp_path / "accuracy.json", "assets")
    assert found is not None
    assert any("surely helps both for pictures" in sentence for sentence in summary(found)) == helped


def test_what_is_shipped_can_be_read_and_drawn() -> None:
    shipped = read_accuracy(ACCURACY, "assets")
    assert shipped is not None
    assert set(DRAWN) <= set(shipped.at("all", "image"))
    assert summary(shipped)
    assert all(lead(shipped.at(pool, kind)) for pool in shipped.pools for kind in ITEMS)
    drawn = results_view(cast(Engine, Loaded()))
    assert len(drawings(drawn)) >= 6
    assert ABLATION.is_file() == ("What moves these figures?" in drawn)


@pytest.mark.parametrize(
    ("ours", "tower", "told"),
    [
        ((50, 47, 53), (48, 45, 51), "the dual tower has 48.0 %; their intervals overlap, so that"),
        ((50, 47, 53), (40, 37, 43), "ACE is ahead with 50.0 %, the dual tower has 40.0 %; their intervals do not"),
        ((40, 37, 43), (50, 43, 53), "The dual tower is ahead with 50.0 %, ACE has 40.0 %; their intervals"),
        ((40.01, 37, 43), (40.04, 37, 43), "The dual tower and ACE are level at 40.0 %; their intervals overlap."),
    ],
)  # fmt: skip
def test_the_sentence_of_a_kind_follows_from_its_figures(
    tmp_path: Path, ours: tuple[float, ...], tower: tuple[float, ...], told: str
) -> None:
    rows = [
        accuracy_row(arm, first=first, recall_at_1_ci95=ends)
        for arm, (first, *ends) in (("ace", ours), ("dual_tower", tower))
    ]
    assert told in view(tmp_path, accuracy(*rows))


def test_either_side_is_spoken_for_by_its_best(tmp_path: Path) -> None:
    firsts = {"ace": 50, "ace_check": 52, "dual_tower": 47, "dual_tower_check": 46, "cosine": 90}
    drawn = view(tmp_path, accuracy(*(accuracy_row(arm, first=first) for arm, first in firsts.items())))
    assert "ACE + check is ahead with 52.0 %, the dual tower has 47.0 %" in drawn


def test_the_summary_names_the_kinds_of_each_outcome(tmp_path: Path) -> None:
    firsts = {"image": (50, 48, 20), "audio": (70, 30, 10), "video": (20, 60, 18)}
    rows = [
        accuracy_row(arm, kind, first)
        for kind, three in firsts.items()
        for arm, first in zip(("ace", "dual_tower", "ace_decoder_only"), three, strict=True)
    ]
    drawn = view(tmp_path, accuracy(*rows))
    assert "there is no sure lead for pictures: their 95 % intervals overlap." in drawn
    assert "Generation is surely ahead of the dual tower for sounds." in drawn
    assert "The dual tower is surely ahead of generation for clips." in drawn
    assert "stays behind both for pictures and sounds." in drawn
    assert "The decoder alone, the paper" not in view(tmp_path, SIDES)


def test_a_side_that_was_not_measured_is_not_spoken_of(tmp_path: Path) -> None:
    drawn = view(tmp_path, accuracy(accuracy_row("ace", first=41.7)))
    assert "41.7" in drawn
    assert "ahead" not in re.sub(r"surely ahead\.", "", drawn).split("How it answers")[0]


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", "{}", '{"rows": 3}', accuracy(), accuracy(accuracy_row("ace", collection="another")),
     accuracy(accuracy_row("ace", query_items="train")), accuracy(accuracy_row("ace", first=float("nan"))),
     accuracy(accuracy_row("ace", first=-1)), accuracy(accuracy_row("ace", recall_at_5="many")),
     accuracy(accuracy_row("ace", modality="smell"))],
)  # fmt: skip
def test_what_was_not_measured_is_said(value: Any, tmp_path: Path) -> None:
    assert "has not been measured yet" in view(tmp_path)
    assert "has not been measured yet" in view(tmp_path, value)
    assert "has not been measured yet" not in view(tmp_path, SIDES)


def test_every_arm_is_in_the_table_and_what_it_reads_beside_it(tmp_path: Path) -> None:
    rows = [accuracy_row(arm, first=12.5) for arm in ("ace", "dual_tower", "cosine")]
    drawn = view(tmp_path, accuracy(*rows, *(row | {"pool": "held_out"} for row in rows)))
    assert drawn.count("<tr>") == 1 + 6
    assert "<td>12.5 [9.5, 15.5]</td><td>32.5</td><td>42.5</td>" in drawn
    assert "cosine, the space that made the identifiers" in drawn
    assert "<dt>ACE</dt><dd>identifiers, the decoder</dd>" in drawn
    assert "on 2 cores of a processor." in drawn
    assert drawn.count('name="results-pool"') == 2
    table = drawn[drawn.index("<tbody>") : drawn.index("</tbody>")]
    values = [mark.split(": ")[1].split(" ")[0] for svg in drawings(drawn) for mark in marks(svg)]
    assert len(values) == 3 * 2 * 2  # cosine is not drawn
    assert all(value in table for value in values)


def test_nothing_that_was_read_is_markup(tmp_path: Path) -> None:
    told = {"titles": {"odd": HOSTILE}, "reads": {"ace": HOSTILE}}
    machine = {"cores": 2, "processor": HOSTILE}
    moved = ablation()
    moved["titles"]["tree"] = moved["titles"]["odd"] = HOSTILE
    moved["machine"]["processor"] = HOSTILE
    moved["rows"] += [row | {"arm": "odd"} for row in moved["rows"] if row["arm"] == "ace"]
    drawn = view(tmp_path, accuracy(accuracy_row("ace"), accuracy_row("odd"), **told, machine=machine), moved)
    assert HOSTILE not in drawn
    assert drawn.count("&lt;img") >= 4


PLACES = st.tuples(
    st.sampled_from(list(DRAWN)), st.sampled_from(list(ITEMS)), st.sampled_from(["all", "held_out"]), st.floats(0, 100)
)


@given(st.lists(PLACES, min_size=1, unique_by=lambda drawn: drawn[:3]))
@settings(max_examples=30, deadline=None)
def test_any_figures_are_drawn_inside_the_drawing_one_mark_each(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, str, float]]
) -> None:
    rows = [accuracy_row(arm, kind, first, pool=pool) for arm, kind, pool, first in drawn]
    markup = view(tmp_path_factory.mktemp("any"), accuracy(*rows))
    svgs = drawings(markup)
    assert len(svgs) == len({(kind, pool) for _, kind, pool, _ in drawn})
    assert sum(len(marks(svg)) for svg in svgs) == len(CUTS) * len(rows)
    told = [mark for svg in svgs for mark in marks(svg)]
    assert all(any(f"{DRAWN[arm]}, first answer: {first:.1f} %" in mark for mark in told) for arm, _, _, first in drawn)
    for svg in svgs:
        height = float(svg.get("viewBox", "").split()[3])
        for element in svg.iter("path"):
            for x, y in re.findall(r"M([\d.-]+) ([\d.-]+)", element.get("d", "")):
                assert -5 <= float(x) <= results_rows.WIDTH + 5
                assert 0 <= float(y) <= height


# What moves them


def test_curves_are_drawn_one_mark_a_figure(tmp_path: Path) -> None:
    told = read_ablation(written(tmp_path, ablation()), ITEMS)
    assert told is not None
    svgs = drawings(plain(curves_view(told)))
    widths, tokens, steps, kinds, arms = 4, 4, 4, 3, 4
    counts = [2 * kinds * widths, 2 * kinds * tokens, 3 * steps, *[2 * arms] * kinds]
    assert [len(marks(svg)) for svg in svgs] == counts
    assert "Pictures, first answer; beams: 20; 50.0 %" in marks(svgs[0])
    assert "dual tower, held-out items: 40.0 [36.0, 43.0]" in marks(svgs[3])
    assert not any("coarse fusion" in mark for svg in svgs for mark in marks(svg))  # built with one seed alone
    for svg in svgs[:3]:
        for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", ElementTree.tostring(svg, encoding="unicode")):
            assert 0 <= float(x) <= results_lines.WIDTH
            assert 0 <= float(y) <= results_lines.HEIGHT


def test_the_sentences_of_curves_follow_from_their_figures(tmp_path: Path) -> None:
    value = ablation()
    drawn = view(tmp_path, SIDES, value)
    assert "20 beams find as much as 100, to half a point of first answers." in drawn
    assert "pictures 40.0 to 50.2 %, sounds 30.0 to 40.2 %" in drawn
    assert "Most right beginnings leave the beams with token 2." in drawn
    assert "still there for 69.0 % of pictures, 59.0 % of sounds and 49.0 % of clips" in drawn
    assert (
        "Known by 3 tokens alone, items come first for 24.0 % of sentences; known by their vectors, for 44.0 %" in drawn
    )
    assert "first answers fall by 10.0 points" in drawn
    for row in value["rows"]:
        if (row["arm"], row["query_items"]) == ("decoder_only", "held_out"):
            row["recall_at_1"] -= 15
    value["curves"][0]["against_beams"][2]["recall_at_1"] = 45
    value["curves"][0]["survival"][0]["kept"] = 60
    value["ceiling"]["ceiling"][2]["recall_at_1"] = 30.5
    drawn = view(tmp_path, SIDES, value)
    assert "100 beams find as much as 100" in drawn
    assert "leave the beams with token 1." in drawn
    assert "items come first for 30.5 %" in drawn
    assert "fall least for ACE, by 10.0 points, and most for decoder only, by 25.0." in drawn


def test_an_ablation_of_another_collection_or_none_is_not_shown(tmp_path: Path) -> None:
    uneven, strange = ablation(), ablation()
    uneven["curves"][1]["against_beams"].pop()
    strange["curves"][0]["survival"][0]["kept"] = float("nan")
    for value in ("{", {}, {"rows": []}, ablation({**ITEMS, "video": 7}), uneven, strange):
        assert "What moves" not in view(tmp_path, SIDES, value)
    early = {key: value for key, value in ablation().items() if key not in ("curves", "ceiling")}
    drawn = view(tmp_path, SIDES, early)
    assert "captions were learnt from" in drawn
    assert "Recall against beams" not in drawn


def written(folder: Path, value: Any) -> Path:
    (folder / "ablation.json").write_text(json.dumps(value), encoding="utf-8")
    return folder / "ablation.json"
