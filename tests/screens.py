"""Pictures of the page for a person to look at: `python -m tests.screens [--bundle FOLDER] [--out screenshots]`."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser import ARGUMENTS, BUILTIN, ROOT, chromium, served

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
}
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
    with (
        tempfile.TemporaryDirectory() as folder,
        served(options.bundle, Path(folder) / "log.txt") as address,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for size, scheme in itertools.product(SIZES, SCHEMES):
            _shoot(browser, address, size, scheme, options.out, options.whole)
        browser.close()
    print(f"Screenshots are in {options.out}")
    return 0


def _shoot(browser: Browser, address: str, size: str, scheme: Scheme, out: Path, whole: bool) -> None:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, has_touch=size == "phone")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#view-search .card")
    for name, (tab, shown) in TABS.items():
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector(shown)
        page.wait_for_timeout(SETTLE)
        page.screenshot(path=str(out / f"{name}-{size}-{scheme}.png"), full_page=whole)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
