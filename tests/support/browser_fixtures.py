"""Fixtures for a headless Chromium and a real service."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from browser_service import SCAN_LIMIT_MS, Running, Visit, serving, write_song

SWITCHES: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP player.test 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks",  # intercepted pages count as public ones
)


# Messages disappear after a few seconds; on a busy machine a test may look later.
REMEMBER_MESSAGES: Final = """addEventListener("DOMContentLoaded", () => {
  const { dataset } = document.documentElement;
  const texts = ({ addedNodes }) => [...addedNodes].map((node) => node.textContent);
  const remember = (changes) => { dataset.told = [dataset.told, ...changes.flatMap(texts)].join("\\n"); };
  const toasts = document.getElementById("toasts");
  if (toasts) new MutationObserver(remember).observe(toasts, { childList: true });
});"""

expect.set_options(timeout=120_000)  # a busy machine is slow, and tests wait for states


@pytest.fixture(scope="module")  # a session scope would keep its event loop during other tests
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; skip the tests without it, or fail them in CI."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(SWITCHES))
        yield browser
        browser.close()


@pytest.fixture
def faults() -> list[str]:
    """Return the browser errors so far; any left at the end of a test fail it."""
    return []


@pytest.fixture
def visit(chromium: Browser, faults: list[str]) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens a page and records console errors and external requests as faults."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    context.add_init_script(REMEMBER_MESSAGES)

    def open_page(url: str) -> Page:
        page = context.new_page()
        origin = url.split("/fingerprint", maxsplit=1)[0]

        def on_console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                faults.append(f"console: {message.text}")

        def on_request(request: Request) -> None:
            if not request.url.startswith((origin, "data:")):
                faults.append(f"foreign request: {request.url}")

        page.on("console", on_console)
        page.on("request", on_request)
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.goto(url)
        return page

    yield open_page
    context.close()
    assert faults == []


@pytest.fixture(scope="module")
def small_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library with songs in two folders, one broken file, one hidden file and hostile file names."""
    folder = tmp_path_factory.mktemp("library") / "music"
    write_song(folder / "First light" / "01 Dawn.wav")
    write_song(folder / "First light" / "02 Noon.wav", seconds=4.0)
    write_song(folder / "Second try.wav")
    write_song(folder / "<img src=x onerror=alert(1)>.wav")
    write_song(folder / "turn \u202evaw.dnuor.wav")
    write_song(folder / f"{'long ' * 48}\U0001f3b7.wav")
    if sys.platform == "linux":  # file names that are not valid UTF-8
        write_song(folder / os.fsdecode(b"caf\xe9.wav"))
    (folder / "Torn.wav").write_bytes(b"no sound at all " * 100)
    write_song(folder / ".hidden.wav")
    return folder


@pytest.fixture(scope="module")
def live_service(small_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a service for the small library."""
    with serving(small_library, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def settled(live_service: Running, visit: Visit) -> Page:
    """Return the page after the library has been processed."""
    page = visit(f"{live_service.url}#activity")
    expect(page.locator("#state")).to_have_text("Idle", timeout=SCAN_LIMIT_MS)
    return page
