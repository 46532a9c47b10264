"""Frame times of the map of a large library in headless Chromium without a graphics card."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from browser_fixtures import SWITCHES
from browser_frames import frames_ms, shown
from browser_large import fill
from browser_service import serving, write_song

from .music import table
from .options import Options

TRACKS: Final = 50_000
SIZES: Final = ((390, 844, 3), (1280, 900, 1), (1280, 900, 2), (2560, 1440, 1), (3840, 2160, 1))
HEAD: Final = ("window", "pixels of the map", "zoom: median, ms", "p90, ms", "pan: median, ms", "p90, ms")


def report(options: Options) -> str:
    """Return the frame intervals during zoom and pan."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        home = Path(folder)
        write_song(home / "music" / "here.wav")
        asyncio.run(fill(home / "data", home / "away", tracks=TRACKS, failures=0))
        with (
            serving(home / "music", home / "data", away=home / "away") as running,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=executable, args=list(SWITCHES)) as browser,
        ):
            rows = [_row(browser, f"{running.url}#library", *size) for size in SIZES[:: 2 if options.quick else 1]]
    return f"### The map of {TRACKS:,} tracks, frame intervals\n\n" + table(HEAD, rows)


def _row(browser: Browser, url: str, width: int, height: int, density: int) -> tuple[object, ...]:
    with browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=density) as context:
        page = context.new_page()
        page.goto(url)
        shown(page, f"{TRACKS // 1000},00")
        box = page.locator("#map canvas").bounding_box() or {"width": 0.0, "height": 0.0}
        window = f"{width} × {height}" + (f", {density} device pixels per pixel" if density > 1 else "")
        row: list[object] = [window, f"{box['width']:.0f} × {box['height']:.0f}"]
        for movement in ("zooming", "moving"):
            times = frames_ms(page, movement)
            row += [times[len(times) // 2], times[9 * len(times) // 10]]
    return tuple(row)
