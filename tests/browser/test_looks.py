"""Accessibility and layout: axe, contrast, names, widths, themes."""

import re
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from auralis_fp import schema
from browser_axe import AXE, faults_by_axe
from browser_service import SCAN_LIMIT_MS, Running

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

WIDTHS: Final = (390, 1280, 2600)
SIGNS: Final = {  # elements that show that a view has loaded
    "home": "#newest .name",
    "activity": "#throughput svg",
    "library": "#albums-list .name",
    "library/artists": "#track-note",
    "library/tracks": "#track-list .row",
    "explore": "#spread svg",
    "explore/duplicates": "#duplicates-title",
    "playlists": "#builder .tabs",
    "playlists/path": "#builder .tabs",
    "activity/failures": ".failure .why",
    "settings": ".setting",
}


def ready(page: Page, view: str) -> None:
    """Open a view and wait until it has loaded."""
    page.evaluate(f"location.hash = '{view}'")
    expect(page.locator(SIGNS[view]).first).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(settled: Page, scheme: str, width: int) -> None:
    """Axe finds no WCAG 2.2 AA violation in any view, track, comparison or dialog."""
    settled.set_viewport_size({"width": width, "height": 900})
    settled.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    settled.evaluate(AXE)
    for view in SIGNS:
        ready(settled, view)
        assert faults_by_axe(settled) == [], view
    ready(settled, "library/tracks")
    ids = [row.get_attribute("href") or "" for row in settled.locator("#track-list .row", has_text="LUFS").all()[:2]]
    settled.evaluate(f"location.hash = '{ids[0]}'")
    expect(settled.locator("#view-track .dimension")).to_have_count(len(schema.NAMES))
    assert faults_by_axe(settled) == []
    settled.evaluate(f"location.hash = '#compare/{ids[0].rpartition('/')[2]}/{ids[1].rpartition('/')[2]}'")
    expect(settled.locator("#view-compare .person")).to_have_count(2)
    assert faults_by_axe(settled) == []
    ready(settled, "activity/failures")
    settled.get_by_label("Select all matching").check()
    settled.get_by_role("button", name="Retry all").click()
    expect(settled.locator("#ask")).to_be_visible()
    assert faults_by_axe(settled) == []


CONTRAST: Final = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
  const below = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("main *, header *, footer *, dialog[open] *")) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const besides = node.closest("svg, :disabled, .visually-hidden, [aria-pressed=true]"); // pressed: translucent
    if (!text || besides || !node.checkVisibility()) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(below(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) poor.push(`${node.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(settled: Page, scheme: str) -> None:
    """Every text has a contrast ratio of at least 4.5 : 1, including the track view."""
    settled.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for view in SIGNS:
        ready(settled, view)
        assert settled.evaluate(CONTRAST) == []
    ready(settled, "library/tracks")
    settled.locator("#track-list .row", has_text="Noon").click()
    expect(settled.locator(".dimension")).to_have_count(len(schema.NAMES))
    assert settled.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_fits(settled: Page, width: int) -> None:
    """No view overflows horizontally at any width."""
    settled.set_viewport_size({"width": width, "height": 900})
    for view in SIGNS:
        ready(settled, view)
        if view == "explore":  # with a visible tooltip
            settled.locator("#map canvas").focus()
            settled.keyboard.press("ArrowRight")
            expect(settled.locator(".tip")).to_contain_text("LUFS")
        assert settled.evaluate("document.documentElement.scrollWidth") <= width, view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system(settled: Page, scheme: str) -> None:
    """The colour scheme of the browser selects the theme."""
    settled.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    dark = settled.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
    assert dark == (scheme == "dark")


def test_every_control_has_a_name_and_can_be_reached(settled: Page) -> None:
    """Controls have names, landmarks exist, and the first Tab stop skips the navigation."""
    unnamed = settled.evaluate(
        "[...document.querySelectorAll('button, input, select, a')].filter((node) =>"
        " !(node.textContent.trim() || node.ariaLabel || node.labels?.[0]?.textContent.trim())).length"
    )
    assert unnamed == 1  # the button of the closed dialog
    for role in ("banner", "main", "contentinfo"):
        expect(settled.get_by_role(role)).to_have_count(1)
    expect(settled.get_by_role("navigation", name="Views")).to_have_count(1)
    settled.keyboard.press("Tab")
    expect(settled.get_by_text("Skip to content")).to_be_focused()
    settled.keyboard.press("Enter")
    expect(settled.locator("main")).to_be_focused()


def test_numbers_follow_the_locale(live_service: Running, chromium: Any) -> None:
    """Texts, numbers and times follow the language of the browser."""
    context = chromium.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(f"{live_service.url}#activity")
    expect(page.locator("#percent")).to_have_text("100\u00a0%", timeout=SCAN_LIMIT_MS)
    expect(page.locator("#folder-list")).to_contain_text(re.compile(r"wieder in \d+ Minuten"))
    page.goto(f"{live_service.url}#library/tracks")
    expect(page.locator("#track-list .row", has_text="Dawn")).to_contain_text(re.compile(r"-\d+,\d LUFS"))
    context.close()
