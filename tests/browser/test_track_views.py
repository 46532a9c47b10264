"""Tracks, one track, two tracks, and the files that failed, in a real browser."""

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from auralis_fp.schema import DIMENSIONS, NAMES
from browser_service import ROOT, SCAN_LIMIT_MS, SONGS, Running, Visit, go, serving, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def tracks(settled: Page) -> Page:
    """Return the page with the list of tracks."""
    go(settled, "Tracks")
    expect(settled.locator("#track-list .row")).to_have_count(SONGS + 1)
    return settled


def test_every_file_is_listed_with_its_drawing(tracks: Page) -> None:
    """All files are in the list; those with a fingerprint carry a glyph and their numbers."""
    expect(tracks.locator("#track-list svg.glyph")).to_have_count(SONGS)
    expect(tracks.locator("#track-list .row", has_text="Dawn").locator(".numbers")).to_contain_text("LUFS")


def test_hostile_names_are_only_text(tracks: Page) -> None:
    """Markup in a name is shown, not run; what cannot be shown becomes U+FFFD; a long one stays in its row."""
    names = tracks.locator("#track-list .name").all_text_contents()
    assert "<img src=x onerror=alert(1)>.wav" in names
    assert "turn \ufffdvaw.dnuor.wav" in names
    assert any("\U0001f3b7" in name for name in names)
    assert sys.platform != "linux" or "caf\ufffd.wav" in names
    assert tracks.locator("#track-list img").count() == 0
    assert tracks.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_search_filter_and_order(tracks: Page) -> None:
    """Typing finds by name and folder, the filter by state, any dimension sorts, and nothing found is said."""
    rows = tracks.locator("#track-list .row")
    tracks.get_by_role("searchbox").fill("first light")
    expect(rows).to_have_count(2)
    tracks.get_by_role("searchbox").fill("no such song")
    expect(tracks.locator("#track-note")).to_have_text("Nothing matches.")
    tracks.get_by_role("searchbox").fill("")
    tracks.get_by_label("Show", exact=True).select_option("failed")
    expect(rows).to_have_count(1)
    tracks.get_by_label("Show", exact=True).select_option("")
    tracks.get_by_label("Order", exact=True).select_option("lufs")
    expect(rows).to_have_count(SONGS)  # what failed has no loudness
    tracks.get_by_label("Order", exact=True).select_option("name")
    expect(rows.first.locator(".name")).to_have_text("01 Dawn.wav")
    tracks.get_by_role("button", name="Descending").click()
    expect(rows.last.locator(".name")).to_have_text("01 Dawn.wav")


def test_a_track_shows_all_numbers_with_their_meaning(tracks: Page) -> None:
    """Opening a track shows 25 named values, the spectrum and the large drawing; Escape leads back to the list."""
    row = tracks.locator("#track-list .row", has_text="Noon")
    row.click()
    sheet = tracks.get_by_role("dialog")
    expect(sheet.locator(".dimension")).to_have_count(25)
    shown = sheet.locator(".dimension dt").all_text_contents()
    assert sorted(shown) == sorted(dimension.title for dimension in DIMENSIONS)
    expect(sheet.locator(".spectrum svg")).to_be_visible()
    expect(sheet.locator(".tile")).to_have_count(4)
    expect(sheet.locator(".about")).to_contain_text("0:04")
    expect(sheet.locator(".dimension", has_text="Tempo").first.locator(".value")).to_have_text("undefined")
    tracks.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(tracks).not_to_have_url(re.compile("#track/"))
    expect(row).to_be_focused()


def test_a_track_has_an_address_of_its_own(
    tracks: Page, live_service: Running, visit: Visit, faults: list[str]
) -> None:
    """The link of a row opens the same track in a new page; one that does not exist says so."""
    link = tracks.locator("#track-list .row", has_text="Dawn").get_attribute("href")
    expect(visit(f"{live_service.url}{link}").locator("#sheet-title")).to_have_text("01 Dawn.wav")
    nowhere = visit(f"{live_service.url}#track/999999")
    expect(nowhere.locator("#sheet-title")).to_have_text("Not found")
    faults[:] = [fault for fault in faults if "404" not in fault]  # the browser notes it


