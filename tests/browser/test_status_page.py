"""The status page as a reader meets it: the real service, a real browser."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from auralis_fp.schema import DIMENSIONS
from browser_service import Running, serving, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visit = Callable[[str], Page]
SONGS = 6 if sys.platform == "linux" else 5
SCAN_LIMIT_MS = 60_000
NOTICED_MS = 15_000


@pytest.fixture
def settled(live_service: Running, visit: Visit) -> Page:
    """Return the page once everything in the library has been dealt with."""
    page = visit(live_service.url)
    expect(page.locator("#state")).to_have_text("Up to date", timeout=SCAN_LIMIT_MS)
    return page


def test_a_scan_runs_to_its_end_and_is_counted(settled: Page) -> None:
    """Coverage, percent and badges agree with the folder, and the stream is live."""
    expect(settled.locator("#covered")).to_have_text(f"{SONGS} of {SONGS + 1} tracks")
    expect(settled.locator("#percent")).to_have_text(re.compile(rf"^{100 * SONGS // (SONGS + 1)}\s?%$"))
    expect(settled.locator("#badges")).to_have_text("1 failed")
    expect(settled.locator("#connection")).to_have_attribute("data-link", "live")
    expect(settled.locator("#connection-text")).to_contain_text("updated")


def test_every_file_is_listed_with_its_drawing(settled: Page) -> None:
    """All files are in the list; those with a fingerprint carry a glyph and their numbers."""
    expect(settled.locator("#track-list .row")).to_have_count(SONGS + 1)
    expect(settled.locator("#track-list svg.glyph")).to_have_count(SONGS)
    expect(settled.locator("#track-list .row", has_text="Dawn").locator(".numbers")).to_contain_text("LUFS")


def test_hostile_names_are_only_text(settled: Page) -> None:
    """Markup in a name is shown, not run; what cannot be shown becomes U+FFFD."""
    names = settled.locator("#track-list .name").all_text_contents()
    assert "<img src=x onerror=alert(1)>.wav" in names
    assert "turn \ufffdvaw.dnuor.wav" in names
    assert sys.platform != "linux" or "caf\ufffd.wav" in names
    assert settled.locator("#track-list img").count() == 0


def test_a_failure_is_listed_with_its_reason(settled: Page) -> None:
    """The broken file stands under its kind, with a sentence, and can be tried again."""
    failure = settled.locator("#failures .failure")
    expect(failure.locator(".name")).to_have_text("Torn.wav")
    expect(failure.locator(".why")).to_contain_text("no audio")
    failure.get_by_role("button").click()
    expect(settled.locator("#toasts")).to_contain_text("1 file will be tried again")
    expect(settled.locator("#state")).to_have_text("Up to date", timeout=SCAN_LIMIT_MS)
    expect(failure).to_have_count(1)


def test_a_track_shows_all_numbers_with_their_meaning(settled: Page) -> None:
    """Opening a track shows 25 named values, the spectrum and the large drawing; Escape leads back to the list."""
    row = settled.locator("#track-list .row", has_text="Noon")
    row.click()
    sheet = settled.get_by_role("dialog")
    expect(sheet.locator(".dimension")).to_have_count(25)
    assert sheet.locator("dt").filter(has_text=re.compile("^Tempo")).count() == 1
    shown = sheet.locator(".dimension dt").all_text_contents()
    assert sorted(shown) == sorted(dimension.title for dimension in DIMENSIONS)
    expect(sheet.locator(".spectrum svg")).to_be_visible()
    expect(sheet.locator(".about")).to_contain_text("0:04")
    settled.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(settled).not_to_have_url(re.compile("#track/"))
    expect(row).to_be_focused()


def test_a_track_has_an_address_of_its_own(settled: Page, live_service: Running, visit: Visit) -> None:
    """The link of a row opens the same track in a new page; one that does not exist says so."""
    link = settled.locator("#track-list .row", has_text="Dawn").get_attribute("href")
    again = visit(f"{live_service.url}{link}")
    expect(again.locator("#track-title")).to_have_text("01 Dawn.wav")


def test_search_and_filter_narrow_the_list(settled: Page) -> None:
    """Typing finds by name and folder, the filter by state, and nothing found is said."""
    settled.get_by_role("searchbox").fill("first light")
    expect(settled.locator("#track-list .row")).to_have_count(2)
    settled.get_by_role("searchbox").fill("no such song")
    expect(settled.locator("#track-note")).to_have_text("Nothing matches.")
    settled.get_by_role("searchbox").fill("")
    settled.get_by_label("Show").select_option("failed")
    expect(settled.locator("#track-list .row")).to_have_count(1)


def test_health_folder_and_worker_are_shown(settled: Page, live_service: Running) -> None:
    """The page names the folder and its files, the worker, and that nothing is wrong."""
    expect(settled.locator("#health-body")).to_have_text(re.compile("No issues"))
    expect(settled.locator("#folder-list .path")).to_have_text(str(live_service.library))
    expect(settled.locator("#folder-list")).to_contain_text(f"{SONGS + 1} files")
    expect(settled.locator("#worker-list li")).to_have_count(1)


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(390, 844, "light"), (1280, 900, "dark"), (2200, 1200, "light")]
)
def test_the_page_fits(settled: Page, width: int, height: int, scheme: str) -> None:
    """From phone to wide screen, light and dark, nothing sticks out sideways."""
    settled.set_viewport_size({"width": width, "height": 900})
    settled.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert settled.evaluate("document.documentElement.scrollWidth") <= width
    dark = settled.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
    assert dark == (scheme == "dark")


CONTRAST = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
  const below = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("main *, header *, footer *, dialog[open] *")) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!text || node.closest("svg, :disabled, .visually-hidden") || !node.checkVisibility()) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(below(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) poor.push(`${node.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(settled: Page, scheme: str) -> None:
    """Every text stands out from what is behind it by 4.5 : 1 at least, the open track included."""
    settled.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert settled.evaluate(CONTRAST) == []
    settled.locator("#track-list .row", has_text="Noon").click()
    expect(settled.locator(".dimension")).to_have_count(25)
    assert settled.evaluate(CONTRAST) == []


def test_every_control_has_a_name_and_can_be_reached(settled: Page) -> None:
    """Buttons, fields and links are named, landmarks are there, and Tab begins at the skip link."""
    unnamed = settled.evaluate(
        "[...document.querySelectorAll('button, input, select, a')].filter((node) =>"
        " !(node.textContent.trim() || node.ariaLabel || node.labels?.[0]?.textContent.trim())).length"
    )
    assert unnamed == 0
    for role in ("banner", "main", "contentinfo", "search"):
        expect(settled.get_by_role(role)).to_have_count(1)
    settled.keyboard.press("Tab")
    expect(settled.get_by_text("Skip to the tracks")).to_be_focused()


def test_pause_and_go_on(settled: Page) -> None:
    """Pausing shows at once why nothing happens, and going on takes it back."""
    settled.get_by_role("button", name="Pause").click()
    expect(settled.locator("#state")).to_have_text("Paused")
    settled.get_by_role("button", name="Go on").click()
    expect(settled.locator("#state")).to_have_text("Up to date")


def test_the_page_is_light(live_service: Running) -> None:
    """Everything the browser fetches for the first paint is under 100 kB and holds nothing inline."""
    folder = Path(__file__).resolve().parents[2] / "static"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 100_000
    with urlopen(live_service.url) as answer:  # noqa: S310 - our own service
        html = answer.read().decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?://", html)


def test_a_song_that_comes_or_goes_is_noticed(tmp_path: Path, visit: Visit) -> None:
    """A song copied in shows within seconds without a reload, and one deleted leaves the list."""
    library = tmp_path / "music"
    write_song(library / "early.wav")
    with serving(library, tmp_path / "data") as running:
        page = visit(running.url)
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        write_song(library / "late arrival.wav")
        late = page.locator("#track-list .row", has_text="late arrival")
        expect(late.locator("svg.glyph")).to_be_visible(timeout=NOTICED_MS)
        expect(page.locator("#covered")).to_have_text("2 of 2 tracks")
        (library / "early.wav").unlink()
        expect(page.locator("#track-list .row")).to_have_count(1, timeout=NOTICED_MS)
        page.close()


def test_a_lost_connection_is_admitted(tmp_path: Path, visit: Visit, faults: list[str]) -> None:
    """When the service stops the page says so, and keeps what it knew."""
    write_song(tmp_path / "music" / "one.wav")
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(running.url)
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
    expect(page.locator("#connection")).to_have_attribute("data-link", "lost", timeout=NOTICED_MS)
    expect(page.locator("#lost")).to_contain_text("does not answer")
    expect(page.locator("#track-list .row")).to_have_count(1)
    faults[:] = [fault for fault in faults if "net::ERR_" not in fault]  # the browser notes each vain attempt


def test_a_folder_without_music_is_told(tmp_path: Path, visit: Visit) -> None:
    """Nothing to analyse is no percentage: the page says that there is no music."""
    (tmp_path / "music").mkdir()
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(running.url)
        expect(page.locator("#percent")).to_have_text("–")
        expect(page.locator("#track-note")).to_contain_text("No tracks yet")
        expect(page.locator("#failures")).to_be_hidden()
        page.close()
