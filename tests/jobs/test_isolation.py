"""One bad file, result or sidecar among good ones costs only itself."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.jobs import results as results_module
from auralis_fp.models import FileEvent, FileStamp, Rejected
from auralis_fp.settings import Settings
from auralis_fp.sidecars import outbox
from hosting import eventually, tone_file
from serving import until_counts
from stored import library_in, seen

GOOD = 12


def songs(library: Path, good: int = GOOD) -> Path:
    """Write good files and one that the database will refuse; return it."""
    for number in range(good):
        tone_file(library / f"{number}.wav", 0.5 + number / 10)
    return tone_file(library / "bad.wav", 2.5)


async def refuse(service: Service, table: str, condition: str, bad: Path) -> None:
    """Have SQLite refuse rows of a table for one file."""
    path = f"x'{os.fsencode(bad).hex()}'"
    file_id = f"(SELECT id FROM files WHERE path = {path})"  # noqa: S608 - from constants
    when = condition.format(path=path, file_id=file_id)
    trigger = f"CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    await service._live.context.library.database.write(lambda db: db.execute(trigger).rowcount)


async def code_of(service: Service, song: Path) -> str | None:
    """Return the code of the failure of a file."""
    record = await service._live.context.library.by_path(os.fsencode(song))
    return record.failure.code if record is not None and record.failure is not None else None


async def test_a_file_that_cannot_be_stored(settings: Settings, library: Path) -> None:
    """The others of its batch are analysed; it is a failure with a name."""
    async with Service(settings).running() as service:
        bad = library / "bad.wav"
        await refuse(service, "files", "NEW.path = {path} AND NEW.size >= 0", bad)
        songs(library)
        service.scan()
        await until_counts(service, done=GOOD, failed=1)
        assert await code_of(service, bad) == "unstorable"


@pytest.mark.parametrize("good", [0, GOOD])
async def test_a_result_that_cannot_be_stored(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """After some attempts it becomes a failure, and health is good again, whether or not another result follows."""
    monkeypatch.setattr(results_module, "FIRST_RETRY_SEC", 0.01)
    async with Service(settings).running() as service:
        bad = library / "bad.wav"
        await refuse(service, "fingerprints", "NEW.file_id = {file_id}", bad)
        songs(library, good)
        service.scan()
        await until_counts(service, done=good, failed=1)
        assert await code_of(service, bad) == "StorageError"
        await eventually(lambda: service.health()["status"] == "healthy")


@pytest.mark.slow
async def test_a_sidecar_that_cannot_be_adopted(settings: Settings, library: Path, tmp_path: Path) -> None:
    """The others are adopted; its file is analysed."""
    bad = songs(library)
    async with Service(settings).running() as service:
        await until_counts(service, done=GOOD + 1)
        await eventually(lambda: len(list(library.glob("*.25d"))) == GOOD + 1)
    async with Service(replace(settings, data_dir=tmp_path / "new", watching="off")).running() as service:
        await refuse(service, "fingerprints", "NEW.file_id = {file_id} AND NEW.source = 'sidecar'", bad)
        await until_counts(service, done=GOOD + 1)
        assert service.analyses[0] <= GOOD + 1  # the first scan may have been faster than the trigger


@pytest.mark.slow
async def test_a_sidecar_that_cannot_be_written(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those behind it in the outbox are written, and it stays pending."""
    monkeypatch.setattr(outbox, "FIRST_RETRY_SEC", 0.2)
    bad = tone_file(library / "bad.wav", 2.5)
    (library / "bad.wav.25d").mkdir()
    digest = hashlib.blake2b(os.fsencode(bad), digest_size=16).hexdigest()
    blocked = settings.data_dir / "sidecars" / digest[:2]
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file in the way", encoding="ascii")
    async with Service(settings).running() as service:
        await service.fingerprint(os.fsencode(bad))
        for number in range(3):
            await service.fingerprint(os.fsencode(tone_file(library / f"{number}.wav", 1 + number / 10)))
        await eventually(lambda: len([path for path in library.glob("*.25d") if path.is_file()]) == 3)
        await service._live.context.outbox.flush()
        assert [item.path for item in await service._live.context.library.pending_sidecars(10)] == [os.fsencode(bad)]


@pytest.mark.parametrize(
    "stamp", [FileStamp(2**63, 0), FileStamp(1, 2**63), FileStamp(-(2**70), 5)], ids=["size", "time", "negative"]
)
async def test_a_stamp_beyond_the_database(stamp: FileStamp, settings: Settings, library: Path) -> None:
    """Numbers that SQLite cannot hold concern one file of a batch."""
    strange = os.fsencode(library / "strange.wav")
    events = [seen(os.fsencode(library / f"{number}.wav")) for number in range(20)]
    events.insert(7, FileEvent(strange, stamp))
    async with Service(replace(settings, watching="off")).running() as service:
        await until_counts(service, total=0)
        await service._live.pipeline.reconciler.observe(events)
        for event in events:
            record = await service._live.context.library.by_path(event.path)
            assert record is not None


async def test_a_rejected_file_stays_rejected(tmp_path: Path) -> None:
    """Seen again in the same way it is not queued; described properly it is."""
    async with library_in(tmp_path) as library:
        await library.reject(b"/music/bad.wav", Rejected("scan", "unstorable", "It cannot be stored."))
        assert (await library.counts()).failed == 1
        assert await library.observe([seen(b"/music/bad.wav")]) == 1
        assert (await library.counts()).pending == 1
