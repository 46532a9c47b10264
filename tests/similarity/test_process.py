"""The index process: started by queries, ended when idle, replaced when lost."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from auralis_fp.errors import RequestError
from auralis_fp.similarity import process as module
from auralis_fp.similarity.process import FILE_NAME, IndexProcess
from auralis_fp.similarity.protocol import Selection, SimilarPage, SimilarQuery
from auralis_fp.workers.pidfiles import PidFiles
from commands import environment
from hosting import eventually
from patience import LIMIT_SEC
from stored import library_in
from vectors import DATABASE, filled, made_up, result, store

# A host without standard streams.
DAEMON = """
import asyncio, os, sys
from pathlib import Path
from auralis_fp.similarity.process import IndexProcess
from auralis_fp.similarity.protocol import Selection, SimilarQuery

for number in range(3):
    os.close(number)

async def main():
    async with IndexProcess(Path(sys.argv[1])) as index:
        return await index.ask(SimilarQuery(selection=Selection(like=[int(sys.argv[2])]), limit=10))

Path(sys.argv[3]).write_text(str(len(asyncio.run(main()).items)))
"""


async def library(folder: Path, count: int = 40) -> list[int]:
    """Store made-up tracks, and return their ids."""
    return await filled(folder, [result(one) for one in made_up(count)])


def query(file_id: int) -> SimilarQuery:
    """Return a query for a track's neighbours."""
    return SimilarQuery(selection=Selection(like=[file_id]), limit=10)


async def test_it_starts_with_the_first_query(tmp_path: Path) -> None:
    """Nothing runs before; queries that come during the start wait, and all are answered."""
    ids = await library(tmp_path)
    async with IndexProcess(tmp_path / DATABASE) as index:
        assert index.pid is None
        pages = await asyncio.gather(*(index.ask(query(ids[0])) for _ in range(5)))
        assert index.pid is not None
        pid = index.pid
    assert all(page == pages[0] and len(page.items) == 10 for page in pages)
    assert not psutil.pid_exists(pid)


async def test_it_ends_when_idle(tmp_path: Path) -> None:
    """And starts again with the next query, reading its file."""
    ids = await library(tmp_path)
    async with IndexProcess(tmp_path / DATABASE, idle_sec=0.05) as index:
        page = await index.ask(query(ids[0]))
        await eventually(lambda: index.pid is None)
        assert await index.ask(query(ids[0])) == page


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
async def test_a_killed_index_is_replaced(tmp_path: Path, sign: signal.Signals) -> None:
    """The query that finds it dead is answered by the next one."""
    ids = await library(tmp_path)
    async with IndexProcess(tmp_path / DATABASE) as index:
        page = await index.ask(query(ids[0]))
        for _ in range(3):
            pid = index.pid
            assert pid is not None
            os.kill(pid, sign)
            assert await index.ask(query(ids[0])) == page
            assert index.pid != pid


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["vanished", "torn", "cut to nothing", "another version"])
async def test_a_file_damaged_in_use(tmp_path: Path, damage: str) -> None:
    """The answer stays right, also after a restart: the file is rebuilt from the database, which loses nothing."""
    ids = await library(tmp_path)
    file = tmp_path / FILE_NAME
    async with IndexProcess(tmp_path / DATABASE) as index:
        page = await index.ask(query(ids[0]))
        if damage == "vanished":
            file.unlink()
        elif damage == "another version":
            file.write_bytes(b"index of another version")
        else:
            os.truncate(file, file.stat().st_size // 2 if damage == "torn" else 0)
        assert await index.ask(query(ids[0])) == page
    async with IndexProcess(tmp_path / DATABASE) as index:
        assert await index.ask(query(ids[0])) == page
    assert file.exists()


@pytest.mark.slow
async def test_a_hanging_index_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is silent for too long is killed."""
    ids = await library(tmp_path)
    async with IndexProcess(tmp_path / DATABASE) as index:
        page = await index.ask(query(ids[0]))
        monkeypatch.setattr(module, "SILENCE_SEC", 5.0)
        hanging = index.pid
        assert hanging is not None
        os.kill(hanging, signal.SIGSTOP)
        asked = asyncio.create_task(index.ask(query(ids[0])))
        await eventually(lambda: index.pid not in {None, hanging})
        monkeypatch.undo()  # a busy machine starts the next one slowly
        assert await asked == page


async def test_without_a_database_it_is_down(tmp_path: Path) -> None:
    """A query is answered by 503 with a sentence."""
    async with IndexProcess(tmp_path / "nowhere" / DATABASE) as index:
        with pytest.raises(RequestError, match="cannot be started") as caught:
            await index.ask(query(1))
    assert (caught.value.status, caught.value.code) == (503, "index_down")


async def test_refusals_are_request_errors(tmp_path: Path) -> None:
    """With the status and the code of the index."""
    await library(tmp_path, 3)
    async with IndexProcess(tmp_path / DATABASE) as index:
        with pytest.raises(RequestError, match="File 99 has no current fingerprint") as caught:
            await index.ask(query(99))
    assert (caught.value.status, caught.value.code) == (409, "not_indexed")


async def test_a_cancelled_query_does_not_shift_answers(tmp_path: Path) -> None:
    """The late answer to an abandoned query is not taken for the answer to the next."""
    ids = await library(tmp_path)
    async with IndexProcess(tmp_path / DATABASE) as index:
        expected = {file_id: await index.ask(query(file_id)) for file_id in ids[:4]}
        for i in range(20):
            gone = asyncio.create_task(index.ask(query(ids[i % 4])))
            await asyncio.sleep(0.0005 * (i % 5))
            gone.cancel()
            assert await index.ask(query(ids[(i + 1) % 4])) == expected[ids[(i + 1) % 4]]


async def test_too_many_queries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is not for callers to choose."""
    ids = await library(tmp_path, 3)
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    async with IndexProcess(tmp_path / DATABASE) as index:
        answers = await asyncio.gather(*(index.ask(query(ids[0])) for _ in range(5)), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, RequestError)]
    assert [(one.status, one.code) for one in refused] == [(503, "index_busy")] * 3


