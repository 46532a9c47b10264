"""Audio that is moved, renamed, copied or retagged is not analysed again."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import mutagen
import pytest

from audio_files import tones, write_wav
from auralis_fp import schema
from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from hosting import eventually, tone_file
from serving import until_counts


@pytest.fixture
def second(library: Path) -> Path:
    """Return a second library."""
    folder = library.with_name("second")
    folder.mkdir()
    tone_file(folder / "stays.wav", 2.0)
    return folder


@pytest.fixture
async def service(settings: Settings, library: Path, second: Path) -> AsyncIterator[Service]:
    """Return a running service over two libraries, with one song in the first, analysed."""
    tone_file(library / "stays.wav", 2.5)
    tone_file(library / "song.wav")
    both = replace(settings, libraries=(library, second), watching="events", settle_sec=0.1)
    async with Service(both).running() as running:
        await until_counts(running, done=3)
        yield running


async def where(service: Service, path: Path) -> str | None:
    """Return the state of the file at *path*, or None if it is unknown."""
    record = await service._live.context.library.by_path(os.fsencode(path))
    return None if record is None else record.state


async def until_at(service: Service, path: Path, gone: Path | None = None) -> None:
    """Wait until the file at *path* is done and the file at its old path is gone."""
    states: dict[Path, str | None] = {}
    while states.get(path) != "done" or (gone is not None and states.get(gone) != "missing"):
        for one in (path, *([gone] if gone else [])):
            states[one] = await where(service, one)


@pytest.mark.slow
async def test_moves_and_renames_cost_no_analysis(service: Service, library: Path, second: Path) -> None:
    """Within a folder, between folders and libraries, and back; the host's track id follows."""
    song = library / "song.wav"
    first = await service.fingerprint(os.fsencode(song), 7)
    places = [library / "renamed.wav", library / "album" / "song.wav", second / "Song.WAV", song]
    before = song
    for place in places:
        place.parent.mkdir(exist_ok=True)
        before.rename(place)
        await until_at(service, place, before)
        record, answer = await service.track(7)
        assert record.path == os.fsencode(place)
        assert answer is not None
        assert answer.analysed == first.analysed
        before = place
    assert service.analyses == (3, 0)


async def test_a_whole_folder_moves(service: Service, library: Path, second: Path) -> None:
    """An album moved to another library keeps its results."""
    for number in range(3):
        (library / "album").mkdir(exist_ok=True)
        tone_file(library / "album" / f"{number}.wav", 1.1 + number / 10)
    await until_counts(service, done=6, total=6)
    shutil.move(library / "album", second / "album")
    for number in range(3):
        await until_at(service, second / "album" / f"{number}.wav", library / "album" / f"{number}.wav")
    await until_counts(service, done=6, total=6)
    assert service.analyses == (6, 0)


async def test_copies_and_hard_links_share_a_result(service: Service, library: Path, second: Path) -> None:
    """The same audio at three paths is analysed once and counted three times."""
    shutil.copyfile(library / "song.wav", second / "copy.wav")
    (second / "link.wav").hardlink_to(library / "song.wav")
    await until_counts(service, done=5, total=5)
    assert service.analyses == (3, 0)


async def test_new_tags_cost_no_analysis(service: Service, library: Path) -> None:
    """A new title changes size and time, but neither the result nor its id."""
    song = library / "song.wav"
    before = await service.fingerprint(os.fsencode(song))
    file = mutagen.File(song)
    file.add_tags()
    file.save()
    after = await service.fingerprint(os.fsencode(song))
    assert after.stamp != before.stamp
    assert after.file_id == before.file_id
    assert replace(after.analysed, parts=()) == replace(before.analysed, parts=())
    assert service.analyses == (3, 0)


async def test_other_audio_at_the_same_path_is_analysed(service: Service, library: Path) -> None:
    """An atomic replacement is detected even with the same size and time."""
    song = library / "song.wav"
    before = await service.fingerprint(os.fsencode(song))
    new = library / "new.part"
    write_wav(new, tones(1.0, 1, 22050), 22050)
    assert new.stat().st_size == song.stat().st_size
    new.rename(song)
    await eventually(lambda: service.analyses == (4, 0))
    after = await service.fingerprint(os.fsencode(song))
    assert after.analysed.fingerprint != before.analysed.fingerprint


async def test_sidecars_are_valid_for_the_same_audio(settings: Settings, library: Path, tmp_path: Path) -> None:
    """With a new database, the old key and new file times, as after restoring a backup, nothing is analysed."""
    song = tone_file(library / "song.wav")
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
    os.utime(song, (1_000_000_000, 1_000_000_000))
    (tmp_path / "new").mkdir()
    shutil.copyfile(settings.data_dir / "sidecar.key", tmp_path / "new" / "sidecar.key")
    async with Service(replace(settings, data_dir=tmp_path / "new")).running() as service:
        await until_counts(service, done=1)
        assert service.analyses == (0, 0)


async def test_results_of_an_earlier_algorithm_are_not_reused(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is renamed and outdated at once is analysed again."""
    song = tone_file(library / "song.wav")
    tone_file(library / "other.wav", 2.0)
    async with Service(settings).running() as service:
        await until_counts(service, done=2)
    song.rename(library / "renamed.wav")
    monkeypatch.setattr(schema, "ALGORITHM_VERSION", schema.ALGORITHM_VERSION + 1)
    async with Service(settings).running() as service:
        await until_counts(service, done=2, total=2, outdated=0)
        assert service.analyses == (2, 0)
