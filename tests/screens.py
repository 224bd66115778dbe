"""Pictures of the page for a person to look at: `python -m tests.screens [--bundle FOLDER] [--out screenshots]`."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize

from ace_core.bundle import Bundle
from ace_core.collection import MODALITIES
from tests.browser import BUILTIN, ROOT, chromium, launched, served

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
TABS = {
    "search": ("Search", "#view-search .card"),
    "compare": ("Compare", "#view-compare .versus"),
    "trace": ("Step by step", "#view-trace .tree"),
    "results": ("Results", "#view-results .figures"),
    "scale": ("Scale", "#view-scale .figures"),
    "yours": ("Your media", "#view-yours .drop"),
}
GIVEN = 4  # files of each kind that a visitor drops
SETTLE = 2200  # milliseconds for media to load and the tree to grow


def main() -> int:
    parser = argparse.ArgumentParser(description="Write screenshots of every view, size and colour scheme.")
    parser.add_argument("--bundle", type=Path, default=BUILTIN)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--whole", action="store_true", help="the whole length of the page")
    options = parser.parse_args()
    if chromium() is None:
        print("There is no Chromium on this machine; install one to take pictures of the page.", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    media = _some_media(options.bundle)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(options.bundle, Path(folder) / "log.txt") as address,
        launched() as browser,
    ):
        for size, scheme in itertools.product(SIZES, SCHEMES):
            _shoot(browser, address, size, scheme, options.out, options.whole, media)
    print(f"Screenshots are in {options.out}")
    return 0


def _some_media(bundle: Path) -> list[Path]:
    """What a visitor might drop: a few of the bundle's own."""
    collection = Bundle.open(bundle).collection
    return [collection.media_path(collection[at]) for kind in MODALITIES for at in collection.of(kind)[:GIVEN]]


def _shoot(
    browser: Browser, address: str, size: str, scheme: Scheme, out: Path, whole: bool, media: list[Path]
) -> None:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, has_touch=size == "phone")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#view-search .card")
    for name, (tab, shown) in TABS.items():
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector(shown)
        page.wait_for_timeout(SETTLE)
        page.screenshot(path=str(out / f"{name}-{size}-{scheme}.png"), full_page=whole)
    for name in _visit(page, media):
        page.screenshot(path=str(out / f"{name}-{size}-{scheme}.png"), full_page=whole)
    context.close()


def _visit(page: Page, media: list[Path]) -> Iterator[str]:
    """The states of a visitor's own media up to the build, each by name when it is to be seen."""
    page.set_input_files("#view-yours .drop input", media)
    page.wait_for_function("count => document.querySelectorAll('.kept li').length === count", arg=len(media))
    page.wait_for_timeout(SETTLE)
    yield "yours-dropped"
    page.click("#view-yours [data-do=build]")
    page.wait_for_selector("#view-yours .stages .doing")
    yield "yours-building"
    page.click("#view-yours [data-do=stop]")
    page.wait_for_selector("#view-yours [data-do=remove]")
    page.click("#view-yours [data-do=remove]")


if __name__ == "__main__":
    sys.exit(main())
