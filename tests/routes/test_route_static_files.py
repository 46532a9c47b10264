"""The status page and its assets."""

import asyncio
import re
from pathlib import Path
from typing import Final

import pytest

from auralis_fp.routes.static_files import static_folder
from hosting import PREFIX, SHARED, Plugin

pytestmark = pytest.mark.every_way

STATIC_IMPORT: Final = re.compile(r'^(?:import|export)\b[^;]*?\bfrom "([^"]+)";', re.MULTILINE)


@SHARED
async def test_bare_prefix_redirects_to_the_page(shared: Plugin) -> None:
    """The redirect is relative, so it works behind a proxy that changes the path."""
    async with shared.client.get(PREFIX, allow_redirects=False) as response:
        assert response.status == 302
        assert response.headers["Location"] == f".{PREFIX}/"
        assert response.url.join(type(response.url)(response.headers["Location"])).path == f"{PREFIX}/"


@SHARED
async def test_page_is_served_and_revalidated(shared: Plugin) -> None:
    """The page has an ETag, and a conditional request is answered 304."""
    async with shared.client.get(f"{PREFIX}/") as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert response.headers["Cache-Control"] == "no-cache"
        tag = response.headers["ETag"]
        assert "<!doctype html>" in (await response.text()).lower()
    async with shared.client.get(f"{PREFIX}/", headers={"If-None-Match": tag}) as response:
        assert response.status == 304


@SHARED
async def test_assets_are_served(shared: Plugin) -> None:
    """All assets are served with a content type that browsers accept."""
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    for path in static_folder().rglob("*.*"):
        async with shared.client.get(f"{PREFIX}/{path.relative_to(static_folder()).as_posix()}") as response:
            assert response.status == 200
            if path.suffix in kinds:
                assert response.content_type == kinds[path.suffix]


@SHARED
@pytest.mark.parametrize(
    "name", ["%2e%2e/pyproject.css", "..%2fpyproject.css", "nothing.js", "x/../../a.css", "a%00.js"]
)
async def test_other_names_are_404(shared: Plugin, name: str) -> None:
    """Names that lead out of the folder or do not exist are 404."""
    reader, writer = await asyncio.open_connection(shared.client.host, shared.client.port)
    request = f"GET {PREFIX}/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    writer.write(request.encode("ascii"))  # a client would normalise the path
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_static_folder_of_a_checkout() -> None:
    """In a checkout the page is in the top-level folder."""
    assert static_folder() == Path(__file__).resolve().parents[2] / "static"


@SHARED
@pytest.mark.parametrize(
    ("accepted", "language", "text"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "Bibliothek"),
        ("fr, en;q=0.5, de;q=0.7", "de", "Bibliothek"),
        ("de;q=0, en", "en", "Library"),
        ("fr", "en", "Library"),
        (";;q=1.2.3,,*;q=x", "en", "Library"),
    ],
)
async def test_page_has_its_first_texts(shared: Plugin, accepted: str, language: str, text: str) -> None:
    """The page arrives with the texts of its frame in the reader's language, and preloads that catalogue."""
    async with shared.client.get(f"{PREFIX}/", headers={"Accept-Language": accepted}) as response:
        page = await response.text()
        assert "Accept-Language" in ", ".join(response.headers.getall("Vary"))
    assert f'<html lang="{language}">' in page
    assert f'data-text="nav.library">{text}</a>' in page
    assert f'href="i18n/{language}.json"' in page
    without = re.search(r"<noscript>.*?</noscript>", page)
    assert without
    assert ("Diese Seite braucht" if language == "de" else "This page needs") in without[0]


def test_everything_preloaded_exists() -> None:
    """All files that the page preloads exist, and are the modules that its first view imports."""
    preloaded = set(re.findall(r'rel="modulepreload" href="([^"]+)"', (static_folder() / "index.html").read_text()))
    imported, new = set[str](), {"page.js", "views/home.js", "client.js"}
    while new:
        imported |= new
        texts = [((static_folder() / name), (static_folder() / name).read_text()) for name in new]
        found = {(path.parent / target).resolve() for path, text in texts for target in re.findall(STATIC_IMPORT, text)}
        new = {path.relative_to(static_folder()).as_posix() for path in found} - imported
    assert preloaded == imported - {"page.js"} | {"i18n/en.json"}
