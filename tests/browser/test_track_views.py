"""Track list, track view, comparison, library and failures in a real browser."""

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from auralis_fp.schema import DIMENSIONS, NAMES
from browser_service import ROOT, SCAN_LIMIT_MS, SONGS, Running, Visit, go, serving, told, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser
REFRESH_MS = 1600  # longer than the list of failures waits between two refreshes


@pytest.fixture
def tracks(settled: Page) -> Page:
    """Return the page with the track list."""
    go(settled, "Tracks")
    expect(settled.locator("#track-list .row")).to_have_count(SONGS + 1)
    return settled


def test_every_file_is_listed_with_its_glyph(tracks: Page) -> None:
    """The list shows all files, with glyph and values for those with a fingerprint."""
    expect(tracks.locator("#track-list svg.glyph")).to_have_count(SONGS)
    expect(tracks.locator("#track-list .row", has_text="Dawn").locator(".numbers")).to_contain_text("LUFS")


def test_hostile_names_are_only_text(tracks: Page) -> None:
    """Markup in file names is escaped, control characters become U+FFFD, and long names do not overflow."""
    names = tracks.locator("#track-list .name").all_text_contents()
    assert "<img src=x onerror=alert(1)>.wav" in names
    assert "turn \ufffdvaw.dnuor.wav" in names
    assert any("\U0001f3b7" in name for name in names)
    assert sys.platform != "linux" or "caf\ufffd.wav" in names
    assert tracks.locator("#track-list img").count() == 0
    assert tracks.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_search_filter_and_order(tracks: Page) -> None:
    """The list can be searched, filtered and sorted, and an empty result is reported."""
    rows = tracks.locator("#track-list .row")
    tracks.get_by_role("searchbox").fill("first light")
    expect(rows).to_have_count(2)
    tracks.get_by_role("searchbox").fill("no such song")
    expect(tracks.locator("#track-note")).to_contain_text("No matches.")
    tracks.get_by_role("searchbox").fill("")
    tracks.get_by_label("Show", exact=True).select_option("failed")
    expect(rows).to_have_count(1)
    tracks.get_by_label("Show", exact=True).select_option("")
    tracks.get_by_label("Order", exact=True).select_option("lufs")
    expect(rows).to_have_count(SONGS)  # failed files have no loudness
    tracks.get_by_label("Order", exact=True).select_option("name")
    expect(rows.first.locator(".name")).to_have_text("01 Dawn.wav")
    tracks.get_by_role("button", name="Descending").click()
    expect(rows.last.locator(".name")).to_have_text("01 Dawn.wav")


def test_a_track_shows_all_numbers_with_their_meaning(tracks: Page) -> None:
    """The track view shows all values, spectrum and glyph, and Escape closes it."""
    row = tracks.locator("#track-list .row", has_text="Noon")
    row.click()
    sheet = tracks.locator("#view-track")
    expect(sheet.locator(".dimension")).to_have_count(len(NAMES))
    shown = sheet.locator(".dimension dt").all_text_contents()
    assert sorted(shown) == sorted(dimension.title for dimension in DIMENSIONS)
    expect(sheet.locator(".spectrum svg")).to_be_hidden()
    sheet.get_by_text("All 25 numbers").click()
    expect(sheet.locator(".spectrum svg")).to_be_visible()
    expect(sheet.locator(".tile")).to_have_count(4)
    expect(sheet.locator(".about")).to_contain_text("0:04")
    expect(sheet.locator(".dimension", has_text="Tempo").first.locator(".value")).to_have_text("undefined")
    tracks.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(tracks).not_to_have_url(re.compile("#track/"))
    expect(row).to_be_focused()


def test_a_track_shows_what_sounds_like_it(tracks: Page) -> None:
    """On request the panel lists the other tracks with reasons; each opens its own view."""
    tracks.locator("#track-list .row", has_text="Noon").click()
    sheet = tracks.locator("#view-track")
    sheet.get_by_role("button", name="Find similar tracks").click()
    rows = sheet.locator(".similar li")
    expect(rows).to_have_count(SONGS - 1)
    expect(rows.first).to_contain_text("%")
    name = rows.first.get_by_role("link").text_content() or ""
    rows.first.get_by_role("link").click()
    expect(sheet.get_by_role("heading").first).to_contain_text(name)


def test_a_track_has_an_address(tracks: Page, live_service: Running, visit: Visit, faults: list[str]) -> None:
    """A track link works in a new page, and an unknown id shows an error."""
    link = tracks.locator("#track-list .row", has_text="Dawn").get_attribute("href")
    expect(visit(f"{live_service.url}{link}").locator("#view-track h1")).to_have_text("01 Dawn.wav")
    nowhere = visit(f"{live_service.url}#track/999999")
    expect(nowhere.locator("#view-track h1")).to_have_text("Not found")
    faults[:] = [fault for fault in faults if "404" not in fault]  # logged by the browser


