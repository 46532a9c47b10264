"""Libraries on a case-insensitive disk, such as those of cameras, Windows and macOS."""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.files.on_disk_names import on_disk_name
from auralis_fp.settings import Settings, Watching
from auralis_fp.store.filters import FileQuery
from disks import caseless_disk
from hosting import tone_file
from patience import LIMIT_SEC
from serving import until_counts


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    """Return an empty folder on a case-insensitive disk."""
    with caseless_disk(tmp_path / "disk", tmp_path / "image") as disk:
        folder = disk.folder / "music"
        folder.mkdir()
        yield folder


async def known(service: Service) -> list[bytes]:
    """Return the paths of the known, present files."""
    return [record.path for record in (await service.listings.files(FileQuery())).items]


async def until_known_as(service: Service, place: Path) -> None:
    """Wait until the file is known at this path alone, and done."""
    give_up = time.monotonic() + LIMIT_SEC
    while await known(service) != [os.fsencode(place)]:
        assert time.monotonic() < give_up, await known(service)
        await asyncio.sleep(0.02)
    await until_counts(service, total=1, done=1)


@pytest.mark.parametrize("watching", ["events", "off"])
async def test_a_rename_that_changes_only_the_case_costs_no_analysis(
    settings: Settings, library: Path, watching: Watching
) -> None:
    """Of a file, then of its folder, found by events or by a sweep; only the new name is known afterwards."""
    song = library / "Album" / "Song.wav"
    song.parent.mkdir()
    tone_file(song)
    changed = replace(settings, libraries=(library,), watching=watching, settle_sec=0.1)
    async with Service(changed).running() as service:
        await until_counts(service, total=1, done=1)
        for old, new in (("Album/Song.wav", "Album/song.WAV"), ("Album", "ALBUM")):
            (library / old).rename(library / new)
            if watching == "off":
                service.scan()
            place = library / new if new != "ALBUM" else library / "ALBUM" / "song.WAV"
            await until_known_as(service, place)
        assert service.analyses == (1, 0)


async def test_a_request_in_another_spelling_finds_the_file(settings: Settings, library: Path) -> None:
    """The path is stored as its folder lists it, and only once."""
    song = tone_file(library / "Söng.wav")
    async with Service(replace(settings, libraries=(library,))).running() as service:
        await until_counts(service, total=1, done=1)
        answer = await service.fingerprint(library / "SÖNG.WAV")
        assert answer.analysed == (await service.fingerprint(song)).analysed
        assert await known(service) == [os.fsencode(song)]
        assert service.analyses == (1, 0)


def test_names_on_a_case_sensitive_disk_stay_as_they_are(tmp_path: Path) -> None:
    """Each spelling is its own file, and another spelling is not replaced."""
    root = os.fsencode(tmp_path)
    for name in ("song.mp3", "SONG.mp3", "SONG.MP3"):
        (tmp_path / name).touch()
        assert on_disk_name(root + b"/" + name.encode(), root) == root + b"/" + name.encode()
    assert on_disk_name(root + b"/Song.mp3", root) == root + b"/Song.mp3"
