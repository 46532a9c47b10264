"""The widget of the embedding page, in a page of the host."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser_service import NOTICED_MS, SCAN_LIMIT_MS, Visit, serving, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
(WIDGET,) = re.findall(r"```html\n<!-- widget -->\n(.*?)```", PAGE, re.DOTALL)
PLAY = "(detail) => window.dispatchEvent(new CustomEvent('track', { detail }))"
SONGS = 4


def test_the_widget_of_the_documentation(tmp_path: Path, visit: Visit, faults: list[str]) -> None:
    """It shows the coverage, the current track and similar tracks with reasons, and follows new results."""
    music = tmp_path / "music"
    for number in range(SONGS):
        write_song(music / f"{number}.wav", seconds=2.0 + number / 2)
    with serving(music, tmp_path / "data") as running:
        page = visit(f"{running.url}icon.svg")
        home = running.url.replace("/fingerprint/", "/player")
        page.route(home, lambda route: route.fulfill(body=f"<!doctype html>{WIDGET}", content_type="text/html"))
        page.goto(home)
        sound = page.locator("#sound")
        expect(sound.locator("small")).to_have_text(f"{SONGS} of {SONGS} tracks", timeout=SCAN_LIMIT_MS)
        expect(sound.locator("progress")).to_have_js_property("value", 100)
        page.evaluate(PLAY, {"id": 9, "title": "Nothing known"})
        expect(sound.locator("h2")).to_have_text("Nothing known")
        for number in range(SONGS):
            body = {"track_id": number + 1, "filepath": str(music / f"{number}.wav")}
            assert page.request.post(running.url.rstrip("/"), data=body).ok
        page.evaluate(PLAY, {"id": 1, "title": "First song"})
        expect(sound.locator("h2")).to_have_text(re.compile(r"First song, \d+ BPM"))
        expect(sound.locator("li")).to_have_count(SONGS - 1)
        expect(sound.locator("li").first).to_have_text(re.compile(r"[123]\.wav: \w+"))
        write_song(music / "new.wav", seconds=5.0)
        expect(sound.locator("small")).to_have_text(f"{SONGS + 1} of {SONGS + 1} tracks", timeout=SCAN_LIMIT_MS)
        expect(sound.locator("li")).to_have_count(SONGS, timeout=NOTICED_MS)
        page.close()
    faults[:] = [fault for fault in faults if "404" not in fault]  # of the unknown track
