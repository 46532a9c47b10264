"""Track ids of the host while they cannot be stored."""

from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.engine import track_links
from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from hosting import eventually, tone_file
from serving import until_counts
from small_disk import small_disk


async def test_known_results_while_the_disk_is_full(
    settings: Settings, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are served under known and under new ids, and found by these; the ids are stored once there is room."""
    monkeypatch.setattr(track_links, "FIRST_RETRY_SEC", 0.05)
    monkeypatch.setattr(track_links, "LONGEST_RETRY_SEC", 0.05)
    songs = [tone_file(library / f"{number}.wav", 1 + number / 10) for number in range(3)]
    with small_disk(tmp_path / "disk", 2) as disk:
        if not disk.own:
            pytest.skip("needs the right to mount a tmpfs")
        settings = replace(settings, data_dir=disk.folder / "data")
        async with Service(settings).running() as service:
            await until_counts(service, done=3)
            await service.fingerprint(str(songs[0]), 1)
            disk.fill()
            for number, song in enumerate(songs, 1):
                answer = await service.fingerprint(str(song), number)
                record, same = await service.track(number)
                assert same is not None
                assert (record.id, same.analysed.fingerprint) == (answer.file_id, answer.analysed.fingerprint)
            await eventually(lambda: any("Track ids" in reason for reason in service.health()["reasons"]))
            disk.relieve()
            await eventually(lambda: service.health()["status"] == "healthy")
        async with Service(settings).running() as service:
            for number in (1, 2, 3):
                assert (await service.track(number))[1] is not None


async def test_an_id_that_moves_while_it_cannot_be_stored(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest file of an id is the one that is found and stored."""
    monkeypatch.setattr(track_links, "FIRST_RETRY_SEC", 0.05)
    songs = [tone_file(library / f"{number}.wav", 1 + number / 10) for number in range(2)]
    async with Service(settings).running() as service:
        await until_counts(service, done=2)
        database = service._live.context.library.database
        refuse = "CREATE TRIGGER refuse BEFORE INSERT ON tracks BEGIN SELECT RAISE(ABORT, 'refused'); END"
        await database.write(lambda db: db.execute(refuse).rowcount)
        for song in songs:
            answer = await service.fingerprint(str(song), 7)
            assert (await service.track(7))[0].id == answer.file_id
        await database.write(lambda db: db.execute("DROP TRIGGER refuse").rowcount)
        await eventually(lambda: service._live.lookup.links.pending(7) is None)
        assert (await service.track(7))[0].id == answer.file_id
