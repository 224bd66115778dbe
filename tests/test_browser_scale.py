"""The tab “Scale” in Chromium: read, measured on, stopped, from the keyboard too; and every answer's time for media."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from ace_core.engine import Engine
from app.measuring import STAGES, Measuring, MeasuringLimits
from app.page import Page as Shown
from tests.browser import chromium, free_port, opened
from tests.test_scale import STAND_IN, WHOLE
from tests.visiting import make_visited_bundle

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import Browser, Page

from tests.test_browser import CONTRAST, overflow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine; install one to drive the page"),
]


@pytest.fixture(scope="module")
def hold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A measurement waits while this file is there."""
    return tmp_path_factory.mktemp("held") / "hold"


@pytest.fixture(scope="module")
def address(hold: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    figures = json.dumps({**WHOLE, "rows": [line for line in WHOLE["rows"] if line["items"] == 1000]})

    def command(items: int, out: Path, events: Path) -> list[str]:
        return [sys.executable, "-c", STAND_IN, figures, str(out), str(events), str(hold), *STAGES]

    bundle = make_visited_bundle(tmp_path_factory.mktemp("visited"))
    measuring = Measuring(MeasuringLimits(pause=0), tmp_path_factory.mktemp("measuring"), command)
    page = Shown(Engine.load(bundle, device="cpu"), measuring=measuring)
    _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    yield url.rstrip("/")
    page.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    with opened(context, f"{address}/?view=scale") as page:
        page.wait_for_selector("#view-scale .curve svg")
        yield page
    context.close()


def test_a_measurement_is_begun_and_stopped_from_the_keyboard_and_its_figures_stay(
    page: Page, browser: Browser, address: str, hold: Path
) -> None:
    hold.touch()
    page.focus(".here [data-do=start]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".here .stages .doing")
    assert page.inner_text(".here [role=status]").startswith(("Building models", "Timing generation", "Starting"))
    assert page.evaluate("document.activeElement.dataset.do") == "stop"
    other = browser.new_context()
    with opened(other, f"{address}/?view=scale") as second:
        second.wait_for_selector(".here .stages")
        assert "Another visitor began it" in second.inner_text(".here")
        assert not second.locator(".here [data-do]").locator("visible=true").count()
    other.close()
    page.keyboard.press("Enter")
    page.wait_for_selector(".here .now .notice")
    assert "stopped" in page.inner_text(".here .now .notice")
    hold.unlink()
    page.click(".here [data-do=start]")
    page.wait_for_selector(".here .now .bars")
    assert page.locator(".here .bars li").count() == 5
    page.reload()
    page.wait_for_selector(".here .now .bars")


def test_one_size_of_whole_answers_is_seen_at_a_time(page: Page) -> None:
    shown = page.locator("#view-scale .scale-charts .bars").locator("visible=true")
    assert shown.count() == 1
    before = shown.inner_text()
    page.locator("#view-scale .wholes .sizes input").first.check(force=True)
    assert shown.count() == 1
    assert shown.inner_text() != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_reads_it_without_scrolling_sideways(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    with opened(context, f"{address}/?view=scale") as page:
        page.wait_for_selector("#view-scale .curve svg")
        page.click("#view-scale .all-figures summary")
        assert overflow(page) <= 0
        assert page.evaluate("document.querySelector('.scale .curve').getBoundingClientRect().right <= innerWidth")
        places = [".scale .summary", ".bars span", ".bars small", ".scale .hint", ".keys li", ".sizes span"]
        ratios = {place: page.evaluate(CONTRAST, f"#view-scale {place}") for place in places}
        assert all(ratio >= 4.5 for ratio in ratios.values()), ratios
        size = page.evaluate(
            "(() => { const text = document.querySelector('.curve text');"
            " return text.getBoundingClientRect().height; })()"
        )
        assert size >= 11
    context.close()


def test_every_view_of_a_query_tells_the_time_of_its_media(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    with opened(context, address) as page:
        for view in ("search", "compare", "trace"):
            page.locator(f'#views [role="tab"][data-tab-id="{view}"]').click()
            page.wait_for_function("view => document.querySelector(`#view-${view} .media-time`)?.textContent", arg=view)
            assert re.fullmatch(r"\+ \d+ ms media", page.inner_text(f"#view-{view} .media-time"))
            assert "encoding" in page.inner_text(f"#view-{view} .times >> nth=0")
    context.close()
