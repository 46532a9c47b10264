"""Languages: every text of the page comes from a catalogue, and German is complete."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from auralis_fp.schema import DIMENSIONS, NAMES
from browser_service import SCAN_LIMIT_MS, Running

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

STATIC: Final = Path(__file__).resolve().parents[2] / "static"
VIEWS: Final = {  # and an element that shows that the view has loaded
    "home": "#newest .name",
    "explore": "#map canvas",
    "library": "#albums-list .name",
    "library/tracks": "#track-list .row",
    "activity": "#throughput svg",
    "activity/failures": ".failure .why",
    "settings": ".setting",
}
MARK: Final = "\u27e6{}\u27e7"  # around every text of the catalogue
OUTSIDE: Final = """(ofService) => {
  const data = "bdi, code, [lang=en], option, noscript, canvas, textarea, #about";
  const units = /\\b(BPM|LUFS|CSV|JSON|dB|kHz|Hz|LU|[kMG]B|bytes?)\\b/g;
  const byIntl = /\\b(and|(in )?\\d+ (second|minute|hour|day)s?( ago)?)\\b/g;
  const known = (text) => {
    const rest = ofService.reduce((left, one) => left.replaceAll(one, ""), text);
    const unmarked = rest.replace(/\\u27e6[^\\u27e6\\u27e7]*\\u27e7/gu, "");
    return !/\\p{L}{2,}/u.test(unmarked.replace(units, "").replace(byIntl, ""));
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(data) && !known(node.data)) found.push(node.data);
  }
  for (const node of document.querySelectorAll("[aria-label], [placeholder], [aria-valuetext]")) {
    for (const name of ["aria-label", "placeholder", "aria-valuetext"]) {
      const text = node.getAttribute(name) ?? "";
      if (text && !text.includes("\\u27e6") && !known(text)) found.push(`${name}: ${text}`);
    }
  }
  return found;
}"""
OF_SERVICE: Final = sorted(
    (text for one in DIMENSIONS for text in (one.title, one.perceived_as)), key=len, reverse=True
)


def marked(entry: Any) -> Any:
    """Return a text of a catalogue with marks around what is not a value."""
    if isinstance(entry, dict):
        return {form: marked(text) for form, text in entry.items()}
    return "".join(
        part if part.startswith("{") or not part else MARK.format(part) for part in re.split(r"(\{\w+\})", entry)
    )


def with_marks(route: Route) -> None:
    """Answer with the catalogue in which every text is marked."""
    texts = json.loads((STATIC / "i18n" / "en.json").read_text("utf-8"))
    route.fulfill(json={key: marked(text) for key, text in texts.items()})


def opened(page: Page, view: str) -> None:
    """Open a view and wait until it has loaded."""
    page.evaluate(f"location.hash = '{view}'")
    expect(page.locator(VIEWS[view]).first).to_be_visible(timeout=SCAN_LIMIT_MS)


def test_no_text_stands_outside_the_catalogues(settled: Page, live_service: Running, chromium: Browser) -> None:
    """With a marked catalogue, every text and name of a control in every view is marked, unless it is data."""
    expect(settled.locator("#state")).to_be_visible()
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.route("**/i18n/en.json", with_marks)
    page = context.new_page()
    page.goto(live_service.url)
    for view in VIEWS:
        opened(page, view)
        assert page.evaluate(OUTSIDE, OF_SERVICE) == [], view
    page.evaluate("location.hash = 'library/tracks'")
    page.locator("#track-list .row", has_text="Noon").click()
    expect(page.locator("#view-track .dimension")).to_have_count(len(NAMES))
    assert page.evaluate(OUTSIDE, OF_SERVICE) == []
    context.close()


def test_german_names_every_dimension() -> None:
    """The German catalogue has title and description of all dimensions, and of no others."""
    texts = json.loads((STATIC / "i18n" / "de.json").read_text("utf-8"))
    for kind in ("dimension", "hears"):
        assert {key.partition(".")[2] for key in texts if key.startswith(f"{kind}.")} == set(NAMES)


def test_the_page_is_german_for_german_readers(live_service: Running, chromium: Browser) -> None:
    """Texts, numbers and the language of the document are German; sentences of the service are marked as English."""
    context = chromium.new_context(locale="de-AT", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{live_service.url}#activity/failures")
    expect(page.locator("html")).to_have_attribute("lang", "de-AT")
    expect(page.locator(".failure .kind")).to_have_text("Nicht unterstütztes Format", timeout=SCAN_LIMIT_MS)
    expect(page.locator(".failure .why [lang=en]")).to_contain_text("audio format")
    expect(page).to_have_title(re.compile("Fehler"))
    context.close()


def test_readers_of_other_languages_read_english(live_service: Running, chromium: Browser) -> None:
    """A reader of a language written from right to left reads English from left to right, with English numbers."""
    context = chromium.new_context(locale="ar-EG", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{live_service.url}#activity")
    expect(page.locator("#percent")).to_have_text("100%", timeout=SCAN_LIMIT_MS)
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()
