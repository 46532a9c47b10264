"""The status page with fifty thousand points and twenty thousand failures."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final, Literal

import pytest
from playwright.sync_api import Page, expect

from auralis_fp import schema
from browser_axe import AXE, faults_by_axe
from browser_frames import Movement, shown, work_ms
from browser_large import fill
from browser_service import Running, Visit, go, serving, told, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

TRACKS: Final = 50_000
FAILURES: Final = 20_000
FRAME_MS: Final = 50.0  # of processor time; docs/performance.md has the measured times of frames
MOST_ROWS: Final = 80  # in the DOM at the same time


@pytest.fixture(scope="module")
def large_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a service with one folder of one song and one offline folder with all other tracks."""
    home = tmp_path_factory.mktemp("large")
    write_song(home / "music" / "here.wav")
    asyncio.run(fill(home / "data", home / "away", tracks=TRACKS, failures=FAILURES))
    with serving(home / "music", home / "data", away=home / "away") as running:
        yield running


@pytest.fixture
def page(large_service: Running, visit: Visit) -> Page:
    """Return the page after it has loaded the library."""
    opened = visit(f"{large_service.url}#activity")
    expect(opened.locator("#failed-tally")).to_have_text("20,000")
    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_problems(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Axe finds no violation with an offline folder, thousands of failures and a map of points."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(AXE)
    expect(page.locator(".folder.offline")).to_be_visible()
    assert faults_by_axe(page) == []
    go(page, "Failures")
    expect(page.locator("#failure-list .failure").first).to_be_visible()
    assert faults_by_axe(page) == []
    go(page, "Explore")
    shown(page, "50,00")
    assert faults_by_axe(page) == []


def test_an_offline_folder_is_reported(page: Page) -> None:
    """Tracks in an offline folder are still counted, and the page shows that the folder is offline."""
    folder = page.locator(".folder.offline")
    expect(folder).to_contain_text("Known tracks are kept")
    expect(page.locator("#health-body .fault")).to_have_count(1)


@pytest.mark.parametrize("size", [(1280, 900), (2560, 1440)])
@pytest.mark.parametrize("movement", ["zooming", "moving"])
def test_the_map_of_fifty_thousand_tracks_is_fluid(page: Page, size: tuple[int, int], movement: Movement) -> None:
    """Zoom and pan take less than 50 ms of processor time per frame without a graphics card."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    go(page, "Explore")
    shown(page, "50,00")
    assert work_ms(page, movement) < FRAME_MS


def test_the_map_is_sharp_at_rest(page: Page) -> None:
    """A large map has a lower resolution while it moves and full resolution at rest."""
    page.set_viewport_size({"width": 2560, "height": 1440})
    go(page, "Explore")
    shown(page, "50,00")
    canvas = page.locator("#map canvas")
    width = canvas.evaluate("(canvas) => canvas.width")
    assert width == canvas.evaluate("(canvas) => canvas.clientWidth")
    moving = canvas.evaluate(
        "async (canvas) => { document.querySelector('.zoom button').click();"
        " await new Promise(requestAnimationFrame); return canvas.width; }"
    )
    assert moving < width
    expect(canvas).to_have_js_property("width", width)


def test_a_point_is_named_and_opened(page: Page) -> None:
    """Hovering and arrow keys name the track of a point, and a click opens it."""
    go(page, "Explore")
    expect(page.locator("#map-hint")).to_contain_text("50,00")
    canvas = page.locator("#map canvas")
    canvas.hover()
    expect(page.locator(".tip")).to_contain_text(re.compile(r"\.(flac|wav)[\s\S]*BPM"))
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#announce")).to_contain_text("BPM")
    page.keyboard.press("Enter")
    expect(page.locator("#view-track").locator(".dimension")).to_have_count(len(schema.NAMES))


def test_zooming_in_shows_glyphs(page: Page) -> None:
    """Zooming in shows glyphs instead of points, and one key shows the whole library again."""
    go(page, "Explore")
    canvas, drawings = page.locator("#map canvas"), page.locator(".drawing")
    expect(page.locator("#map-hint")).to_contain_text("50,00")
    canvas.focus()
    page.keyboard.press("ArrowUp")
    for _ in range(12):
        page.keyboard.press("+")
    expect(drawings).not_to_have_count(0)
    page.keyboard.press("0")
    expect(drawings).to_have_count(0)


def test_large_actions_need_confirmation(page: Page) -> None:
    """Scanning or retrying thousands of files asks for confirmation and shows the cost."""
    page.get_by_role("button", name="Scan for new music").click()
    expect(page.locator("#ask")).to_contain_text(re.compile(r"70,00\d files will be checked"))
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).to_be_hidden()
    go(page, "Failures")
    page.get_by_role("button", name="Retry all").click()
    expect(page.locator("#ask")).to_contain_text(re.compile(r"20,000 files .* hours of music, .* with 1 worker"))
    page.locator("#ask").get_by_role("button", name="Cancel").click()
    expect(page.locator("#failure-kinds")).to_contain_text("All 20,000")


def test_twenty_thousand_failures_are_as_fast_as_twenty(page: Page) -> None:
    """A long failure list scrolls to its end, holds only visible rows, and can be selected by code."""
    go(page, "Failures")
    rows = page.locator("#failure-list .failure")
    expect(rows.first).to_be_visible()
    end, reached = f"[aria-rowindex='{FAILURES + 1}']", page.evaluate(TO_THE_END, FAILURES)
    assert reached["rows"] < MOST_ROWS
    expect(page.locator(end)).to_be_visible()
    page.get_by_role("link", name="Timed out 10,000").click()
    expect(rows.first.locator(".kind")).to_have_text("Timed out")
    page.get_by_role("searchbox").fill("no such file")
    expect(page.locator("#failure-note")).to_have_text("No matches.")


TO_THE_END: Final = """async (whole) => {
  const list = document.querySelector("#failure-list");
  let rows = 0;
  while (true) {
    window.scrollTo(0, document.documentElement.scrollHeight);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    rows = Math.max(rows, list.children.length);
    if (list.lastElementChild?.getAttribute("aria-rowindex") === String(whole + 1)) return { rows };
  }
}"""


def test_seventy_thousand_tracks_are_as_fast_as_seventy(page: Page) -> None:
    """A long track list shows its total, leads anywhere at once, can be sorted, and holds only visible rows."""
    go(page, "Tracks")
    rows = page.locator("#track-list .row")
    expect(rows.first).to_be_visible()
    expect(page.locator("#track-count")).to_have_text(re.compile(r"^70,00\d tracks$"))
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight / 2)")
    expect(page.locator("#track-list [aria-posinset='35000'] .row")).to_be_visible()
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#track-list [aria-posinset='70001'] .row")).to_be_visible()
    assert rows.count() < MOST_ROWS
    page.locator("#order").select_option("tempo_bpm")
    page.get_by_role("button", name="Descending").click()
    expect(rows.first.locator(".numbers")).to_contain_text("BPM")
    expect(page).to_have_url(re.compile(r"#library/tracks\?sort=tempo_bpm&order=desc$"))


def test_all_matching_failures_are_selected(page: Page) -> None:
    """Selecting all but one of ten thousand failures, most of them not loaded, skips the right ones."""
    go(page, "Failures")
    page.get_by_role("link", name="Timed out 10,000").click()
    rows = page.locator("#failure-list .failure")
    expect(rows.first.locator(".kind")).to_have_text("Timed out")
    page.get_by_label("Select all matching").check()
    rows.nth(1).get_by_role("checkbox").uncheck()
    expect(page.get_by_label("Select all matching")).to_have_js_property("indeterminate", value=True)
    page.get_by_role("button", name="Skip (9,999)").click()
    expect(page.locator("#ask")).to_contain_text("Skip 9,999 files?")
    page.get_by_role("button", name="Skip them").click()
    told(page, "9,999 files skipped")
    expect(page.locator("#failure-kinds")).to_contain_text("Timed out 1")
    expect(page.locator("#failure-kinds")).to_contain_text("Skipped by you 9,999")
    expect(rows).to_have_count(1)
