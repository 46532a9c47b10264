"""Tags, searches, albums, artists and covers over HTTP."""

import io
from pathlib import Path
from typing import Any

import mutagen.flac
import pytest
import pytest_asyncio
from PIL import Image

from audio_files import tones, write_recipe
from auralis_fp.tags.model import Tags
from hosting import PREFIX, SHARED, Plugin, tone_file
from tagged_files import picture, recipe, write_vorbis

pytestmark = [pytest.mark.every_way, SHARED]

SONGS = {
    "one": (Tags(title="Straße", artist="Björk", album="Début", track=1, year=1993), picture(600, 300)),
    "two": (Tags(title="Human", artist="Björk", album="Début", track=2, year=1993), picture(600, 300)),
    "three": (Tags(title="Alone", artist="Ann", year=2001), None),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(shared: Plugin, shared_library: Path) -> Plugin:
    """Return a plugin with three tagged songs and one file that is too short, all tags read."""
    for number, (name, (tags, cover)) in enumerate(SONGS.items()):
        path = shared_library / f"{name}.flac"
        write_recipe(path, recipe("flac", "PCM_16"), tones(1.0 + number / 10))
        write_vorbis(path, tags, mutagen.flac.FLAC, cover)
    tone_file(shared_library / "short.wav", 0.001)
    await shared.post("/scan", status=202)
    await shared.until(lambda status: status["counts"]["done"] == 3 and status["counts"]["failed"] == 1)
    while (await shared.get("/albums"))["unread"]:
        await shared.until_idle()
    return shared


async def listed(plugin: Plugin, **query: str) -> Any:
    """Return a listing of files."""
    return await plugin.get("/files", params=query)


async def names(plugin: Plugin, **query: str) -> list[str]:
    """Return the names in a listing of files."""
    return [item["name"] for item in (await listed(plugin, **query))["items"]]


async def test_files_have_tags(filled: Plugin) -> None:
    """A file shows its tags, its title, and where it belongs; an untagged file too."""
    one, short, three, two = (await listed(filled))["items"]
    assert (one["title"], one["tags"]["artist"], one["tags"]["year"]) == ("Straße", "Björk", 1993)
    assert one["tags"]["album_id"] == two["tags"]["album_id"] != three["tags"]["album_id"]
    assert one["tags"]["cover"] == two["tags"]["cover"]
    assert (short["title"], short["tags"]["artist"], short["tags"]["album_kind"]) == (None, None, "folder")
    failures = (await filled.get("/failures", params={"q": "short"}))["items"]
    assert [item["tags"]["album_kind"] for item in failures] == ["folder"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("strasse", ["one.flac"]),
        ("bjork", ["one.flac", "two.flac"]),
        ("artist:bjork year:1990..1999 human", ["two.flac"]),
        ("year:2000..", ["three.flac"]),
        ("short", ["short.wav"]),
        ("nothing", []),
    ],
)
async def test_search(filled: Plugin, query: str, expected: list[str]) -> None:
    """The answer holds the matches, their number on all pages, and how they were found."""
    page = await listed(filled, q=query, limit="1")
    assert [item["name"] for item in page["items"]] == expected[:1]
    assert (page["matching"], page["search"]) == (len(expected), "index")
    assert await names(filled, q=query) == expected


async def test_bad_searches_are_refused(filled: Plugin) -> None:
    """A sentence says which parameter is wrong, and why."""
    for query in ({"q": "year:x"}, {"ids": "1,x"}, {"fields": "id,nonsense"}, {"album": "x"}):
        answer = await filled.get("/files", params=query, status=400)
        assert (answer["code"], answer["detail"]["field"]) == ("bad_field", next(iter(query)))
    for path in ("/failures", "/albums", "/artists"):
        assert (await filled.get(path, params={"q": "tempo:x"}, status=400))["detail"] == {"field": "q"}
    assert (await filled.get("/albums", params={"after": "x"}, status=400))["detail"] == {"field": "after"}


