"""Results that may not belong to their files: served as unconfirmed, then confirmed or replaced."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.files import access, scanner
from auralis_fp.files.stamping import Stamping
from auralis_fp.settings import Settings
from auralis_fp.store.confirmation import Confirmations
from hosting import eventually, tone_file
from patience import LIMIT_SEC
from serving import until_counts

LOW, HIGH = 200.0, 3000.0
LONG_SEC = 40.0  # a WAV file of more than a megabyte, of which the content id reads samples only
GAP = slice(44 + 4096 + 64, 44 + 4096 + 192)  # bytes of it between the first two samples


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return an empty music folder."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(library: Path, tmp_path: Path) -> Settings:
    """Return settings with one worker that watch the folder."""
    return Settings(libraries=(library,), data_dir=tmp_path / "data", workers=1, settle_sec=0.1, busy_percent=0.0)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    """Yield a running service."""
    async with Service(settings).running() as service:
        yield service


async def centroid(service: Service, path: Path) -> float:
    """Return the spectral centroid that a request for a file gets."""
    return (await service.fingerprint(os.fsencode(path))).analysed.fingerprint["spectral_centroid"]


async def unconfirmed(service: Service, number: int = 0) -> None:
    """Wait until this many results are being compared with their files."""

    async def reached() -> bool:
        return await service.unconfirmed() == number

    deadline = time.monotonic() + LIMIT_SEC
    while not await reached():
        assert time.monotonic() < deadline


def keep_times(path: Path, change: Callable[[Path], object]) -> None:
    """Change a file and set its times back, as a careful program does."""
    status = path.stat()
    change(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def swap(first: Path, second: Path) -> None:
    """Exchange two files of equal size and time."""
    middle = first.with_suffix(".swap")
    first.rename(middle)
    second.rename(first)
    middle.rename(second)


@pytest.mark.slow
async def test_touched_files_are_served_and_confirmed_without_analysis(service: Service, library: Path) -> None:
    """A change of permissions changes only the ctime."""
    song = tone_file(library / "a.wav")
    await until_counts(service, done=1)
    before = await service.fingerprint(os.fsencode(song))
    assert before.confirmed
    song.chmod(0o600)
    touched = await service.fingerprint(os.fsencode(song))
    assert (touched.confirmed, touched.analysed) == (False, before.analysed)
    await unconfirmed(service)
    assert (await service.fingerprint(os.fsencode(song))).confirmed
    assert service.analyses == (1, 0)


async def test_swapped_files_of_equal_size_and_time(service: Service, library: Path) -> None:
    """Each request gets the result of the music that is there now."""
    low, high = tone_file(library / "a.wav", hz=LOW), tone_file(library / "b.wav", hz=HIGH)
    os.utime(high, ns=(low.stat().st_atime_ns, low.stat().st_mtime_ns))
    await until_counts(service, done=2)
    assert await centroid(service, low) < await centroid(service, high)
    swap(low, high)
    assert await centroid(service, low) > await centroid(service, high)


async def test_music_changed_in_place_with_its_time_set_back(service: Service, library: Path) -> None:
    """As lossless gain tools do that keep time stamps."""
    song = tone_file(library / "a.wav", hz=LOW)
    other = tone_file(library.parent / "b.wav", hz=HIGH)
    await until_counts(service, done=1)
    keep_times(song, lambda path: path.write_bytes(other.read_bytes()))
    assert await centroid(service, song) > HIGH / 2


async def test_a_change_that_samples_do_not_show(service: Service, library: Path) -> None:
    """The content id of a long file is the same, but the digest of all its bytes is not."""
    song = tone_file(library / "long.wav", LONG_SEC)
    await until_counts(service, done=1)

    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[GAP] = bytes(GAP.stop - GAP.start)
        path.write_bytes(content)

    before = await service.fingerprint(os.fsencode(song))
    keep_times(song, change)
    served = await service.fingerprint(os.fsencode(song))
    assert (served.confirmed, served.analysed) == (False, before.analysed)
    await eventually(lambda: service.analyses == (2, 0))
    await until_counts(service, done=1)
    assert (await service.fingerprint(os.fsencode(song))).confirmed


async def test_files_that_differ_between_the_samples_share_no_result(service: Service, library: Path) -> None:
    """Stems of one session have the same length and are mostly silent."""
    first = tone_file(library.parent / "stem.wav", LONG_SEC)
    content = bytearray(first.read_bytes())
    for number in range(3):
        content[GAP] = bytes([number + 1, 0]) * (len(content[GAP]) // 2)
        (library / f"stem{number}.wav").write_bytes(content)
    await until_counts(service, done=3)
    assert service.analyses == (3, 0)


async def test_unsigned_sidecars_are_unconfirmed(settings: Settings, library: Path, tmp_path: Path) -> None:
    """A sidecar that came with the music may lie within the ranges."""
    song = tone_file(library / "a.wav", hz=LOW)
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
    place = library / "a.wav.25d"
    document = json.loads(place.read_text(encoding="ascii"))
    document["fingerprint"]["tempo_bpm"] = 299.0
    place.write_text(json.dumps(document), encoding="ascii")
    async with Service(replace(settings, data_dir=tmp_path / "new")).running() as service:
        await until_counts(service, done=1)
        answer = await service.fingerprint(os.fsencode(song))
        assert (answer.source, answer.confirmed) == ("sidecar", False)
        assert service.analyses == (0, 0)


async def test_signed_sidecars_are_confirmed_by_the_whole_stamp(settings: Settings, library: Path) -> None:
    """After the loss of the database, not of the key, nothing has to be read."""
    song = tone_file(library / "a.wav")
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
    settings.database.unlink()
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        answer = await service.fingerprint(os.fsencode(song))
        assert (answer.source, answer.confirmed) == ("sidecar", True)


@pytest.mark.slow
async def test_a_copied_library_is_served_at_once(settings: Settings, library: Path, tmp_path: Path) -> None:
    """Copied with its times and sidecars to a new disk, it is confirmed by reading, without an analysis."""
    for number in range(3):
        tone_file(library / f"{number}.wav", hz=LOW * (number + 1))
    async with Service(settings).running() as service:
        await until_counts(service, done=3)
    copied = tmp_path / "copied"
    shutil.copytree(library, copied)
    async with Service(replace(settings, libraries=(copied,))).running() as service:
        await until_counts(service, done=3)
        await unconfirmed(service)
        assert service.analyses == (0, 0)
        for path in copied.glob("*.wav"):
            assert (await service.fingerprint(os.fsencode(path))).confirmed


@pytest.mark.parametrize("seconds", [15_032_385_535, 9_300_000_000, -2_147_483_648])
async def test_any_time_that_a_disk_holds_is_stored(service: Service, library: Path, seconds: int) -> None:
    """Nanoseconds after the year 2262 exceed the integers of SQLite; the other files are not affected."""
    odd = tone_file(library.parent / "odd.wav")
    os.utime(odd, (seconds, seconds))
    if odd.stat().st_mtime_ns != seconds * 10**9:
        pytest.skip("this disk does not hold such a time")
    odd.rename(library / "odd.wav")
    tone_file(library / "a.wav", hz=HIGH)
    await until_counts(service, done=2)
    assert (await service.fingerprint(os.fsencode(library / "odd.wav"))).stamp.mtime_ns == seconds * 10**9
    await unconfirmed(service)


@pytest.fixture
def fat(monkeypatch: pytest.MonkeyPatch, library: Path, tmp_path: Path) -> None:
    """Have the mount table say that the music lies on FAT."""
    device = library.stat().st_dev
    table = tmp_path / "mountinfo"
    table.write_text(f"30 1 {os.major(device)}:{os.minor(device)} / / rw - vfat /dev/sda1 rw\n")
    stamps = Stamping(table)
    for module in (access, scanner):
        monkeypatch.setattr(module, "stamp_of", stamps.stamp_of)


@pytest.mark.usefixtures("fat")
async def test_without_ctime_each_request_compares_the_samples(service: Service, library: Path) -> None:
    """A result is unconfirmed there, and a change that sets back the time is found by the next request."""
    song = tone_file(library / "a.wav", hz=LOW)
    other = tone_file(library.parent / "b.wav", hz=HIGH)
    await until_counts(service, done=1, unconfirmed=0)
    served = await service.fingerprint(os.fsencode(song))
    assert (served.confirmed, service.analyses) == (False, (1, 0))
    keep_times(song, lambda path: path.write_bytes(other.read_bytes()))
    assert await centroid(service, song) > HIGH / 2


@pytest.mark.usefixtures("fat")
async def test_without_ctime_results_are_verified_every_week(service: Service, library: Path) -> None:
    """Those that were confirmed longer ago become unconfirmed, and are compared byte by byte."""
    song = tone_file(library / "a.wav", hz=LOW)
    other = tone_file(library.parent / "b.wav", hz=HIGH)
    await until_counts(service, done=1, unconfirmed=0)
    keep_times(song, lambda path: path.write_bytes(other.read_bytes()))
    confirmations = Confirmations(service._live.context.library.database)
    await confirmations.doubt_untraceable(time.time() - 60)
    assert await service.unconfirmed() == 0
    await confirmations.doubt_untraceable(time.time() + 60)
    await eventually(lambda: service.analyses == (2, 0))


async def test_old_results_are_rechecked_within_a_budget(service: Service, library: Path, settings: Settings) -> None:
    """A change that no stamp shows is found in the end."""
    song = tone_file(library / "a.wav", hz=LOW)
    other = tone_file(library.parent / "b.wav", hz=HIGH)
    await until_counts(service, done=1)
    keep_times(song, lambda path: path.write_bytes(other.read_bytes()))
    with sqlite3.connect(settings.database) as database:  # as if the file system kept neither ctime nor inode
        status = song.stat()
        database.execute(
            "UPDATE fingerprints SET confirmed_at = 1, ctime_ns = ?, inode = ?", (status.st_ctime_ns, status.st_ino)
        )
        database.execute("UPDATE files SET ctime_ns = ?, inode = ?", (status.st_ctime_ns, status.st_ino))
    database.close()
    assert await centroid(service, song) < HIGH / 2
    await service._live.pipeline.verifier.recheck(60.0)
    await eventually(lambda: service.analyses == (2, 0))
    await until_counts(service, done=1)
    assert await centroid(service, song) > HIGH / 2


@pytest.mark.parametrize("same_time", [True, False], ids=["equal size and time", "other times"])
async def test_exchanged_names_cost_no_analysis(service: Service, library: Path, *, same_time: bool) -> None:
    """The result follows the audio, even where stamps agree and the row of one file was replaced first."""
    low, high = tone_file(library / "a.wav", hz=LOW), tone_file(library / "b.wav", hz=HIGH)
    if same_time:
        os.utime(high, ns=(low.stat().st_atime_ns, low.stat().st_mtime_ns))
    await until_counts(service, done=2)
    for _ in range(3):
        before = await centroid(service, low)
        swap(low, high)
        assert await centroid(service, low) != before
        await until_counts(service, done=2)
        await unconfirmed(service)
    assert await centroid(service, low) > await centroid(service, high)
    assert service.analyses == (2, 0)


async def test_a_damaged_row_is_restored_from_the_sidecar(service: Service, library: Path, settings: Settings) -> None:
    """Its signed sidecar names the audio, so nothing is analysed again."""
    song = tone_file(library / "a.wav", hz=LOW)
    await until_counts(service, done=1)
    before = await centroid(service, song)
    with sqlite3.connect(settings.database) as database:
        database.execute("UPDATE fingerprints SET lufs = 1e300")
    database.close()
    await service._live.pipeline.maintenance.check()
    await until_counts(service, done=1)
    assert await centroid(service, song) == before
    assert service.analyses == (1, 0)
