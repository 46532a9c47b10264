"""Take the screenshots for README.md of a real service with a music folder.

``.venv/bin/python docs/screenshots.py FOLDER``, after ``make .venv/test.stamp``; a hundred tracks make good pictures.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
IMAGES: Final = ROOT / "docs" / "images"
sys.path.append(str(ROOT / "tests" / "support"))

from browser_fixtures import SWITCHES  # noqa: E402 - a helper of the tests
from browser_service import serving  # noqa: E402

SIZES: Final = {"desk": (1280, 900), "phone": (390, 844), "wide": (2560, 1440)}
HALFWAY: Final = 0.5  # share of the library at which the first screenshots are taken
LONGEST_SCAN_MS: Final = 3_600_000
MOST_BYTES: Final = 300_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot: file, URL fragment, theme, size, and the element that must be visible."""

    name: str
    address: str
    sign: str
    theme: Literal["light", "dark"] = "light"
    size: str = "desk"


AT_WORK: Final = (
    Shot("activity-light", "activity", "#throughput svg"),
    Shot("activity-dark", "activity", "#throughput svg", "dark"),
    Shot("activity-wide", "activity", "#throughput svg", size="wide"),
)
DONE: Final = (
    Shot("home-light", "home", "#newest .name"),
    Shot("home-phone", "home", "#newest .name", "dark", "phone"),
    Shot("library-light", "library/albums", "#albums-list img"),
    Shot("library-wide", "library/albums", "#albums-list img", "dark", "wide"),
    Shot("tracks-light", "library/tracks", "#track-list svg"),
    Shot("tracks-phone", "library/tracks", "#track-list svg", "dark", "phone"),
    Shot("track-light", "track/{0}", "#view-track .tile"),
    Shot("track-phone", "track/{0}", "#view-track .tile", size="phone"),
    Shot("compare-dark", "compare/{0}/{1}", "#view-compare .person", "dark"),
    Shot("explore-light", "explore", "#map canvas"),
    Shot("explore-dark", "explore", "#map canvas", "dark"),
    Shot("settings-light", "settings", ".setting"),
)


def main() -> int:
    """Start the service and take all screenshots."""
    library = Path(sys.argv[1])
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as data,
        serving(library, Path(data), sidecars="off", busy_percent="0") as running,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=executable, args=list(SWITCHES)) as browser,
    ):
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(f"{running.url}#activity")
            page.wait_for_timeout(3000)
            bar = page.locator("#bar")
            while float(bar.get_attribute("aria-valuenow") or 0) < 100 * HALFWAY:
                page.wait_for_timeout(500)
            take(browser, running.url, AT_WORK, [])
            expect(page.locator("#state")).to_have_text("Idle", timeout=LONGEST_SCAN_MS)
            longest = page.request.get(f"{running.url}files?sort=duration_sec&order=desc&limit=12").json()["items"]
        take(browser, running.url, DONE, [longest[4]["id"], longest[11]["id"]])
    return 0


def take(browser: Browser, url: str, shots: tuple[Shot, ...], ids: list[int]) -> None:
    """Take screenshots, each in a new browser context."""
    for shot in shots:
        width, height = SIZES[shot.size]
        options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": shot.theme}
        with browser.new_context(locale="en-GB", reduced_motion="reduce", **options) as context:
            page: Page = context.new_page()
            page.goto(f"{url}#{shot.address.format(*ids)}")
            expect(page.locator(shot.sign).first).to_be_visible()
            page.wait_for_timeout(1500)  # wait for the first status and the glyphs
            place = IMAGES / f"{shot.name}.png"
            page.evaluate("document.activeElement.blur()")
            page.screenshot(path=place)
            if place.stat().st_size >= MOST_BYTES:
                raise SystemExit(f"{place} is too large: {place.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
