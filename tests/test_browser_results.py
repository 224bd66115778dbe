"""The tab “Results” in Chromium: opened, read on a phone and on a desk, in both colour schemes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Literal

import pytest

from ace_core.engine import Engine
from app.page import Page as Shown
from app.results import results_view
from tests.browser import chromium, free_port, opened
from tests.measured_results import ablation, accuracy, accuracy_row
from tests.visiting import make_visited_bundle

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import Browser, Page

from tests.test_browser import CONTRAST, overflow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine; install one to drive the page"),
]

ARMS = ("ace", "ace_check", "dual_tower", "dual_tower_check", "ace_decoder_only", "cosine")
SIZES = [(360, "light"), (360, "dark"), (1280, "light")]
SEEN = "[...document.querySelectorAll('#view-results svg')].filter(svg => svg.checkVisibility())"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page whose collection was measured, with figures that are made up."""
    folder = tmp_path_factory.mktemp("visited")
    engine = Engine.load(make_visited_bundle(folder), device="cpu")
    info = engine.info()
    rows = [
        accuracy_row(arm, kind, 50.0 + place, pool=pool, collection=info.name)
        for pool in ("all", "held_out")
        for kind in info.items
        for place, arm in enumerate(ARMS)
    ]
    files = folder / "accuracy.json", folder / "ablation.json"
    for file, value in zip(files, (accuracy(*rows), ablation(info.items)), strict=True):
        file.write_text(json.dumps(value), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.layout.results_view", partial(results_view, accuracy=files[0], ablation=files[1]))
        page = Shown(engine)
        _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    yield url.rstrip("/")
    page.close()


def results_of(page: Page) -> None:
    page.get_by_role("tab", name="Results").click()
    page.locator("#view-results .forest svg").locator("visible=true").first.wait_for()


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_it_opens_and_nothing_overflows(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    with opened(context, address) as page:
        results_of(page)
        for folded in page.locator("#view-results summary").all():
            folded.click()
        assert overflow(page) <= 0
        assert page.locator("#view-results table").count() == 5
        inside = f"{SEEN}.every(svg => svg.getBoundingClientRect().right <= innerWidth)"
        assert page.evaluate(inside)
        places = [".summary", ".forest p", ".forest figcaption span", ".curve p", ".keys li", ".hint", ".reads dt"]
        ratios = {place: page.evaluate(CONTRAST, f"#view-results {place}") for place in places}
        assert all(ratio >= 4.5 for ratio in ratios.values()), ratios
        heights = f"{SEEN}.flatMap(svg => [...svg.querySelectorAll('text')]).map(t => t.getBoundingClientRect().height)"
        assert min(page.evaluate(heights)) >= 11
        crossing = """svgs => svgs.some(svg => [...svg.querySelectorAll('g')].some(line => {
            const [name, value] = [...line.querySelectorAll('text')].map(text => text.getBoundingClientRect());
            return value && name.right > value.left; }))"""
        assert not page.eval_on_selector_all("#view-results svg.rows", crossing)
    context.close()


def test_one_pool_is_seen_at_a_time_and_chosen_from_the_keyboard(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with opened(context, f"{address}/?view=results", ready="#view-results .forest svg") as page:
        shown = page.locator("#view-results .pools .forest").locator("visible=true")
        assert shown.count() == 3
        assert "held-out items" not in shown.first.inner_text()
        page.focus("#view-results .sizes input")
        page.keyboard.press("ArrowRight")
        assert shown.count() == 3
        assert "held-out items" in shown.first.inner_text()
    context.close()
