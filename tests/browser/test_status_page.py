"""The overview of the status page with a real service and browser."""

import gzip
import re
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from browser_axe import AXE, faults_by_axe
from browser_service import (
    NOTICED_MS,
    SCAN_LIMIT_MS,
    SONGS,
    Running,
    Visit,
    free_port,
    go,
    hosting_under,
    serving,
    told,
    write_song,
)

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

FIRST_PAINT_BYTES = 100_000
STATIC = Path(__file__).resolve().parents[2] / "static"


def test_a_scan_runs_to_its_end_and_is_counted(settled: Page) -> None:
    """Coverage, percentage and badges match the library, and the connection is live."""
    expect(settled.locator("#covered")).to_have_text(f"{SONGS} of {SONGS} tracks")
    expect(settled.locator("#percent")).to_have_text("100%")
    expect(settled.locator("#badges")).to_have_text("1 failed")
    expect(settled.locator("#connection")).to_have_attribute("data-link", "live")
    expect(settled.locator("#connection-text")).to_contain_text("updated")


def test_folders_health_and_workers_are_shown(settled: Page, live_service: Running) -> None:
    """The page shows folders with scan times, workers with memory, and healthy state."""
    expect(settled.locator("#health-body")).to_have_text(re.compile("No issues"))
    expect(settled.locator("#folder-list .path")).to_have_text(str(live_service.library))
    expect(settled.locator("#folder-list")).to_contain_text(f"{SONGS} of {SONGS} files")
    expect(settled.locator("#folder-list")).to_contain_text("next in")
    left_out = settled.locator("#folder-list details")
    left_out.locator("summary").click()
    expect(left_out.locator("summary")).to_have_text("1 left out")
    expect(left_out.locator("li")).to_have_text(re.compile(r"1 · hidden: .*such as \.hidden\.wav"))
    expect(settled.locator("#worker-list li")).to_have_count(1)
    expect(settled.locator("#worker-list")).to_contain_text(re.compile(r"memory \d+"))


def test_throughput_of_an_hour_and_a_day(settled: Page) -> None:
    """The chart shows the analysed tracks for an hour and a day."""
    graph = settled.locator("#throughput")
    expect(graph).to_contain_text(f"{SONGS} tracks")
    settled.get_by_role("button", name="Day").click()
    expect(settled.get_by_role("button", name="Day")).to_have_attribute("aria-pressed", "true")
    expect(graph.locator(".done[height]:not([height='0'])")).not_to_have_count(0)


def test_views_have_addresses(settled: Page) -> None:
    """Links, the back button and bookmarks open views, and a badge links to its list."""
    settled.locator("#badges a", has_text="failed").click()
    expect(settled.get_by_role("heading", name="Files that could not be analysed")).to_be_visible()
    settled.go_back()
    expect(settled.locator("#state")).to_be_visible()
    go(settled, "Explore")
    settled.reload()
    expect(settled.get_by_role("heading", name="Map of the library")).to_be_visible()


def test_the_page_is_light(live_service: Running) -> None:
    """The first paint loads less than 100 kB, with no inline code or external resources."""
    with urlopen(live_service.url) as answer:  # noqa: S310 - our own service
        html = answer.read().decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?://", html)
    todo = {STATIC / name for name in re.findall(r'(?:href|src)="([\w.]+\.(?:js|css|svg))"', html)}
    todo |= {STATIC / "views/home.js", STATIC / "i18n/de.json"}  # the longer one of the languages
    wanted = {STATIC / "index.html"}
    while todo:
        path = todo.pop()
        wanted.add(path)
        imported = re.findall(r'(?:from|import) "(\.\.?/[\w./]+)"', path.read_text("utf-8"))
        todo |= {(path.parent / name).resolve() for name in imported} - wanted
    assert STATIC / "map.js" not in wanted  # loaded on demand
    assert sum(len(gzip.compress(path.read_bytes())) for path in wanted) < FIRST_PAINT_BYTES


