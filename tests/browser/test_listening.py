"""Listening, covers and albums with real tagged files in Chromium."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import mutagen.flac
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from audio_files import write_recipe
from auralis_fp.tags.model import Tags
from browser_axe import AXE, faults_by_axe
from browser_service import SCAN_LIMIT_MS, SLOW_PLAYBACK, Running, Visit, go, serving, told
from rhythms import drum_loop
from signals import pink, saw, signal
from tagged_files import picture, recipe, write_vorbis

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

TITLES = ("Dawn", "Noon", "<b>Dusk</b>", "Night", "Five", "Six", "Seven", "Eight")
LONG_SEC = 16.0


def song(number: int) -> np.ndarray:
    """Return drums, a chord and noise; tempo, pitch, colour and length differ by number."""
    seconds = LONG_SEC + number
    drums, chord = drum_loop(90 + 8 * number, seconds), saw(90 * 1.12**number, seconds, 0.08)
    noise = pink(seconds, seed=number)
    sound = signal(0.3 * drums + chord + 0.03 * number * noise, 0.25 * drums + chord)
    return (np.round(sound * 32768) / 32768).astype(np.float32)


@pytest.fixture(scope="module")
def tagged_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a service for an album of eight songs with covers."""
    home = tmp_path_factory.mktemp("tagged")
    for number, title in enumerate(TITLES, start=1):
        path = home / "music" / f"{number:02d}.flac"
        path.parent.mkdir(exist_ok=True)
        write_recipe(path, recipe("flac", "PCM_16"), song(number))
        tags = Tags(title=title, artist="Ann <i>Hour</i>", album="Days", track=number, year=1990 + number, genre="Jazz")
        write_vorbis(path, tags, mutagen.flac.FLAC, picture(300, 300))
    with serving(home / "music", home / "data", busy_percent="0") as running:
        yield running


@pytest.fixture
def home(tagged_service: Running, visit: Visit) -> Page:
    """Return the page at Home after all songs have been analysed and their tags read."""
    page = visit(f"{tagged_service.url}#home")
    expect(page.locator("#newest .name", has_text="Days")).to_be_visible(timeout=SCAN_LIMIT_MS)
    expect(page.locator("#newest .hint", has_text="8 tracks")).to_be_visible(timeout=SCAN_LIMIT_MS)
    return page


def test_covers_and_titles_are_shown(home: Page) -> None:
    """Album, list and track show the cover and the title; markup in tags is text."""
    expect(home.locator("#newest img.cover")).to_have_js_property("complete", value=True)
    go(home, "Tracks")
    row = home.locator("#track-list .row", has_text="<b>Dusk</b>")
    expect(row.locator("img.cover")).to_be_visible()
    expect(row.locator(".path")).to_have_text("Ann <i>Hour</i> · Days")
    row.click()
    expect(home.locator("#view-track h1")).to_have_text("<b>Dusk</b>")
    expect(home.locator("#view-track .with-cover img.cover")).to_be_visible()
    home.get_by_role("link", name="Days", exact=True).click()
    expect(home.locator("#view-album h1")).to_have_text("Days")
    expect(home.locator("#view-album .track")).to_have_count(len(TITLES))
    expect(home.locator("#view-album .track .name").first).to_have_text("Dawn")
    home.evaluate(AXE)
    assert faults_by_axe(home) == []
    home.get_by_role("link", name="Ann <i>Hour</i>", exact=True).click()
    expect(home.locator("#view-artist h1")).to_have_text("Ann <i>Hour</i>")
    assert faults_by_axe(home) == []


def test_albums_and_artists_are_filtered(home: Page) -> None:
    """The library lists albums and artists; a filter edits the search, which is part of the address."""
    go(home, "Library")
    expect(home.locator("#albums-list .name")).to_have_text("Days")
    home.get_by_text("Filters", exact=True).click()
    home.get_by_label("Decade").select_option("1990..1999")
    expect(home.locator("#query")).to_have_value("year:1990..1999")
    home.get_by_label("Year: from").fill("1997")
    home.get_by_label("Year: from").blur()
    expect(home).to_have_url(re.compile(r"#library/albums\?q=year%3A1997\.\.1999$"))
    home.locator(".tabs").get_by_role("link", name="Tracks").click()
    expect(home.locator("#track-list .row")).to_have_count(2)
    home.reload()
    expect(home.locator("#track-list .row")).to_have_count(2)
    home.locator("#query").fill("no such song")
    expect(home.locator("#track-note")).to_contain_text("No matches.")


