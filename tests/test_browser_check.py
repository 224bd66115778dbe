"""The switch “Check the answers” in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ace_core.engine import Engine
from app.page import Page as Shown
from tests.browser import chromium, free_port, opened
from tests.checked import make_stored_bundle

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import Browser

from tests.test_browser import CONTRAST, overflow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine; install one to drive the page"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    page = Shown(Engine.load(make_stored_bundle(tmp_path_factory.mktemp("checked")), device="cpu"))
    _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    yield url
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_switch_puts_the_answers_in_another_order_and_says_so(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    with opened(context, address) as page:
        assert page.locator("#view-search .check-line").count() == 0
        switch = page.get_by_label("Check the answers")
        switch.check()
        page.wait_for_selector("#view-search .check-line", state="visible")
        moved = page.locator("#view-search .moved")
        assert moved.count() > 0
        assert "by the check" in (moved.first.text_content() or "")
        assert "check" in page.inner_text("#view-search .times")
        for place in ("#view-search .check-line", "#view-search .moved", "#check label"):
            assert page.evaluate(CONTRAST, place) >= 4.5, place
        assert overflow(page) <= 0
        page.get_by_role("tab", name="Compare").click()
        page.wait_for_selector("#view-compare .check-line", state="visible")
        assert page.locator("#view-compare .check-line").count() == 2
        page.get_by_role("tab", name="Search", exact=True).click()
        switch.uncheck()
        page.wait_for_selector("#view-search .check-line", state="detached")
    context.close()