def test_a_track_is_reanalysed(tmp_path: Path, visit: Visit) -> None:
    """A reanalysis keeps the current values until it ends, and can be cancelled."""
    write_song(tmp_path / "music" / "song.wav")
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        page.get_by_role("button", name="Pause", exact=True).click()
        go(page, "Tracks")
        page.locator("#track-list .row").click()
        sheet = page.locator("#view-track")
        expect(sheet.locator(".dimension")).to_have_count(len(NAMES))
        numbers = sheet.locator(".value").all_text_contents()
        for _ in range(2):
            sheet.get_by_role("button", name="Reanalyse").click()
            expect(sheet.locator(".fault.note")).to_contain_text("Reanalysis is queued")
            assert sheet.locator(".value").all_text_contents() == numbers
            sheet.get_by_role("button", name="Cancel reanalysis").click()
            expect(sheet.locator(".fault.note")).to_have_count(0)
        sheet.get_by_role("button", name="Reanalyse").click()
        expect(sheet.locator(".fault.note")).to_contain_text("Reanalysis is queued")
        page.keyboard.press("Escape")
        expect(page.locator("#track-list .badge")).to_have_text("queued again")
        go(page, "Activity")
        page.get_by_role("button", name="Resume").click()
        page.go_back()
        page.locator("#track-list .row").click()
        expect(sheet.get_by_role("button", name="Reanalyse")).to_be_visible(timeout=SCAN_LIMIT_MS)
        sheet.get_by_role("button", name="Reanalyse").click()
        told(page, "all values are unchanged")
        expect(sheet.get_by_role("button", name="Reanalyse")).to_be_enabled()
        assert sheet.locator(".value").all_text_contents() == numbers
        page.close()


def test_two_tracks_side_by_side(tracks: Page) -> None:
    """Two selected tracks are compared in all dimensions."""
    tracks.locator("#track-list .row", has_text="Dawn").click()
    tracks.get_by_role("button", name="Compare with").click()
    expect(tracks.locator("#tray")).to_contain_text("01 Dawn.wav")
    tracks.locator("#track-list .row", has_text="Noon").click()
    sheet = tracks.locator("#view-compare")
    expect(sheet.locator(".person")).to_have_count(2)
    expect(sheet.locator(".comparison .dimension")).to_have_count(len(NAMES))
    expect(sheet.locator(".comparison .mark.second")).not_to_have_count(0)
    expect(tracks).to_have_url(re.compile(r"#compare/\d+/\d+$"))
    expect(tracks.locator("#tray")).to_be_hidden()


def test_the_map_can_be_coloured_by_any_number(settled: Page) -> None:
    """A small library shows glyphs with titles; colouring by a dimension shows points with a legend."""
    go(settled, "Explore")
    expect(settled.locator(".drawing.pictured svg")).to_have_count(SONGS)
    expect(settled.locator(".drawing.titled .title", has_text="01 Dawn.wav")).to_be_visible()
    settled.get_by_label("Colour by").select_option("lufs")
    expect(settled.locator(".drawing.pictured")).to_have_count(0)
    expect(settled.locator(".legend")).to_contain_text("LUFS")
    settled.get_by_role("link", name=re.compile("^Loudness -")).click()
    expect(settled.locator("#order")).to_have_value("lufs")


def test_failures_are_listed_retried_and_skipped(settled: Page) -> None:
    """A failed file is listed with its reason, fails again when retried, and can be skipped."""
    go(settled, "Failures")
    failure = settled.locator("#failure-list .failure")
    expect(failure.locator(".name")).to_have_text("Torn.wav")
    expect(failure.locator(".why")).to_contain_text("not in a known audio format")
    expect(settled.locator("#failure-kinds")).to_contain_text("Unsupported format 1")
    failure.get_by_role("button", name="Retry: Torn.wav").click()
    told(settled, "1 file will be retried")
    expect(failure).to_have_count(1, timeout=SCAN_LIMIT_MS)
    settled.get_by_label("Select all matching").check()
    settled.get_by_role("button", name="Skip (1)").click()
    expect(failure.locator(".why")).to_contain_text("Skipped by you")
    settled.get_by_role("button", name="Retry all").click()
    expect(settled.locator("#ask")).to_contain_text("1 file will be queued again")
    settled.locator("#ask").get_by_role("button", name="Retry").click()
    expect(failure.locator(".kind")).to_have_text("Unsupported format", timeout=SCAN_LIMIT_MS)
    settled.get_by_role("searchbox").fill("torn.wav")
    settled.get_by_role("button", name="Retry all matching").click()
    settled.locator("#ask").get_by_role("button", name="Retry").click()
    told(settled, "1 file will be retried")
    expect(failure.locator(".kind")).to_have_text("Unsupported format", timeout=SCAN_LIMIT_MS)
    settled.get_by_role("searchbox").fill("no such")
    expect(settled.get_by_role("button", name="Retry all matching")).to_be_disabled()


def test_a_failure_during_a_load_of_the_list_is_shown(settled: Page) -> None:
    """A file that fails while the list of failures is loading appears, although that response lacks it."""
    go(settled, "Failures")
    failure = settled.locator("#failure-list .failure")
    expect(failure).to_have_count(1)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    loads = re.compile(r"/failures\?")
    settled.route(loads, hold, times=1)
    failure.get_by_role("button", name="Retry: Torn.wav").click()
    told(settled, "1 file will be retried")
    settled.wait_for_function("fetch('failures').then(async (answer) => (await answer.json()).matching === 1)")
    settled.wait_for_timeout(REFRESH_MS)
    with settled.expect_request(loads):
        held[0].fulfill(json={"items": [], "next": None, "matching": 0, "by_code": {}})
    expect(failure).to_have_count(1)


def test_failures_can_be_downloaded(settled: Page) -> None:
    """Failures can be downloaded as CSV and JSON."""
    go(settled, "Failures")
    for kind in ("CSV", "JSON"):
        with settled.expect_download() as download:
            settled.get_by_role("link", name=kind, exact=True).click()
        assert "Torn.wav" in download.value.path().read_text("utf-8")


def test_the_page_knows_no_other_dimensions() -> None:
    """Every dimension name in the scripts exists in the schema."""
    named = re.compile(r"\b[a-z_]+(?:_pct|_ratio|_stability|_density|_centroid|_rolloff|_flatness|_std|_bpm)\b")
    used = {name for path in (ROOT / "static").glob("*.js") for name in named.findall(path.read_text("utf-8"))}
    assert used
    assert used <= set(NAMES)
