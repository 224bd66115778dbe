"""A visitor's own media in Chromium: dropped, built, searched, taken home, removed; and nobody else sees them."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from ace_core.engine import Engine
from app.page import Page as Shown
from app.yours import Yours
from tests.browser import chromium, free_port, opened
from tests.visiting import SLOW, copying, make_visited_bundle

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Page

from tests.test_browser import CONTRAST, overflow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine; install one to drive the page"),
]

CUT = ("AbortError", "Connection errored out")  # what Gradio says of requests that a reload cut off
PATIENCE = 120_000  # milliseconds; beside the page a build runs
DROP = "#view-yours .drop"
HOSTILE = "<img src=x onerror='window.hacked=1'> ${window.hacked=2} {{7*7}}.png"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    make_visited_bundle(folder)
    for name in (HOSTILE, SLOW):
        shutil.copy(folder / "media" / "picture-03.png", folder / name)
    (folder / "notes <b>.txt").write_text("words", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    parent = tmp_path_factory.mktemp("visitors")
    yours = Yours(parent=parent, builder=copying(prepared / "bundle", pause=0.03))
    page = Shown(Engine.load(prepared / "bundle", device="cpu"), yours=yours)
    _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    yield url.rstrip("/")
    page.close()
    assert not list(parent.iterdir())


@contextmanager
def visiting(context: BrowserContext, address: str) -> Iterator[Page]:
    """A fresh visitor on the tab; what they left is removed afterwards."""
    with opened(context, f"{address}/?view=yours", DROP, PATIENCE, CUT) as page:
        yield page
        page.get_by_role("tab", name="Your media").click()
        if page.locator("[data-do=remove]").count():
            page.click("[data-do=remove]")
            page.wait_for_function("!document.querySelector('#view-yours .state')")


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    with visiting(context, address) as page:
        yield page
    context.close()


def give(page: Page, *files: Path) -> None:
    before = page.locator(".kept li").count()
    page.set_input_files("#view-yours .drop input", list(files))
    page.wait_for_function("count => document.querySelectorAll('.kept li').length === count", arg=before + len(files))


def build(page: Page) -> None:
    page.click("[data-do=build]")
    page.wait_for_selector("#view-yours .stages .doing")
    page.wait_for_selector("[data-do=search]")


def media(prepared: Path) -> list[Path]:
    return sorted((prepared / "media").iterdir())


def test_from_dropping_to_searching_comparing_and_tracing(page: Page, prepared: Path, tmp_path: Path) -> None:
    assert "trained on" in page.inner_text("#view-yours .weak")
    give(page, *media(prepared), prepared / HOSTILE)
    assert page.locator(".kept li img").count() == 6
    assert page.locator("#view-yours b img").count() == 0
    assert not page.locator("#source").is_visible()
    build(page)
    assert "15 items can be searched" in page.inner_text("#view-yours .ready")
    with page.expect_download() as coming:
        page.click("[data-do=download]")
    coming.value.save_as(tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert "your-media/bundle/MANIFEST.json" in archive.namelist()
    page.click("[data-do=search]")
    page.wait_for_selector("#view-search .card .label")
    assert page.get_by_role("radio", name="Your media").is_checked()
    assert "/yours/preview/" in str(page.locator("#view-search .card img").first.get_attribute("src"))
    assert page.input_value("#query input") == page.inner_text("#view-search .lead h2").strip("“”")
    assert not page.locator("#copy-link").is_visible()
    for tab, shown in (("Compare", "#view-compare .entry"), ("Step by step", "#view-trace .ending")):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector(f"{shown} :is([src^='/yours/'], [href^='/yours/'])", state="attached")
    page.get_by_role("radio", name="Built-in").check(force=True)
    page.wait_for_selector("#view-trace [href^='/gradio_api/file=']", state="attached")
    assert page.locator("#copy-link").is_visible()
    assert page.evaluate("window.hacked") is None


def test_media_of_ones_own_really_load(page: Page, prepared: Path) -> None:
    give(page, *[file for file in media(prepared) if file.suffix != ".png"][3:7])
    addresses = page.evaluate("[...document.querySelectorAll('.kept :is(audio, video)')].map((one) => one.src)")
    assert len(addresses) == 4
    for one in addresses:
        length = page.evaluate(
            """address => new Promise((found) => {
              const one = Object.assign(document.createElement("video"), { src: address, preload: "auto" });
              one.onloadedmetadata = () => found(one.duration);
              one.onerror = () => found(-1);
            })""",
            one,
        )
        assert length > 0, one


def test_a_reload_keeps_them_and_nobody_else_sees_them(
    page: Page, prepared: Path, browser: Browser, address: str
) -> None:
    give(page, *media(prepared))
    build(page)
    page.get_by_role("tab", name="Search").click()
    page.reload()
    page.wait_for_selector("#source label")
    page.get_by_role("radio", name="Your media").check(force=True)
    page.wait_for_selector("#view-search [src^='/yours/']")
    page.get_by_role("tab", name="Your media").click()
    page.wait_for_selector("[data-do=search]")
    other = browser.new_context()
    with opened(other, f"{address}/?view=yours", DROP, PATIENCE, CUT) as stranger:
        stranger.wait_for_timeout(500)
        assert stranger.locator("#view-yours .state").count() == 0
        assert not stranger.locator("#source").is_visible()
    other.close()


def test_removing_takes_everything_away_and_answers_go_back(page: Page, prepared: Path) -> None:
    give(page, *media(prepared))
    build(page)
    page.click("[data-do=search]")
    page.wait_for_selector("#view-search [src^='/yours/']")
    gone = str(page.locator("#view-search [src^='/yours/']").first.get_attribute("src"))
    assert page.request.get(page.url.split("/?")[0] + gone).status == 200
    page.get_by_role("tab", name="Your media").click()
    page.click("[data-do=remove]")
    page.wait_for_function("!document.querySelector('#view-yours .state')")
    page.wait_for_function("!document.querySelector('#source')?.checkVisibility()")
    assert page.request.get(page.url.split("/?")[0] + gone).status == 404
    page.get_by_role("tab", name="Search").click()
    page.wait_for_selector("#view-search [src^='/gradio_api/file=']")
    assert page.locator("#view-search [src^='/yours/']").count() == 0


def test_a_build_is_stopped_and_gone_on_with(page: Page, prepared: Path) -> None:
    give(page, media(prepared)[0], media(prepared)[1], prepared / SLOW)
    page.click("[data-do=build]")
    page.wait_for_selector("#view-yours .stages .doing")
    page.focus("[data-do=stop]")
    page.wait_for_timeout(1500)  # the panel was drawn anew meanwhile
    assert page.evaluate("document.activeElement.dataset.do") == "stop"
    page.keyboard.press("Enter")
    page.wait_for_selector("#view-yours .notice:has-text('Stopped')")
    page.get_by_role("button", name=f"Remove {SLOW}").click()
    page.wait_for_function("document.querySelectorAll('.kept li').length === 2")
    build(page)


def test_files_can_be_dropped_from_elsewhere_and_one_taken_back(page: Page) -> None:
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 30, height: 20 });
          const drawn = await new Promise((found) => canvas.toBlob(found));
          const carried = new DataTransfer();
          for (const name of ["one.png", "two.png"]) carried.items.add(new File([drawn], name));
          const drop = document.querySelector("#view-yours .drop");
          for (const kind of ["dragover", "drop"])
            drop.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
        }"""
    )
    page.wait_for_function("document.querySelectorAll('.kept li').length === 2")
    page.get_by_role("button", name="Remove two.png").click()
    page.wait_for_function("document.querySelectorAll('.kept li').length === 1")
    assert page.inner_text(".kept li > span:last-of-type") == "one.png"


