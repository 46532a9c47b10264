"""The states of the service and of the connection on the status page."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from browser_service import NOTICED_MS, SCAN_LIMIT_MS, Running, Visit, go, serving, told, until, write_song
from hosting import long_file

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

HOURS: int = 6 * 3600  # seconds of silence, long enough to observe the analysis


def say(page: Page, running: Running, address: str, body: dict[str, object]) -> None:
    """Send a POST request to the service without using the page."""
    assert page.request.post(f"{running.url}{address}", data=body).status == 202


def test_a_running_file_is_shown_and_cancelled(tmp_path: Path, visit: Visit) -> None:
    """A running file shows its progress and elapsed time, links to its track, and can be cancelled."""
    write_song(tmp_path / "music" / "short.wav")
    long_file(tmp_path / "music" / "six hours.wav", HOURS)
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        worker = page.locator(".worker.busy", has_text="six hours.wav")
        expect(worker.locator(".load")).to_contain_text(re.compile(r"of 6:00:00 decoded"), timeout=SCAN_LIMIT_MS)
        expect(worker.locator("progress")).to_have_attribute("value", re.compile(r"0\.\d+"))
        expect(worker.locator(".time")).to_have_text(re.compile(r"^\d+:\d\d$"))
        expect(page.locator("#state")).to_have_text("Working")
        expect(page.locator("#facts")).to_contain_text(re.compile(r"Workers\d+% CPU, [\d.]+ MB"))
        expect(page.locator("#facts")).to_contain_text(re.compile("Remaining(not known yet|less than a minute|about)"))
        expect(page.locator("#badges")).to_contain_text("1 running")
        worker.get_by_role("link", name="six hours.wav").click()
        expect(page.locator("#view-track")).to_contain_text("is being analysed")
        page.keyboard.press("Escape")
        go(page, "Activity")
        page.get_by_role("button", name="Cancel: six hours.wav").click()
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        page.locator("#badges a", has_text="1 failed").click()
        expect(page.locator(".failure .why")).to_contain_text("Cancelled by you")
        page.locator(".failure .name").click()
        expect(page.locator("#view-track")).to_contain_text("This file could not be analysed: Cancelled by you")
        say(page, running, "pause", {})
        expect(page.locator("#state")).to_have_text("Paused")
        page.get_by_role("button", name="Retry now").click()
        told(page, "It runs first when work resumes.")
        expect(page.locator("#view-track")).to_contain_text("This file is queued.")
        expect(page.get_by_role("button", name="Analyse now")).to_be_visible()
        page.close()


def test_playback_and_an_offline_folder(tmp_path: Path, visit: Visit) -> None:
    """The state shows playback and an offline folder, and recovers automatically."""
    library = tmp_path / "music"
    write_song(library / "one.wav")
    with serving(library, tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        say(page, running, "playing", {"playing": True})
        write_song(library / "two.wav")
        expect(page.locator("#state")).to_have_text("Waiting for playback", timeout=NOTICED_MS)
        expect(page.locator("#reason")).to_contain_text("1 track queued")
        say(page, running, "playing", {"playing": False})
        expect(page.locator("#covered")).to_have_text("2 of 2 tracks", timeout=SCAN_LIMIT_MS)
        library.rename(tmp_path / "elsewhere")
        page.get_by_role("button", name=f"Scan now: {library}").click()
        expect(page.locator("#state")).to_have_text("Folder offline", timeout=NOTICED_MS)
        page.get_by_role("link", name="1 issue").click()
        expect(page.locator("#health-body")).to_be_in_viewport()
        expect(page.locator("#health-body")).to_contain_text(re.compile(f"{library}: .*mount the folder again"))
        expect(page.locator("#covered")).to_have_text("2 of 2 tracks")
        (tmp_path / "elsewhere").rename(library)
        page.get_by_role("button", name="Scan for new music").click()
        expect(page.locator("#state")).to_have_text("Idle", timeout=SCAN_LIMIT_MS)
        expect(page.locator("#health-body")).to_have_text(re.compile("No issues"))
        page.close()


def test_events_before_the_stream_opens_are_made_up_for(tmp_path: Path, visit: Visit) -> None:
    """What is analysed after a view has loaded and before the event stream opens is shown nevertheless."""
    library = tmp_path / "music"
    write_song(library / "one.wav")
    with serving(library, tmp_path / "data") as running:
        page = visit(f"{running.url}#home")
        expect(page.locator("#newest .name")).to_have_text(["one.wav"], timeout=SCAN_LIMIT_MS)
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/client.js", hold)  # the module that opens the stream
        page.reload()
        expect(page.locator("#newest .name")).to_have_text(["one.wav"])
        write_song(library / "two.wav")
        until(lambda: page.request.get(f"{running.url}status").json()["counts"]["done"] == 2, page)
        expect(page.locator("#newest .name")).to_have_text(["one.wav"])
        (route,) = held
        route.continue_()
        expect(page.locator("#newest .name")).to_have_text(["two.wav", "one.wav"], timeout=NOTICED_MS)
        page.close()


def test_without_an_event_stream_the_page_polls(tmp_path: Path, visit: Visit, faults: list[str]) -> None:
    """Without an event stream the page polls, says so, and shows new tracks."""
    write_song(tmp_path / "music" / "one.wav")
    with serving(tmp_path / "music", tmp_path / "data", watching="polling") as running:
        page = visit("about:blank")
        page.add_init_script("delete window.SharedWorker")  # its requests cannot be intercepted
        page.route("**/events", lambda route: route.abort())
        page.goto(f"{running.url}#activity")
        expect(page.locator("#connection")).to_have_attribute("data-link", "polling")
        expect(page.locator("#connection-text")).to_contain_text(re.compile(r"Polling every few seconds · updated \d"))
        expect(page.locator("#covered")).to_have_text("1 of 1 track", timeout=SCAN_LIMIT_MS)
        expect(page.locator("#folder-list")).to_contain_text("Polling for changes")
        say(page, running, "pause", {})
        expect(page.locator("#state")).to_have_text("Paused", timeout=NOTICED_MS)
        go(page, "Home")
        expect(page.locator("#newest .name")).to_have_text(["one.wav"])
        say(page, running, "resume", {})
        write_song(tmp_path / "music" / "two.wav")
        expect(page.locator("#newest .name")).to_have_text(["two.wav", "one.wav"], timeout=SCAN_LIMIT_MS)
        page.close()
    faults[:] = [fault for fault in faults if "ERR_FAILED" not in fault and "foreign" not in fault]


def test_failed_requests_show_the_error_message(live_service: Running, visit: Visit, faults: list[str]) -> None:
    """A view whose request fails shows the error message of the service."""
    page = visit(f"{live_service.url}#activity")
    problem = {"error": "The database cannot be used at the moment.", "code": "new_code", "detail": {}}
    for address in ("**/files?**", "**/failures?**", "**/points"):
        page.route(address, lambda route: route.fulfill(status=503, json=problem))
    for view, place in (("Tracks", "#track-note"), ("Failures", "#failure-note"), ("Explore", "#map")):
        go(page, view)
        expect(page.locator(place)).to_contain_text("The database cannot be used at the moment.")
    page.unroute("**/points")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".drawing")).not_to_have_count(0, timeout=SCAN_LIMIT_MS)
    faults[:] = [fault for fault in faults if "503" not in fault]


def test_the_visible_map_grows(tmp_path: Path, visit: Visit) -> None:
    """The map appears with the third track and shows later tracks without a reload."""
    library = tmp_path / "music"
    for name in ("a.wav", "b.wav"):
        write_song(library / name)
    with serving(library, tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#covered")).to_have_text("2 of 2 tracks", timeout=SCAN_LIMIT_MS)
        go(page, "Explore")
        expect(page.locator("#map")).to_contain_text("needs at least three analysed tracks")
        for number, name in enumerate(("c.wav", "d.wav"), start=3):
            write_song(library / name)
            expect(page.locator(".drawing")).to_have_count(number, timeout=SCAN_LIMIT_MS)
        page.close()
