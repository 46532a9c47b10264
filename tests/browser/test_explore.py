"""Explore and Playlists in a real browser, over a tagged library."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Page, Route, expect

from browser_axe import AXE, faults_by_axe
from browser_service import SCAN_LIMIT_MS, Running, Visit, go, serving
from browser_tagged import write_track

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

TRACKS = 14
COPIED = 3  # the track that has a copy


def looked_at(page: Page) -> list[str]:
    """Return what axe finds on the page as it is."""
    page.evaluate(AXE)
    return faults_by_axe(page)


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a service for tagged tracks, two of them copies of one recording."""
    folder = tmp_path_factory.mktemp("library") / "music"
    folder.mkdir()
    for number in range(TRACKS):
        write_track(folder / f"{number:02d}.flac", number, seconds=20 if number == COPIED else 5)
    sound, rate = soundfile.read(folder / f"{COPIED:02d}.flac")
    soundfile.write(folder / "copy.ogg", sound, rate)
    with serving(folder, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def explore(tagged: Running, visit: Visit) -> Page:
    """Return the page with the map."""
    page = visit(f"{tagged.url}#activity")
    expect(page.locator("#state")).to_have_text("Idle", timeout=SCAN_LIMIT_MS)
    go(page, "Explore")
    expect(page.locator(".drawing.titled")).to_have_count(TRACKS + 1)
    expect(page.locator("#map-hint")).to_contain_text("Of the ten nearest tracks")
    expect(page.locator("#map-hint")).not_to_contain_text("principal components")  # no point moves from now on
    return page


def test_near_tracks_show_covers_and_titles(explore: Page) -> None:
    """A track with a cover shows it, another its glyph, both their titles."""
    expect(explore.locator(".drawing .picture img")).to_have_count(TRACKS // 2)
    expect(explore.locator(".drawing .picture svg")).to_have_count(TRACKS // 2 + 1)
    expect(explore.locator(".drawing .title", has_text="Song 05")).to_be_visible()


def test_the_map_is_that_of_the_service(explore: Page) -> None:
    """Places are those that keep neighbours together, with their share; principal components only stand in for them."""
    kept = explore.evaluate("fetch('similar/map').then((answer) => answer.json()).then(({ kept }) => 10 * kept)")
    expect(explore.locator("#map-hint")).to_contain_text(f"{kept:.1f}")


def test_without_the_index_principal_components_stay(tagged: Running, visit: Visit, faults: list[str]) -> None:
    """A service that has no map at the moment leaves the page with its own."""
    page = visit(f"{tagged.url}#activity")
    page.route(
        "**/similar/map", lambda route: route.fulfill(status=503, json={"error": "Later.", "code": "index_down"})
    )
    with page.expect_console_message(lambda message: "503" in message.text):  # logged by the browser
        go(page, "Explore")
    expect(page.locator(".drawing.titled")).to_have_count(TRACKS + 1)
    expect(page.locator("#map-hint")).to_contain_text("principal components")
    faults[:] = [fault for fault in faults if "503" not in fault]


def test_a_selected_track_leads_on(explore: Page) -> None:
    """The keyboard selects a track; its ten nearest are shown with reasons, and lead to their own surroundings."""
    explore.locator("#map canvas").focus()
    explore.keyboard.press("ArrowRight")
    explore.keyboard.press("Space")
    panel = explore.locator(".selection")
    expect(panel.get_by_role("heading")).to_contain_text(re.compile(r"Song \d\d|copy"))
    expect(explore).to_have_url(re.compile(r"#explore\?track=\d+$"))
    panel.get_by_role("link", name="Similar tracks").click()
    expect(explore.locator(".star")).to_have_count(11)
    expect(explore.locator(".neighbours li")).to_have_count(10)
    expect(explore.locator(".neighbours .reason").first).to_contain_text("of random pairs")
    expect(explore).to_have_title(re.compile("^Similar to"))
    assert looked_at(explore) == []
    second = explore.locator(".neighbours .name").nth(1)
    name = second.text_content() or ""
    second.click()
    expect(explore.locator("#around-title")).to_contain_text(name)


def test_search_and_colours_are_in_the_address(explore: Page, tagged: Running, visit: Visit) -> None:
    """Matches are marked and listed; a tag colours the map with a legend; the address shows the same again."""
    explore.get_by_placeholder("Search the map").fill("artist:ann")
    expect(explore.locator("#map-section")).to_contain_text("7 tracks match")
    expect(explore.locator(".drawing.faint")).to_have_count(TRACKS + 1 - 7)
    explore.get_by_label("Colour by").select_option("genre")
    expect(explore.locator(".swatches")).to_contain_text("Jazz (7)")
    expect(explore).to_have_url(re.compile(r"q=artist%3Aann"))
    again = visit(explore.url)
    expect(again.locator(".swatches")).to_contain_text("others or none (1)")
    expect(again.locator(".selection")).to_contain_text("7 tracks")
    assert looked_at(again) == []


def test_an_outline_becomes_a_playlist(explore: Page, visit: Visit) -> None:
    """The tracks inside a drawn outline are counted and kept in the address, and make a playlist."""
    explore.get_by_role("button", name="Draw an outline").click()
    box = explore.locator("#map canvas").bounding_box()
    assert box is not None
    left, top, right, bottom = box["x"] + 2, box["y"] + 2, box["x"] + box["width"] - 2, box["y"] + box["height"] - 2
    explore.mouse.move(left, top)
    explore.mouse.down()
    for x, y in ((left, bottom), (right, bottom), (right, top)):
        explore.mouse.move(x, y, steps=4)
    explore.mouse.up()
    expect(explore.locator(".selection")).to_contain_text(f"{TRACKS + 1} tracks")
    expect(explore).to_have_url(re.compile(r"#explore\?outline=[\d.-]+$"))
    again = visit(explore.url)
    expect(again.locator(".selection")).to_contain_text(f"Outlined tracks{TRACKS + 1} tracks")
    explore.get_by_role("link", name="Make a playlist").click()
    expect(explore.locator(".playlist li")).to_have_count(TRACKS + 1)


def test_an_outline_is_drawn_with_keys(explore: Page, visit: Visit) -> None:
    """Arrows move a crosshair and Enter sets corners; what is inside is said, and the address keeps the outline."""
    canvas = explore.locator("#map canvas")
    canvas.focus()
    explore.keyboard.press("o")
    expect(explore.locator("#map-outline-how")).to_be_visible()
    expect(canvas).to_have_attribute("aria-describedby", "map-outline-how")
    assert looked_at(explore) == []
    for keys in ("ArrowLeft ArrowUp", "ArrowLeft ArrowDown", "ArrowRight ArrowDown", "ArrowRight ArrowUp"):
        for key in keys.split():
            for _ in range(60):  # to the edge, in steps of 24 pixels
                explore.keyboard.press(key)
        explore.keyboard.press("Enter")
    expect(explore.locator("#announce")).to_have_text(f"4 corners. {TRACKS + 1} tracks inside.")
    explore.keyboard.press("Space")
    expect(explore.locator(".selection")).to_contain_text(f"Outlined tracks{TRACKS + 1} tracks")
    expect(explore).to_have_url(re.compile(r"#explore\?outline=[\d.-]+$"))
    expect(explore.locator(".crosshair")).to_be_hidden()
    explore.keyboard.press("o")
    explore.keyboard.press("Enter")
    explore.keyboard.press("Space")
    expect(explore.locator("#announce")).to_contain_text("at least three corners")
    explore.keyboard.press("Escape")
    expect(explore.locator("#map-outline-how")).to_be_hidden()
    expect(canvas).to_be_focused()


def test_a_better_map_keeps_the_track_that_is_pointed_at(tagged: Running, visit: Visit) -> None:
    """Keys go on from it when the map of the service replaces the first one."""
    page = visit(f"{tagged.url}#activity")
    held = list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/similar/map", hold)
    go(page, "Explore")
    expect(page.locator(".drawing.titled")).to_have_count(TRACKS + 1)
    page.locator("#map canvas").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".tip")).to_contain_text("LUFS")
    name = page.locator(".tip").text_content()
    held[0].continue_()
    expect(page.locator("#map-hint")).not_to_contain_text("principal components")
    expect(page.locator(".tip")).to_be_visible()
    assert page.locator(".tip").text_content() == name
    with page.expect_request(re.compile(r"/files/\d+/audio$")):
        page.keyboard.press("l")


def test_pointing_and_a_key_play_a_part(explore: Page) -> None:
    """L plays a part of a track; with listening switched on, pointing does."""
    canvas = explore.locator("#map canvas")
    canvas.focus()
    explore.keyboard.press("ArrowLeft")
    expect(explore.locator(".tip")).to_contain_text("LUFS")
    with explore.expect_request(re.compile(r"/files/\d+/audio$")):
        explore.keyboard.press("l")
    explore.get_by_role("button", name="Listen while pointing").click()
    explore.mouse.move(5, 5)
    drawing = explore.locator(".drawing .picture").first.bounding_box()
    assert drawing is not None
    with explore.expect_request(re.compile(r"/files/\d+/audio$")):
        explore.mouse.move(drawing["x"] + drawing["width"] / 2, drawing["y"] + drawing["height"] / 2, steps=3)


def test_duplicates_are_confirmed_and_split(explore: Page, tagged: Running) -> None:
    """A group of copies names the best one; a decision is kept, and playlists follow it."""
    (seed,) = explore.request.get(f"{tagged.url}files?q=title:%22Song+04%22&fields=id").json()["items"]
    rows = explore.locator(".playlist li")
    explore.evaluate(f"location.hash = 'playlists/radio?like={seed['id']}'")
    expect(rows).to_have_count(TRACKS - 1)
    expect(rows.filter(has_text=re.compile("also as (OGG|FLAC)"))).to_have_count(1)
    go(explore, "Explore")
    explore.get_by_role("link", name="Duplicates").click()
    group = explore.locator(".copy")
    expect(group).to_have_count(1)
    expect(group.locator(".best")).to_contain_text("Best copy: lossless")
    assert looked_at(explore) == []
    group.get_by_role("button", name="Same recording").click()
    expect(group.locator(".badge").first).to_have_text("Confirmed")
    group.get_by_role("button", name="Not the same").click()
    expect(group).to_have_count(0)
    explore.reload()
    expect(explore.locator("#duplicates")).to_contain_text("No duplicates found.")
    explore.evaluate(f"location.hash = 'playlists/radio?like={seed['id']}'")
    expect(rows).to_have_count(TRACKS)
    expect(rows.filter(has_text="also as")).to_have_count(0)


def pick(page: Page, label: str, title: str) -> None:
    """Choose a track with the keyboard."""
    field = page.get_by_role("combobox", name=label)
    field.focus()
    page.keyboard.type(title)
    expect(field).to_have_value(title)
    # the number may be part of a folder's name as well; titles come first
    expect(page.get_by_role("listbox", name=label).get_by_role("option").first).to_contain_text(title)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox", name=label)).to_be_hidden()


def test_from_home_to_an_exported_path_by_keyboard(explore: Page, tagged: Running, tmp_path: Path) -> None:
    """A path is chosen on Home, opened, played, reordered, kept and exported with keys only."""
    explore.locator("#navigation").get_by_role("link", name="Home").focus()
    explore.keyboard.press("Enter")
    pick(explore, "From track", "Song 01")
    pick(explore, "To track", "Song 12")
    explore.keyboard.press("Tab")  # to the button that plays at once
    explore.keyboard.press("Tab")
    expect(explore.get_by_role("link", name="Open as a playlist")).to_be_focused()
    explore.keyboard.press("Enter")
    rows = explore.locator(".playlist li")
    expect(rows).to_have_count(10)
    expect(rows.first).to_contain_text("Song 01")
    expect(rows.last).to_contain_text("Song 12")
    explore.locator("#playlist-play").focus()
    explore.keyboard.press("Enter")
    expect(explore.locator("#player")).to_contain_text("Song 01")
    rows.first.locator(".grip").focus()
    explore.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_contain_text("Song 01")
    expect(rows.nth(1).locator(".grip")).to_be_focused()
    expect(explore).to_have_url(re.compile(r"#playlists/list\?files="))
    explore.get_by_role("link", name="Show on the map").focus()
    explore.keyboard.press("Enter")
    expect(explore.locator(".route polyline")).to_have_attribute("points", re.compile(r"^([\d.]+,[\d.]+ ?){10}$"))
    expect(explore.locator(".selection")).to_contain_text("10 tracks")
    explore.go_back()
    explore.get_by_role("textbox", name="Name of the playlist").focus()
    explore.keyboard.type("To work")
    explore.keyboard.press("Enter")
    expect(explore.locator(".saved")).to_contain_text("To work")
    explore.locator("#playlist-export").focus()
    with explore.expect_download() as download:
        explore.keyboard.press("Enter")
    assert download.value.suggested_filename == "To work.m3u8"
    download.value.save_as(tmp_path / "list.m3u8")
    lines = (tmp_path / "list.m3u8").read_text().splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[4:6] == ["#EXTINF:5,Björk - Song 01", str(tagged.library / "01.flac")]
    assert looked_at(explore) == []
    explore.reload()
    expect(rows.nth(1)).to_contain_text("Song 01")


def test_radio_and_filter(explore: Page) -> None:
    """A radio starts from a track and can be built anew; a filter lists what a search finds, in order."""
    go(explore, "Playlists")
    rows = explore.locator(".playlist li")
    pick(explore, "Sounds like", "Song 04")
    expect(rows).not_to_have_count(0)
    explore.get_by_role("spinbutton", name="Tracks").fill("5")
    explore.keyboard.press("Tab")
    expect(rows).to_have_count(5)
    explore.get_by_role("button", name="Another list").click()
    expect(explore).to_have_url(re.compile("number=1"))
    explore.get_by_text("More conditions").click()
    explore.get_by_label("Not by the same artists").check()
    expect(rows.first).to_contain_text("Björk")  # the seed is by Ann
    expect(explore.locator(".playlist", has_text="Ann")).to_have_count(0)
    explore.get_by_role("link", name="Filter").click()
    explore.get_by_label("Search", exact=True).fill("genre:rock")
    explore.get_by_label("Order").select_option("year")
    expect(rows).to_have_count(TRACKS // 2)
    expect(rows.first).to_contain_text("Song 01")
    rows.first.get_by_role("button", name="Leave out Song 01").click()
    expect(rows).to_have_count(TRACKS // 2 - 1)