async def test_ids_path_and_fields(filled: Plugin, shared_library: Path) -> None:
    """Files by their ids or exact path, with the requested fields only."""
    items = (await listed(filled))["items"]
    ids = ",".join(str(item["id"]) for item in items[:2])
    assert await names(filled, ids=ids) == ["one.flac", "short.wav"]
    assert await names(filled, path=str(shared_library / "two.flac")) == ["two.flac"]
    page = await listed(filled, ids=ids, fields="id,title")
    assert page["items"] == [{"id": item["id"], "title": item["title"]} for item in items[:2]]


async def test_any_part_of_a_listing(filled: Plugin) -> None:
    """A listing begins at an offset, in any order and with a search."""
    expected = await names(filled)
    for offset in range(len(expected) + 1):
        assert await names(filled, offset=str(offset), limit="2") == expected[offset : offset + 2]
    page = await listed(filled, q="björk", offset="1", limit="1")
    assert ([item["name"] for item in page["items"]], page["matching"], page["next"]) == (["two.flac"], 2, None)
    beyond = await listed(filled, q="björk", offset="9")
    assert (beyond["items"], beyond["matching"]) == ([], 2)
    assert await names(filled, sort="title", offset="1", limit="1") == ["two.flac"]


async def test_facets(filled: Plugin) -> None:
    """Genres and decades are counted over the files that match a search."""
    assert await filled.get("/facets") == {
        "genres": [],
        "decades": [{"value": 1990, "files": 2}, {"value": 2000, "files": 1}],
    }
    assert (await filled.get("/facets", params={"q": "ann"}))["decades"] == [{"value": 2000, "files": 1}]


async def test_albums(filled: Plugin) -> None:
    """Albums have counts, duration and a median fingerprint; tracks without an album tag are grouped by folder."""
    page = await filled.get("/albums")
    album, folder = page["items"]
    assert (album["title"], album["artist"], album["year"], album["tracks"]) == ("Début", "Björk", 1993, 2)
    assert album["duration_sec"] == pytest.approx(2.1)
    assert album["fingerprint"] is not None
    assert (folder["kind"], folder["title"], folder["tracks"], folder["analysed"]) == ("folder", "music", 2, 1)
    assert (page["matching"], page["unread"], page["next"]) == (2, 0, None)
    assert await names(filled, album=album["id"], sort="track") == ["one.flac", "two.flac"]
    first = await filled.get("/albums", params={"limit": "1"})
    second = await filled.get("/albums", params={"limit": "1", "after": first["next"]})
    assert [one["id"] for one in (*first["items"], *second["items"])] == [album["id"], folder["id"]]


async def test_artists(filled: Plugin) -> None:
    """Artists have counts, and lead to their albums and tracks."""
    ann, bjork = (await filled.get("/artists"))["items"]
    assert [(one["name"], one["tracks"], one["albums"]) for one in (ann, bjork)] == [("Ann", 1, 0), ("Björk", 2, 1)]
    assert await names(filled, artist=bjork["id"]) == ["one.flac", "two.flac"]
    albums = await filled.get("/albums", params={"artist": bjork["id"]})
    assert [one["title"] for one in albums["items"]] == ["Début"]
    assert albums["items"][0]["cover_file_id"] is not None


async def test_cover(filled: Plugin) -> None:
    """The cover is a small WebP, which browsers keep by its ETag."""
    one, short = (await listed(filled))["items"][:2]
    path = f"{PREFIX}/files/{one['id']}/cover"
    async with filled.client.get(path) as response:
        assert (response.status, response.content_type) == (200, "image/webp")
        data, tag = await response.read(), response.headers["ETag"]
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("WEBP", (320, 160))
    assert one["tags"]["cover"] in tag
    async with filled.client.get(path, headers={"If-None-Match": tag}) as response:
        assert response.status == 304
    assert (await filled.get(f"/files/{short['id']}/cover", status=404))["code"] == "no_cover"
    assert (await filled.get("/files/999999/cover", status=404))["code"] == "file_not_found"