def test_what_cannot_be_used_is_said_and_the_rest_goes_on(browser: Browser, address: str, prepared: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/?view=yours")
    page.set_input_files("#view-yours .drop input", [prepared / "notes <b>.txt", media(prepared)[0]])
    page.wait_for_selector(".kept li")
    assert page.inner_text("#view-yours .refusals li").startswith("notes <b>.txt: This is text; send pictures")
    page.click("[data-do=build]")
    page.wait_for_selector("#view-yours .refusals li:has-text('two files')")
    page.click("[data-do=remove]")
    page.wait_for_function("!document.querySelector('#view-yours .state')")
    context.close()


def test_files_are_chosen_from_the_keyboard(page: Page, prepared: Path) -> None:
    page.get_by_role("tab", name="Your media").focus()
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.matches('.drop input[type=file]')")
    outline = page.evaluate("getComputedStyle(document.querySelector('#view-yours .drop')).outlineStyle")
    assert outline == "solid"
    give(page, media(prepared)[0])
    page.focus("#view-yours .drop input")
    reached = set()
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.do ?? ''"))
    assert {"build", "remove", "drop"} <= reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_whole_and_legibly(
    browser: Browser, address: str, prepared: Path, scheme: Literal["light", "dark"]
) -> None:
    """No sideways scrolling at 360 pixels, and WCAG AA contrast, in every state of the tab."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
    places = [".drop b", ".drop span", ".weak", ".lead p", ".had", ".deeds :is(small, button)", ".kept li > span"]
    with visiting(context, address) as page:
        assert overflow(page) <= 0
        give(page, *media(prepared))
        for name in ("Search", "Your media"):
            tab = page.get_by_role("tab", name=name)
            assert tab.evaluate("tab => tab.scrollWidth <= tab.clientWidth"), "the name of a tab is cut off"
        assert overflow(page) <= 0
        page.click("[data-do=build]")
        page.wait_for_selector("#view-yours .stages .done")
        ratios = {place: page.evaluate(CONTRAST, f"#view-yours {place}") for place in (".stages span", ".stages small")}
        assert overflow(page) <= 0
        page.wait_for_selector("[data-do=search]")
        assert overflow(page) <= 0
        places += [".ready p", ".ready button", ".remarks"]
        ratios |= {place: page.evaluate(CONTRAST, f"#view-yours {place}") for place in places}
        ratios["#source"] = page.evaluate(CONTRAST, "#source label")
        assert all(ratio >= 4.5 for ratio in ratios.values()), ratios
    context.close()