@pytest.mark.parametrize(
    ("view", "place", "heading"),
    [
        ("album", lambda file: file["tags"]["album_id"], "Days"),
        ("artist", lambda file: file["tags"]["artist_id"], "Ann <i>Hour</i>"),
        ("track", lambda file: file["id"], "Dawn"),
    ],
)
def test_a_view_that_cannot_be_loaded_is_tried_again(
    home: Page,
    tagged_service: Running,
    faults: list[str],
    view: str,
    place: Callable[[dict[str, Any]], str | int],
    heading: str,
) -> None:
    """It says why and offers to try again."""
    (file,) = home.request.get(f"{tagged_service.url}files?q=Dawn").json()["items"]
    problem = {"error": "The database cannot be used at the moment.", "code": "new_code", "detail": {}}
    for asked in ("**/files?*", "**/files/*"):
        home.route(asked, lambda route: route.fulfill(status=503, json=problem))
    home.evaluate("(hash) => { location.hash = hash; }", f"#{view}/{place(file)}")
    shown = home.locator(f"#view-{view}")
    expect(shown).to_contain_text("The database cannot be used at the moment.")
    expect(shown.get_by_role("button", name="Back")).to_be_visible()
    home.unroute_all()
    shown.get_by_role("button", name="Try again").click()
    expect(shown.locator("h1")).to_have_text(heading)
    faults[:] = [fault for fault in faults if "503" not in fault]


def test_a_list_is_played(home: Page) -> None:
    """The player plays a list from a row on, through all views, and the service hears of it once."""
    said: list[str] = []
    home.on("request", lambda sent: said.append(sent.post_data or "") if sent.url.endswith("/playing") else None)
    home.add_init_script(SLOW_PLAYBACK)
    home.reload()
    go(home, "Tracks")
    home.get_by_role("button", name="Play Noon").click()
    player = home.get_by_role("region", name="Player")
    expect(player.locator(".name")).to_have_text("Noon")
    expect(player.locator(".time")).to_have_text(re.compile(r"^0:(0[1-9]|1\d) of 0:18$"))
    go(home, "Activity")
    expect(home.locator("#overview")).to_be_visible()
    home.evaluate(AXE)
    assert faults_by_axe(home) == []
    player.get_by_role("button", name="Next track").click()
    expect(player.locator(".name")).to_have_text("<b>Dusk</b>")
    player.get_by_role("slider", name="Position").fill("5")
    expect(player.locator(".time")).to_have_text(re.compile(r"^0:(0[5-9]|1\d) of 0:19$"))
    player.locator("summary").click()
    expect(player.locator("#player-list li")).to_have_count(7)
    player.get_by_role("button", name="Remove Night from the list").click()
    expect(player.locator("#player-list li")).to_have_count(6)
    with home.expect_request("**/playing"):
        player.get_by_role("button", name="Stop and close the player").click()
    assert said == ['{"playing":true}', '{"playing":false}']
    expect(player).to_be_hidden()


def test_from_home_to_a_playing_path_by_keyboard(home: Page) -> None:
    """With the keyboard alone, two tracks are chosen on Home and the path between them plays."""
    home.get_by_role("combobox", name="From track").focus()
    newest = home.get_by_role("listbox", name="From track").get_by_role("option")
    expect(newest).to_have_count(len(TITLES))
    home.keyboard.press("Enter")  # chooses nothing
    home.keyboard.type("dawn")
    home.keyboard.press("Enter")  # before the suggestions have come
    home.keyboard.press("Tab")
    home.keyboard.type("night")
    expect(home.get_by_role("listbox", name="To track").get_by_role("option")).to_have_count(1)
    home.keyboard.press("ArrowDown")
    home.keyboard.press("Enter")
    expect(home.get_by_role("combobox", name="From track")).to_have_value("Dawn")
    expect(home.get_by_role("combobox", name="To track")).to_have_value("Night")
    play = home.get_by_role("button", name="Play the path")
    expect(play).to_be_enabled()
    home.keyboard.press("Tab")
    expect(play).to_be_focused()
    home.keyboard.press("Enter")
    player = home.get_by_role("region", name="Player")
    expect(player.locator(".name")).to_have_text("Dawn", timeout=SCAN_LIMIT_MS)
    expect(player.locator("#player-list .jump").last).to_have_text("Night")


