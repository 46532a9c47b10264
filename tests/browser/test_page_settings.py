"""Settings that change the page: quiet hours and the token."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from auralis_fp import schema
from browser_service import SCAN_LIMIT_MS, go, serving, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

TOKEN: Final = "a-token-of-the-test-0123456789"  # noqa: S105 - not a real secret


def test_quiet_hours_end_in_local_time(tmp_path: Path, chromium: Browser) -> None:
    """The end of quiet hours is shown in the locale and time zone of the browser, with the queue length."""
    write_song(tmp_path / "music" / "one.wav")
    end = (datetime.now().astimezone() + timedelta(hours=2)).replace(second=0, microsecond=0)
    hours = f"{end - timedelta(hours=3):%H:%M}-{end:%H:%M}"
    with serving(tmp_path / "music", tmp_path / "data", quiet_hours=hours) as running:
        for locale, zone, form, name, text in (
            ("en-US", "America/New_York", "%I:%M\u202f%p", "Quiet hours", "Until {}. 1 track queued."),
            ("de-DE", "Asia/Tokyo", "%H:%M", "Ruhezeit", "Bis {}. 1 Titel wartet."),
        ):
            context = chromium.new_context(locale=locale, timezone_id=zone)
            page = context.new_page()
            page.goto(f"{running.url}#activity")
            expect(page.locator("#state")).to_have_text(name, timeout=SCAN_LIMIT_MS)
            moment = f"{end.astimezone(ZoneInfo(zone)):{form}}"
            moment = moment.lstrip("0") if locale == "en-US" else moment
            expect(page.locator("#reason")).to_have_text(text.format(moment), timeout=SCAN_LIMIT_MS)
            context.close()


def test_a_token_protects_the_page(tmp_path: Path, chromium: Browser) -> None:
    """After HTTP authentication, lists, event stream, buttons and downloads work."""
    for name in ("a.wav", "b.wav", "c.wav"):
        write_song(tmp_path / "music" / name)
    with serving(tmp_path / "music", tmp_path / "data", token=TOKEN) as running:
        wrong: dict[str, Any] = {"http_credentials": {"username": "me", "password": "wrong"}}
        for options in ({}, wrong):
            context = chromium.new_context(**options)
            answer = context.request.get(running.url)
            assert (answer.status, "Basic" in answer.headers["www-authenticate"]) == (401, True)
            context.close()
        context = chromium.new_context(
            http_credentials={"username": "me", "password": TOKEN}, viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        refused: list[str] = []
        page.on("response", lambda response: refused.append(response.url) if response.status == 401 else None)
        page.goto(f"{running.url}#activity")
        expect(page.locator("#covered")).to_have_text("3 of 3 tracks", timeout=SCAN_LIMIT_MS)
        expect(page.locator("#connection")).to_have_attribute("data-link", "live")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator("#state")).to_have_text("Paused")
        go(page, "Explore")
        expect(page.locator(".drawing")).to_have_count(3)
        go(page, "Tracks")
        page.locator("#track-list .row").first.click()
        expect(page.locator("#view-track").locator(".dimension")).to_have_count(len(schema.NAMES))
        assert set(refused) <= {running.url}
        context.close()