def test_a_track_is_analysed_again(tmp_path: Path, visit: Visit) -> None:
    """Its numbers stay until the new ones are there; asked for in vain it can be left as it is."""
    write_song(tmp_path / "music" / "song.wav")
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(running.url)
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        page.get_by_role("button", name="Pause", exact=True).click()
        go(page, "Tracks")
        page.locator("#track-list .row").click()
        sheet = page.get_by_role("dialog")
        expect(sheet.locator(".dimension")).to_have_count(25)
        numbers = sheet.locator(".value").all_text_contents()
        for _ in range(2):
            sheet.get_by_role("button", name="Analyse again").click()
            expect(sheet.locator(".fault.note")).to_contain_text("waits to be analysed again")
            assert sheet.locator(".value").all_text_contents() == numbers
            sheet.get_by_role("button", name="Leave it as it is").click()
            expect(sheet.locator(".fault.note")).to_have_count(0)
        sheet.get_by_role("button", name="Analyse again").click()
        expect(page.locator("#track-list .badge")).to_have_text("queued again")
        page.keyboard.press("Escape")
        go(page, "Now")
        page.get_by_role("button", name="Resume").click()
        page.go_back()
        page.locator("#track-list .row").click()
        expect(sheet.get_by_role("button", name="Analyse again")).to_be_visible(timeout=SCAN_LIMIT_MS)
        sheet.get_by_role("button", name="Analyse again").click()
        expect(page.locator("#toasts")).to_contain_text("the numbers are the same", timeout=SCAN_LIMIT_MS)
        expect(sheet.get_by_role("button", name="Analyse again")).to_be_enabled()
        assert sheet.locator(".value").all_text_contents() == numbers
        page.close()


def test_two_tracks_side_by_side(tracks: Page) -> None:
    """A track is held, another chosen, and both stand beside each other in all 25 numbers."""
    tracks.locator("#track-list .row", has_text="Dawn").click()
    tracks.get_by_role("button", name="Compare with").click()
    expect(tracks.locator("#tray")).to_contain_text("01 Dawn.wav")
    tracks.locator("#track-list .row", has_text="Noon").click()
    sheet = tracks.get_by_role("dialog")
    expect(sheet.locator(".person")).to_have_count(2)
    expect(sheet.locator(".comparison .dimension")).to_have_count(25)
    expect(sheet.locator(".comparison .mark.second")).not_to_have_count(0)
    expect(tracks).to_have_url(re.compile(r"#compare/\d+/\d+$"))
    expect(tracks.locator("#tray")).to_be_hidden()


def test_the_map_can_be_coloured_by_any_number(settled: Page) -> None:
    """A small library is shown as drawings; coloured by a number it is points, with a legend in that number's unit."""
    go(settled, "Library")
    expect(settled.locator(".drawing")).to_have_count(SONGS)
    settled.get_by_label("Colour by").select_option("lufs")
    expect(settled.locator(".drawing")).to_have_count(0)
    expect(settled.locator(".legend")).to_contain_text("LUFS")
    settled.get_by_role("link", name=re.compile("^Loudness -")).click()
    expect(settled.locator("#order")).to_have_value("lufs")


def test_failures_are_listed_retried_and_skipped(settled: Page) -> None:
    """The broken file stands under its reason; tried again it fails again, skipped it waits until it changes."""
    go(settled, "Failures")
    failure = settled.locator("#failure-list .failure")
    expect(failure.locator(".name")).to_have_text("Torn.wav")
    expect(failure.locator(".why")).to_contain_text("no audio")
    expect(settled.locator("#failure-kinds")).to_contain_text("No decoder for it 1")
    failure.get_by_role("button", name="Try again: Torn.wav").click()
    expect(settled.locator("#toasts")).to_contain_text("1 file will be tried again")
    expect(failure).to_have_count(1, timeout=SCAN_LIMIT_MS)
    settled.get_by_label("Choose all that match").check()
    settled.get_by_role("button", name="Skip (1)").click()
    expect(failure.locator(".why")).to_contain_text("Skipped by you")
    settled.get_by_role("button", name="Try all again").click()
    expect(settled.locator("#ask")).to_contain_text("1 file will be queued once more")
    settled.locator("#ask").get_by_role("button", name="Try again").click()
    expect(failure.locator(".kind")).to_have_text("No decoder for it", timeout=SCAN_LIMIT_MS)
    settled.get_by_role("searchbox").fill("torn.wav")
    settled.get_by_role("button", name="Try all that match again").click()
    settled.locator("#ask").get_by_role("button", name="Try again").click()
    expect(settled.locator("#toasts")).to_contain_text("1 file will be tried again")
    expect(failure.locator(".kind")).to_have_text("No decoder for it", timeout=SCAN_LIMIT_MS)
    settled.get_by_role("searchbox").fill("no such")
    expect(settled.get_by_role("button", name="Try all that match again")).to_be_disabled()


def test_failures_can_be_downloaded(settled: Page) -> None:
    """The links give the list as a table and as JSON."""
    go(settled, "Failures")
    for kind in ("CSV", "JSON"):
        with settled.expect_download() as download:
            settled.get_by_role("link", name=kind, exact=True).click()
        assert "Torn.wav" in download.value.path().read_text("utf-8")


def test_the_page_knows_no_other_dimensions() -> None:
    """Whatever looks like the name of a dimension in the page's scripts is one."""
    named = re.compile(r"\b[a-z_]+(?:_pct|_ratio|_stability|_density|_centroid|_rolloff|_flatness|_std|_bpm)\b")
    used = {name for path in (ROOT / "static").glob("*.js") for name in named.findall(path.read_text("utf-8"))}
    assert used
    assert used <= set(NAMES)