def test_pause_reorder_cancel_and_resume(tmp_path: Path, visit: Visit) -> None:
    """The queue of a paused service can be reordered and shortened, and resuming finishes it."""
    library = tmp_path / "music"
    write_song(library / "first.wav")
    with serving(library, tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator("#state")).to_have_text("Paused")
        for name in ("a.wav", "b.wav", "c.wav"):
            write_song(library / name)
        queue = page.locator("#queue-list li")
        expect(queue).to_have_count(3, timeout=NOTICED_MS)
        expect(page.locator("#badges")).to_have_text("3 pending")
        last = queue.last.locator(".name").inner_text()
        page.get_by_role("button", name=f"Now: analyse {last}").click()
        told(page, "It runs first when work resumes.")
        expect(queue.first.locator(".name")).to_have_text(last)
        page.get_by_role("button", name=f"Cancel: {last}").click()
        expect(queue).to_have_count(2)
        page.get_by_role("button", name="Cancel all", exact=True).click()
        expect(page.locator("#ask")).to_contain_text("Cancel 2 queued files?")
        page.locator("#ask").get_by_role("button", name="Cancel", exact=True).click()
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#covered")).to_have_text("3 of 3 tracks", timeout=SCAN_LIMIT_MS)
        page.close()


def test_new_and_deleted_files_are_noticed(tmp_path: Path, visit: Visit) -> None:
    """A new file appears and a deleted file disappears without a reload."""
    library = tmp_path / "music"
    write_song(library / "early.wav")
    with serving(library, tmp_path / "data") as running:
        page = visit(f"{running.url}#library/tracks")
        rows = page.locator("#track-list .row")
        expect(rows.locator("svg.glyph")).to_have_count(1, timeout=SCAN_LIMIT_MS)
        write_song(library / "late arrival.wav")
        expect(rows.filter(has_text="late arrival").locator("svg.glyph")).to_be_visible(timeout=NOTICED_MS)
        (library / "early.wav").unlink()
        expect(rows).to_have_count(1, timeout=NOTICED_MS)
        page.close()


def test_the_service_is_killed_and_comes_back(tmp_path: Path, visit: Visit, faults: list[str]) -> None:
    """The page shows a lost connection, keeps its data, and reconnects when the service is back."""
    write_song(tmp_path / "music" / "one.wav")
    port = free_port()
    with serving(tmp_path / "music", tmp_path / "data", port=port) as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        running.process.kill()
    expect(page.locator("#connection")).to_have_attribute("data-link", "lost", timeout=NOTICED_MS)
    expect(page.locator("#lost")).to_contain_text("is not responding")
    expect(page.locator("#covered")).to_have_text("1 of 1 track")
    page.evaluate(AXE)
    assert faults_by_axe(page) == []
    page.locator("#navigation").get_by_role("link", name="Library").click()
    expect(page.locator("#view-library")).to_contain_text("The service is not responding.")
    with serving(tmp_path / "music", tmp_path / "data", port=port) as running:
        expect(page.locator("#albums-list .name")).to_have_count(1, timeout=SCAN_LIMIT_MS)
        running.process.kill()
    go(page, "Activity")
    expect(page.locator("#connection")).to_have_attribute("data-link", "lost", timeout=NOTICED_MS)
    write_song(tmp_path / "music" / "two.wav")
    with serving(tmp_path / "music", tmp_path / "data", port=port):
        expect(page.locator("#connection")).to_have_attribute("data-link", "live", timeout=SCAN_LIMIT_MS)
        expect(page.locator("#lost")).to_be_hidden()
        expect(page.locator("#covered")).to_have_text("2 of 2 tracks", timeout=SCAN_LIMIT_MS)
        page.close()
    faults[:] = [fault for fault in faults if "net::ERR_" not in fault]  # the browser logs each failed attempt


def test_the_page_works_below_any_path(tmp_path: Path, visit: Visit) -> None:
    """Mounted below a long prefix the page finds all its resources and requests nothing else."""
    for name in ("a.wav", "b.wav", "c.wav"):
        write_song(tmp_path / "music" / name)
    prefix = "/apps/music/fingerprint"
    with hosting_under(prefix, tmp_path / "music", tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        expect(page.locator("#covered")).to_have_text("3 of 3 tracks", timeout=SCAN_LIMIT_MS)
        expect(page.locator("#connection")).to_have_attribute("data-link", "live")
        page.reload()
        go(page, "Explore")
        expect(page.locator(".drawing")).to_have_count(3)
        assert [url for url in asked if not url.startswith(running.url)] == []
        page.close()


def test_an_empty_library(tmp_path: Path, visit: Visit) -> None:
    """An empty library shows no percentage, and every view says that there are no tracks."""
    (tmp_path / "music").mkdir()
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#percent")).to_have_text("–")
        go(page, "Tracks")
        expect(page.locator("#track-note")).to_contain_text("No tracks yet")
        go(page, "Failures")
        expect(page.locator("#failure-note")).to_contain_text("No failures")
        go(page, "Explore")
        expect(page.locator("#map")).to_contain_text("The map needs at least three analysed tracks")
        page.close()
