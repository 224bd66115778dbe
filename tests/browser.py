"""The page in a real browser: starts `app.py` on a free port and drives Chromium over it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent
BUILTIN = ROOT / "checkpoints" / "builtin"
START_SECONDS = 180
PATIENCE = 30_000  # milliseconds; machines that test are busy
READY = "#views :is(.results, .notice-error)"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
]


def chromium() -> str | None:
    """Path of an installed Chromium, if there is one."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(bundle: Path, log: Path) -> Iterator[str]:
    """Run `app.py` over a bundle; yields its address and ends the process afterwards."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, str(ROOT / "app.py"), "--bundle", str(bundle), "--port", str(port)]
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ})
        try:
            _wait(process, address, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened(
    context: BrowserContext, url: str, ready: str = READY, patience: int = PATIENCE, excused: Sequence[str] = ()
) -> Iterator[Page]:
    """A fresh page, once something of `ready` is seen.

    A script error or an error in the console fails the test that used it, unless a word of `excused` is in it.
    """
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.set_default_timeout(patience)
    page.goto(url)
    page.locator(ready).locator("visible=true").first.wait_for()
    yield page
    page.close()
    assert [error for error in errors if not any(word in error for word in excused)] == []


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"app.py ended with {process.returncode}:\n{log.read_text(encoding='utf-8')}")
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"app.py did not answer within {START_SECONDS} s:\n{log.read_text(encoding='utf-8')}")
