"""A worker that is not ours any more: what it sends costs its file, and nothing else."""

import asyncio
import os
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auralis_fp.models import Rejected
from auralis_fp.tags.model import TagReading
from auralis_fp.workers.handover import Handover, OneFile
from auralis_fp.workers.messages import Progress
from auralis_fp.workers.tasks import analyse_file, read_tags
from auralis_fp.workers.worker import MisbehavedError, Worker, WorkerLostError

PROGRAM = """
import os, sys
sys.path[:] = {path!r}
from auralis_fp.models import Rejected
from auralis_fp.tags.model import TagReading
from auralis_fp.workers.channel import adopt_channel
from auralis_fp.workers.messages import *

channel = adopt_channel()
request = decode_for_worker(channel.receive_with_descriptors(MAX_MESSAGE)[0])
rejected = RejectedReply(id=request.id, outcome=Rejected("decode", "corrupt", "No audio could be decoded."))
{behaviour}
channel.receive(1)  # waits for the end
"""
HUGE = 'os.write(channel._writer, (1 << 30).to_bytes(4, "big") + b"begin")'
HALF = 'os.write(channel._writer, (100).to_bytes(4, "big") + b"half"); sys.exit()'
EARLY = "channel.send(encode(Ready(lacking=[])))"
ANOTHER_ID = 'channel.send(encode(RejectedReply(id=b"guessed", outcome=rejected.outcome)))'
ANOTHER_TASK = "channel.send(encode(TagsReply(id=request.id, outcome=TagReading())))"
TWICE = """
channel.send(encode(Progress(id=request.id, decoded_sec=0, duration_sec=0)))
channel.send(encode(rejected))
channel.send(encode(rejected))
"""
Play = Callable[[str], Worker]


@pytest.fixture
def play() -> Iterator[Play]:
    """Return a function that starts a process that behaves in some way once it has a request."""
    workers = []

    def start(behaviour: str) -> Worker:
        program = PROGRAM.format(path=sys.path, behaviour=behaviour)
        workers.append(Worker([sys.executable, "-c", program]))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.close()


@pytest.fixture
def handover(tmp_path: Path) -> Handover:
    """Return a file to hand over."""
    return handed(tmp_path)


def handed(folder: Path) -> Handover:
    """Return an open file to hand over."""
    (folder / "a.mp3").write_bytes(b"x")
    handover = Handover(read_tags.__name__, OneFile(os.fsencode(folder / "a.mp3")))
    assert handover.open() is None
    return handover


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (HUGE, MisbehavedError),
        (HALF, WorkerLostError),
        (EARLY, MisbehavedError),
        (ANOTHER_ID, MisbehavedError),
        (ANOTHER_TASK, MisbehavedError),
    ],
    ids=["huge", "half", "early", "another id", "another task"],
)
def test_an_invalid_answer_is_a_lost_worker(
    play: Play, handover: Handover, behaviour: str, error: type[Exception]
) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(error):
        play(behaviour).run(handover, (Rejected,), lambda _: None)


def test_a_second_answer_is_not_taken_for_the_next_file(play: Play, tmp_path: Path) -> None:
    """The first counts; the worker is given up at the next request."""
    seen: list[Progress] = []
    worker = play(TWICE)
    outcome = worker.run(handed(tmp_path), (TagReading, Rejected), seen.append)
    assert (outcome.code, len(seen)) == ("corrupt", 1)
    with pytest.raises(MisbehavedError):
        worker.run(handed(tmp_path), (TagReading, Rejected), seen.append)


def test_closing_early_leaves_no_file_open(tmp_path: Path) -> None:
    """A hand-over that was closed while its file was still being opened closes it."""
    (tmp_path / "a.mp3").write_bytes(b"x")
    before = len(os.listdir("/proc/self/fd"))
    handover = Handover(read_tags.__name__, OneFile(os.fsencode(tmp_path / "a.mp3")))
    handover.close()
    assert handover.open() is None
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_descriptors_the_file_is_not_blamed(tmp_path: Path) -> None:
    """As under ``ulimit -n 64``: the work waits."""
    (tmp_path / "a.mp3").write_bytes(b"x")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard))
    held = []
    try:
        while True:
            try:
                held.append(os.dup(0))
            except OSError:
                break
        refused = Handover(read_tags.__name__, OneFile(os.fsencode(tmp_path / "a.mp3"))).open()
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert isinstance(refused, Rejected)
    assert (refused.stage, refused.code) == ("worker", "unavailable")


async def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """In place of a file, at either end: refused without waiting."""
    os.mkfifo(tmp_path / "pipe.mp3")
    refused = await asyncio.to_thread(Handover(analyse_file.__name__, OneFile(os.fsencode(tmp_path / "pipe.mp3"))).open)
    assert isinstance(refused, Rejected)
    assert refused.code == "not_regular"
    reading, writing = os.pipe()
    outcome = analyse_file(reading)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "not_regular"
    os.close(writing)