def test_tracks_like_one_in_two_steps(home: Page) -> None:
    """A track is opened from the list, and one button plays what sounds like it."""
    go(home, "Tracks")
    home.locator("#track-list .row", has_text="Noon").click()
    home.get_by_role("button", name="Play something like this").click()
    player = home.get_by_role("region", name="Player")
    expect(player.locator(".name")).to_have_text("Noon", timeout=SCAN_LIMIT_MS)
    expect(player.locator("#player-list li")).not_to_have_count(1)


def test_a_file_that_is_gone_is_skipped(home: Page, tagged_service: Running, faults: list[str]) -> None:
    """A track whose file is gone is reported, and the next one plays."""
    missing = tagged_service.library / "01.flac"
    kept = missing.read_bytes()

    def vanish(route: Route) -> None:
        missing.unlink(missing_ok=True)  # now, when the list cannot lose the track any more
        route.continue_()

    go(home, "Tracks")
    expect(home.locator("#track-list .row")).to_have_count(len(TITLES))
    home.route("**/audio", vanish)
    try:
        home.get_by_role("button", name="Play Dawn").click()
        told(home, "Dawn cannot be played.")
        expect(home.get_by_role("region", name="Player").locator(".name")).to_have_text("Noon")
    finally:
        missing.write_bytes(kept)
        home.unroute_all()
    faults[:] = [fault for fault in faults if "404" not in fault]  # logged by the browser


COUNT_CLICKS: Final = """() => {
  window.clicks = 0;
  addEventListener("click", (event) => { if (event.isTrusted && event.detail) window.clicks += 1; }, true);
}"""


def clicks(page: Page) -> int:
    """Return the number of clicks since they are counted."""
    number: int = page.evaluate("window.clicks")
    return number


def test_something_like_this_takes_three_clicks(home: Page) -> None:
    """From Home: into the field, on the track, and on the button."""
    home.evaluate(COUNT_CLICKS)
    home.get_by_role("combobox", name="Choose a track").click()
    home.keyboard.type("Noon")
    home.get_by_role("option", name=re.compile("Noon")).click()
    home.get_by_role("button", name="Play tracks like this one").click()
    expect(home.locator("#player .name")).to_have_text("Noon")
    assert clicks(home) <= 3


def test_why_an_album_is_missing_takes_three_clicks(home: Page, tagged_service: Running) -> None:
    """The album is in the library with its number of analysed tracks; its rows and the failures name the reasons."""
    (tagged_service.library / "Lost album").mkdir()
    (tagged_service.library / "Lost album" / "song.flac").write_bytes(b"no sound at all " * 100)
    expect(home.locator(".status-line")).to_contain_text("1 file could not be analysed", timeout=SCAN_LIMIT_MS)
    home.evaluate(COUNT_CLICKS)
    go(home, "Library")
    home.locator("#albums-list .tile-of", has_text="Lost album").click()
    expect(home.locator("#view-album .numbers")).to_have_text("Unsupported format")
    assert clicks(home) <= 2
    go(home, "Home")
    home.locator(".status-line").click()
    expect(home.locator(".failure .why")).to_contain_text("not in a known audio format")


def test_what_it_did_last_night_takes_two_clicks(home: Page) -> None:
    """Activity shows the work of a day by hours, and of a month by days."""
    home.evaluate(COUNT_CLICKS)
    go(home, "Activity")
    home.get_by_role("button", name="Day", exact=True).click()
    expect(home.locator("#view-activity")).to_contain_text(re.compile(r"[89] tracks"))
    assert clicks(home) <= 2
