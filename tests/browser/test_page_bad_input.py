"""What the page makes of hostile tags and covers, of empty libraries, and of files that go while they play."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import mutagen.flac
import pytest
from playwright.sync_api import Page, expect

from auralis_fp.tags.model import Tags
from browser_service import SCAN_LIMIT_MS, SLOW_PLAYBACK, Running, Visit, serving, told, write_song
from browser_tagged import write_track
from tagged_files import picture, write_vorbis

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

VIEWS: Final = {  # and an element that is shown with any library
    "home": "#new-title",
    "explore": "#map-title",
    "explore/duplicates": "#duplicates-title",
    "library/albums": "#library-list",
    "library/artists": "#library-list",
    "library/tracks": "#library-list",
    "playlists": "#builder",
    "playlists/path": "#builder",
    "playlists/filter?q=a": "#builder",
    "activity": "#overview",
    "activity/failures": "#failures-title",
    "settings": ".setting",
}
HOSTILE: Final = (
    '<img src=x onerror="window.hacked=1">',
    "\u202egnos a\u202c\u2066\u0000\u0007",
    "Z" * 4000 + "\u0301" * 200,
    "{name} {count} \u27e6\u27e7 &amp; ${1}",
    "javascript:window.hacked=1",
    "=cmd|' /C calc'!A0",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a service for tracks whose tags and covers are hostile."""
    folder = tmp_path_factory.mktemp("library") / "music"
    folder.mkdir()
    script = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked=1'><script>window.hacked=1</script></svg>"
    covers = (picture(300, 300), b"\x89PNG\r\n\x1a\n" + b"\0" * 50, script)
    for number, text in enumerate(HOSTILE):
        write_track(folder / f"{number}.flac", number)
        tags = Tags(title=text, artist=text, album=text, album_artist=text, genre=text, year=2000)
        write_vorbis(folder / f"{number}.flac", tags, mutagen.flac.FLAC, covers[number % len(covers)])
    with serving(folder, tmp_path_factory.mktemp("data")) as running:
        yield running


def walk(page: Page, views: tuple[str, ...]) -> None:
    """Open views and assert that they fit into the window."""
    for view in views:
        page.evaluate(f"location.hash = {view!r}")
        expect(page.locator(VIEWS.get(view, "main .view:not([hidden]) h1")).first).to_be_visible()
        expect(page.locator("main [aria-busy]")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def ids_of(page: Page, running: Running) -> list[int]:
    """Return the ids of all files."""
    return [item["id"] for item in page.request.get(f"{running.url}files?fields=id").json()["items"]]


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_tags_are_only_text(hostile: Running, visit: Visit, width: int) -> None:
    """In every view, markup, control characters and long texts of tags are text, and scripts in covers do not run."""
    page = visit(f"{hostile.url}#activity")
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator("#covered")).to_contain_text(f"{len(HOSTILE)} of {len(HOSTILE)}", timeout=SCAN_LIMIT_MS)
    first, second, *rest = ids_of(page, hostile)
    listed = ",".join(str(one) for one in (first, second, *rest))
    walk(page, (*VIEWS, f"track/{first}", f"track/{rest[0]}", f"compare/{first}/{second}", f"explore/around/{first}"))
    walk(page, (f"explore?track={rest[0]}", f"explore?path={listed}", "explore?colour=genre", "explore?q=img"))
    walk(page, (f"playlists/radio?like={first}", f"playlists/path?start={first}&end={second}"))
    walk(page, (f"playlists/list?files={listed}&name=%3Cimg%20src%3Dx%3E", "explore?outline=1.x..NaN&region=%3Cb%3E"))
    for kind in ("album", "artist"):
        page.evaluate(f"location.hash = 'library/{kind}s'")
        card = page.locator(f"#{kind}s-list .tile-of").first
        card.click()
        expect(page.locator(f"#view-{kind} .track")).not_to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), kind
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img:not([class]), main script").count() == 0


@pytest.mark.parametrize("songs", [0, 1])
def test_every_view_of_a_tiny_library(tmp_path: Path, visit: Visit, songs: int) -> None:
    """Without any track, and with one, every view opens and says what is there."""
    (tmp_path / "music").mkdir()
    if songs:
        write_song(tmp_path / "music" / "one.wav")
    with serving(tmp_path / "music", tmp_path / "data") as running:
        page = visit(f"{running.url}#activity")
        expect(page.locator("#state")).to_have_text(re.compile("Idle|Nothing"), timeout=SCAN_LIMIT_MS)
        walk(page, tuple(VIEWS))
        page.evaluate("location.hash = 'explore'")
        expect(page.locator("#map")).to_contain_text("needs at least three analysed tracks")
        page.evaluate("location.hash = 'home'")
        expect(page.locator("#newest .name")).to_have_count(songs)
        page.locator("#surprise").click()
        expect(page.locator("#player .name" if songs else "#toasts .toast").first).to_be_visible()
        page.close()


def test_files_that_go_while_they_play(tmp_path: Path, visit: Visit, faults: list[str]) -> None:
    """A file replaced while it plays goes on; a track whose folder is gone is reported, and the page works on."""
    library = tmp_path / "music"
    library.mkdir()
    for number in range(3):
        write_track(library / f"{number}.flac", number, seconds=20)
    with serving(library, tmp_path / "data") as running:
        page = visit(f"{running.url}#library/tracks")
        page.add_init_script(SLOW_PLAYBACK)
        page.reload()
        expect(page.locator("#track-list .numbers", has_text="LUFS")).to_have_count(3, timeout=SCAN_LIMIT_MS)
        page.get_by_role("button", name="Play all").click()
        player = page.locator("#player")
        expect(player.locator(".time")).to_have_text(re.compile(r"^0:(0[1-9]|1\d) of 0:20$"))
        write_track(tmp_path / "other.flac", 7, seconds=10)
        (tmp_path / "other.flac").replace(library / "0.flac")
        before = player.locator(".time").text_content() or ""
        expect(player.locator(".time")).not_to_have_text(before)
        expect(page.locator("#player-toggle")).to_have_attribute("aria-label", "Pause playback")
        shutil.move(library, tmp_path / "elsewhere")
        page.get_by_role("button", name="Next track").click()
        told(page, "cannot be played")
        shutil.move(tmp_path / "elsewhere", library)
        page.get_by_role("button", name="Play Song 02").click()
        expect(player.locator(".time")).to_have_text(re.compile(r"^0:(0[1-9]|1\d) of 0:20$"))
        page.close()
    faults[:] = [fault for fault in faults if "the server responded with a status of" not in fault]
