"""The page in Chromium: what a visitor does, and that what is shown really loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

import pytest

from tests.browser import BUILTIN, chromium, opened, served
from tests.tiny import make_tiny_bundle

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine; install one to drive the page"),
]

MARKUP = "${window.hacked=1} {{7*7}} <img src=x onerror='window.hacked=2'> <b>boat</b>"
KINDS = {"Pictures": "image", "Sounds": "audio", "Clips": "video"}
LOADED = """kind => {
  const found = [...document.querySelectorAll(`#view-search .media-${kind} :is(img, audio, video)`)];
  const near = found.filter((media) => media.getBoundingClientRect().top < innerHeight);
  near.forEach((media) => media.preload && (media.preload = "auto"));
  return near.length > 0 && near.every((media) => (media.tagName === "IMG" ? media.naturalWidth : media.duration) > 0);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    bundle = BUILTIN if BUILTIN.is_dir() and any(BUILTIN.iterdir()) else make_tiny_bundle(folder)
    with served(bundle, folder / "log.txt") as url:
        yield url


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A wide window; one for all tests, so that Gradio's own files are fetched once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(desk: BrowserContext, address: str) -> Iterator[Page]:
    with opened(desk, address) as page:
        yield page


def ask(page: Page, text: str) -> None:
    page.fill("#query input", text)
    page.keyboard.press("Enter")


def choose(page: Page, kind: str) -> None:
    """Pick a kind of media and wait until the cards show nothing else."""
    page.get_by_role("radio", name=kind).check(force=True)
    page.wait_for_function(
        "kind => { const cards = [...document.querySelectorAll('#view-search .card .media')];"
        " return cards.length > 0 && cards.every((card) => card.classList.contains(`media-${kind}`)); }",
        arg=KINDS[kind],
    )


def heading(page: Page, view: str = "search") -> str:
    return str(page.inner_text(f"#view-{view} .lead h2"))


def wait_heading(page: Page, text: str, view: str = "search") -> None:
    script = "([view, text]) => document.querySelector(`#view-${view} .lead h2`)?.textContent === `“${text}”`"
    page.wait_for_function(script, arg=[view, text])


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_answers_are_there_without_a_click(page: Page) -> None:
    assert page.locator("#view-search .card").count() >= 6
    assert page.input_value("#query input") in heading(page)
    assert "encoding" in page.inner_text("#view-search .lead")
    assert page.locator("#view-search .card:first-child .chip").count() >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_media_of_each_kind_really_load(page: Page, kind: str) -> None:
    choose(page, kind)
    page.wait_for_function(LOADED, arg=KINDS[kind])
    assert page.locator("#view-search .broken").count() == 0


def test_a_sound_plays_and_its_waveform_fills(page: Page) -> None:
    choose(page, "Sounds")
    page.wait_for_function(LOADED, arg="audio")
    sound = page.locator("#view-search .media-audio").first
    sound.locator(".wave").click(position={"x": 3, "y": 40})
    page.wait_for_function("parseFloat(document.querySelector('.media-audio').style.getPropertyValue('--played')) > 5")


def test_a_clip_plays_under_the_pointer(page: Page) -> None:
    choose(page, "Clips")
    clip = page.locator("#view-search .media-video").first
    assert clip.locator("video").get_attribute("poster")
    clip.hover()
    page.wait_for_function("!document.querySelector('.media-video video').paused")
    page.mouse.move(2, 2)
    page.wait_for_function("document.querySelector('.media-video video').paused")


def test_a_chip_says_what_it_means(page: Page) -> None:
    chip = page.locator("#view-search .chip").first
    chip.hover()
    page.wait_for_selector(".meaning-panel:not([hidden])")
    assert page.locator(".meaning-panel .thumb").count() >= 1
    kin = page.locator("#view-search .chip.kin")
    assert {kin.nth(i).get_attribute("data-prefix") for i in range(kin.count())} == {chip.get_attribute("data-prefix")}
    page.mouse.move(2, 2)
    page.wait_for_selector(".meaning-panel", state="hidden")
    chip.click()
    page.wait_for_selector(".meaning-panel:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_selector(".meaning-panel", state="hidden")


def test_both_ways_stand_side_by_side(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click()
    page.wait_for_selector("#view-compare .side.right .entry")
    assert (
        page.locator("#view-compare .side.left .entry").count() == page.locator("#view-compare .side.right li").count()
    )
    assert page.locator("#view-compare .side-head .times").count() == 2
    drawn = page.locator("#view-compare .links path").count()
    assert page.locator("#view-compare .side.left .badge-both").count() == drawn
    if drawn:  # a line ends at the middle of the row it belongs to
        ends = page.evaluate(
            """() => {
              const line = document.querySelector('#view-compare .links path'), svg = line.ownerSVGElement;
              const start = line.getPointAtLength(0), box = svg.getBoundingClientRect();
              const y = box.top + (start.y / svg.viewBox.baseVal.height) * box.height;
              const row = document.querySelector(`#view-compare .side.left [data-item="${line.dataset.item}"]`);
              const place = row.getBoundingClientRect();
              return Math.abs(y - (place.top + place.height / 2));
            }"""
        )
        assert ends < 4


def test_how_it_was_written_is_drawn(page: Page) -> None:
    page.get_by_role("tab", name="Step by step").click()
    page.wait_for_selector("#view-trace svg.tree")
    assert page.locator("#view-trace .ending").count() >= 5
    assert page.locator("#view-trace .edge").count() == page.locator("#view-trace .dot").count()
    page.locator("#view-trace .steps summary").click()
    assert page.locator("#view-trace .steps li li").first.is_visible()


def test_a_query_too_long_gets_a_sentence(page: Page) -> None:
    ask(page, "x" * 5000)
    page.wait_for_selector("#view-search .notice-error")
    assert "300" in page.inner_text("#view-search .notice-error")
    ask(page, "a boat")
    wait_heading(page, "a boat")


def test_markup_in_a_query_stays_text(page: Page) -> None:
    ask(page, MARKUP)
    wait_heading(page, MARKUP)
    for tab, view in (("Compare", "compare"), ("Step by step", "trace")):
        page.get_by_role("tab", name=tab).click()
        wait_heading(page, MARKUP, view)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#view-search .lead :is(img, b)").count() == 0


def test_markup_in_a_link_stays_text(desk: BrowserContext, address: str) -> None:
    with opened(desk, f"{address}/?q={quote(MARKUP)}&modality=image") as page:
        wait_heading(page, MARKUP)
        assert page.evaluate("window.hacked") is None
    with opened(desk, f"{address}/?q=boat&modality={quote(MARKUP)}&view={quote(MARKUP)}") as page:
        page.wait_for_selector("#view-search .notice-error")
        assert page.evaluate("window.hacked") is None


def test_a_link_asks_at_once_and_can_be_copied(desk: BrowserContext, address: str) -> None:
    desk.grant_permissions(["clipboard-read", "clipboard-write"])
    with opened(desk, f"{address}/?q=a+quiet+morning&modality=audio") as page:
        wait_heading(page, "a quiet morning")
        assert page.input_value("#query input") == "a quiet morning"
        assert page.get_by_role("radio", name="Sounds").is_checked()
        page.get_by_role("button", name="Copy link").click()
        page.wait_for_function("document.querySelector('#copy-link').textContent === 'Copied'")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{address}/?q=a+quiet+morning&modality=audio"


def test_every_view_has_a_link(desk: BrowserContext, address: str) -> None:
    with opened(desk, f"{address}/?q=a+quiet+morning&view=compare") as page:
        wait_heading(page, "a quiet morning", "compare")
        page.get_by_role("tab", name="Step by step").click()
        wait_heading(page, "a quiet morning", "trace")
        page.wait_for_function("new URLSearchParams(location.search).get('view') === 'trace'")
    with opened(desk, f"{address}/?view=results") as page:
        page.wait_for_selector("#view-results .figures")
        ask(page, "a boat")
        wait_heading(page, "a boat")


def test_everything_works_from_the_keyboard(page: Page) -> None:
    page.focus("#query input")
    page.keyboard.press("Control+A")
    page.keyboard.type("something blue")
    page.keyboard.press("Enter")
    wait_heading(page, "something blue")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#view-search .chip')"):
            break
    page.wait_for_selector(".meaning-panel:not([hidden])")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_an_example_is_one_tap(page: Page) -> None:
    example = page.locator(".example").last
    text = example.inner_text()
    example.click()
    wait_heading(page, text)
    assert page.input_value("#query input") == text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
    with opened(context, address) as page:
        assert overflow(page) <= 0
        page.locator("#view-search .chip").first.tap()
        page.wait_for_selector(".meaning-panel:not([hidden])")
        assert page.evaluate("document.querySelector('.meaning-panel').getBoundingClientRect().right <= innerWidth")
        for tab, shown in (("Compare", ".versus"), ("Step by step", ".tree"), ("Results", ".figures")):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_selector(shown)
            assert overflow(page) <= 0, tab
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    """WCAG AA, 4.5 to 1, measured on a canvas because the colours are given in oklch."""
    places = [".chip b", ".chip small", ".kind", ".lead p", ".captions summary", ".example-name", ".stock"]
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    with opened(context, address) as page:
        is_dark = page.evaluate("document.body.classList.contains('dark')")
        assert is_dark == (scheme == "dark")
        ratios = {place: page.evaluate(CONTRAST, place) for place in places}
        assert all(ratio >= 4.5 for ratio in ratios.values()), ratios
    context.close()


CONTRAST = """place => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const stops = style.backgroundImage.match(/(oklch|oklab|rgba?|color)\\([^()]*\\)/g);
      layers.push(stops ? [stops] : [[style.backgroundColor]]);
    }
    return layers.reverse().map((layer) => layer[0]);
  };
  let worst = 99;
  for (const element of [...document.querySelectorAll(place)].slice(0, 60)) {
    const layers = behind(element), ink = getComputedStyle(element).color;
    const last = layers.findLastIndex((stops) => stops.length > 1);
    const choices = (layers[last] ?? [null]).map((stop) => layers.map((stops, i) => (i === last ? stop : stops[0])));
    for (const colours of choices) {
      const [a, b] = [light(paint([...colours, ink])), light(paint(colours))].sort((x, y) => y - x);
      worst = Math.min(worst, (a + 0.05) / (b + 0.05));
    }
  }
  return worst;
}"""
