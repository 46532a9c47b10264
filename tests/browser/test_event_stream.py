"""One event stream for all pages of a browser, and the client for other pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser_service import NOTICED_MS, SCAN_LIMIT_MS, Running, serving, until, write_song

pytest_plugins = ("browser_fixtures",)
pytestmark = pytest.mark.browser

WIDTH = """(address) => new Promise((done) => {
    const image = new Image();
    image.onload = () => done(image.naturalWidth);
    image.onerror = () => done(0);
    image.src = address;
})"""
TABS = 8
DEV = "http://localhost:5173"  # the frontend's development server, an allowed origin with --dev
BY_NAME = "player.test"  # resolved by the browser of the tests
HELD_WORKER = """window.SharedWorker = class extends SharedWorker {
    constructor(...given) {
        super(...given);
        const post = this.port.postMessage.bind(this.port);
        const held = [];
        this.port.postMessage = (message) => held.push(message);
        window.release = () => {
            this.port.postMessage = post;
            for (const message of held) post(message);
        };
    }
};"""
FOLLOW = """(base) => import(`${base}fingerprint.js`).then(({ connect }) => {
    window.states = [];
    window.stop = connect().events({
        status: ({ state }) => window.states.push(state),
        link: (state) => window.states.push(state),
    });
})"""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a browser of its own, whose pages share nothing with those of other tests."""
    context = chromium.new_context()
    context.set_default_timeout(120_000)
    yield context
    context.close()


def streams(page: Page, running: Running) -> int:
    """Return the number of event streams that the service has open."""
    text = page.request.get(f"{running.url}metrics").text()
    (line,) = (line for line in text.splitlines() if line.startswith("auralis_fp_event_streams "))
    return int(float(line.rpartition(" ")[2]))


def paused(page: Page, running: Running, *, paused: bool) -> None:
    """Pause or resume the service without using a page."""
    assert page.request.post(f"{running.url}{'pause' if paused else 'resume'}", data={}).status == 202


def elsewhere(context: BrowserContext, origin: str, running: Running) -> Page:
    """Return an empty page of another origin that follows the events of the service."""
    page = context.new_page()
    page.route(f"{origin}/", lambda route: route.fulfill(body="<title>Host</title>", content_type="text/html"))
    page.goto(f"{origin}/")
    page.evaluate(FOLLOW, running.url)
    return page


def until_told(page: Page, state: str) -> None:
    """Wait until the last thing that the page was told is this state."""
    page.wait_for_function("(state) => window.states.at(-1) === state", arg=state, timeout=NOTICED_MS)


def test_eight_pages_are_live_with_one_stream(live_service: Running, context: BrowserContext) -> None:
    """All pages are live, follow a change, answer a click, and hold one connection; it ends with the last of them."""
    pages = [context.new_page() for _ in range(TABS)]
    for page in pages:
        page.goto(f"{live_service.url}#activity")
    for page in pages:
        expect(page.locator("#connection")).to_have_attribute("data-link", "live")
        expect(page.locator("#state")).to_have_text("Idle", timeout=SCAN_LIMIT_MS)
    until(lambda: streams(pages[0], live_service) == 1, pages[0])
    pages[-1].get_by_role("button", name="Pause").click()
    for page in pages:
        expect(page.locator("#state")).to_have_text("Paused", timeout=NOTICED_MS)
    paused(pages[0], live_service, paused=False)
    for page in pages[1:]:
        page.close()
    expect(pages[0].locator("#state")).to_have_text("Idle", timeout=NOTICED_MS)
    until(lambda: streams(pages[0], live_service) == 1, pages[0])
    pages[0].goto("about:blank")
    until(lambda: streams(pages[0], live_service) == 0, pages[0])


def test_a_slow_worker_gets_the_stream_in_the_end(live_service: Running, context: BrowserContext) -> None:
    """A page whose shared worker does not answer is live without it; when it answers, the page shares its stream."""
    page, other = context.new_page(), context.new_page()
    page.add_init_script(HELD_WORKER)
    page.goto(f"{live_service.url}#activity")
    expect(page.locator("#connection")).to_have_attribute("data-link", "live", timeout=NOTICED_MS)
    other.goto(f"{live_service.url}#activity")
    expect(other.locator("#connection")).to_have_attribute("data-link", "live", timeout=NOTICED_MS)
    until(lambda: streams(page, live_service) == 2, page)
    page.evaluate("window.release()")
    until(lambda: streams(page, live_service) == 1, page)
    paused(page, live_service, paused=True)
    expect(page.locator("#state")).to_have_text("Paused", timeout=NOTICED_MS)
    paused(page, live_service, paused=False)
    expect(page.locator("#state")).to_have_text("Idle", timeout=NOTICED_MS)
    other.close()
    page.goto("about:blank")
    until(lambda: streams(page, live_service) == 0, page)


def test_pages_of_the_development_server_elect_one(live_service: Running, context: BrowserContext) -> None:
    """Pages of an allowed origin share one stream without a worker; when its holder closes, another takes over."""
    pages = [elsewhere(context, DEV, live_service) for _ in range(TABS)]
    for page in pages:
        until_told(page, "idle")
    until(lambda: streams(pages[0], live_service) == 1, pages[0])
    for _ in range(3):  # at least one of them holds the stream
        pages.pop(0).close()
    paused(pages[0], live_service, paused=True)
    for page in pages:
        until_told(page, "paused")
    until(lambda: streams(pages[0], live_service) == 1, pages[0])
    paused(pages[0], live_service, paused=False)
    for page in pages:
        page.evaluate("window.stop()")
    until(lambda: streams(pages[0], live_service) == 0, pages[0])


def test_plain_http_by_name(tmp_path: Path, context: BrowserContext) -> None:
    """Pages without a secure context, and so without Web Locks, share one stream as well, and show covers."""
    write_song(tmp_path / "music" / "one.wav")
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "music" / "cover.png")
    hosts, origins = f"localhost,{BY_NAME}", f"http://{BY_NAME}:5173"
    with serving(tmp_path / "music", tmp_path / "data", allowed_hosts=hosts, allowed_origins=origins) as local:
        running = Running(local.url.replace("localhost", BY_NAME), local.library, local.process)
        own = context.new_page()
        own.goto(f"{running.url}#activity")
        expect(own.locator("#connection")).to_have_attribute("data-link", "live")
        pages = [elsewhere(context, f"http://{BY_NAME}:5173", running) for _ in range(3)]
        assert [page.evaluate("[isSecureContext, typeof navigator.locks]") for page in pages] == [
            [False, "undefined"]
        ] * 3
        for page in pages:
            until_told(page, "idle")
        until(lambda: streams(own, local) == 2, own)  # one for each origin
        assert pages[0].evaluate(WIDTH, f"{running.url}files/1/cover") == 40