async def test_an_orphan_is_recorded(tmp_path: Path) -> None:
    """The process is noted while it lives, for the case that its parent is killed."""
    ids = await library(tmp_path, 3)
    pid_files = PidFiles(tmp_path / "workers")
    async with IndexProcess(tmp_path / DATABASE, pid_files) as index:
        await index.ask(query(ids[0]))
        assert [file.name for file in (tmp_path / "workers").iterdir()] == [str(index.pid)]
    assert list((tmp_path / "workers").iterdir()) == []


@pytest.mark.slow
async def test_fifty_kills_during_queries(tmp_path: Path) -> None:
    """Each query gets the right answer or 503, never a wrong one, while tracks are added."""
    ids = await library(tmp_path)
    right: dict[int, SimilarPage] = {}
    async with AsyncExitStack() as stack:
        index = await stack.enter_async_context(IndexProcess(tmp_path / DATABASE))
        for file_id in ids[:5]:
            right[file_id] = await index.ask(query(file_id))
        for i in range(50):
            asking = asyncio.create_task(index.ask(query(ids[i % 5])))
            await asyncio.sleep(0.002 * (i % 4))
            if index.pid is not None:
                os.kill(index.pid, signal.SIGKILL)
            try:
                assert await asking == right[ids[i % 5]]
            except RequestError as error:
                assert error.status == 503  # noqa: PT017 - an answer like any other
            if i % 10 == 9:
                await _add(tmp_path, i)
                for file_id in ids[:5]:
                    right[file_id] = await index.ask(query(file_id))


async def _add(folder: Path, number: int) -> None:
    """Store one more track."""
    async with library_in(folder) as library:
        await store(library, b"/music/new/%d.flac" % number, result(made_up(1, seed=number)[0]))


@pytest.mark.skipif(sys.platform == "win32", reason="the numbers of descriptors differ")
async def test_it_starts_in_a_host_without_standard_streams(tmp_path: Path) -> None:
    """Its pipes get other numbers than those of the streams that are closed."""
    first, *_ = await library(tmp_path)
    command = [sys.executable, "-c", DAEMON, str(tmp_path / DATABASE), str(first), str(tmp_path / "found")]
    process = await asyncio.create_subprocess_exec(*command, env=environment())
    assert await asyncio.wait_for(process.wait(), LIMIT_SEC) == 0
    assert (tmp_path / "found").read_text() == "10"
