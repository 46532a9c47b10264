"""Messages between the service and a worker, on a real socket pair."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from auralis_fp.workers.channel import Channel, ProtocolError

LIMIT = 1000


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Yield both ends of a channel."""
    channels = [Channel(number, number) for number in (end.detach() for end in socket.socketpair())]
    yield channels[0], channels[1]
    for channel in channels:
        channel.close()


@pytest.mark.parametrize("message", [b"", b"x", bytes(range(256)) * 3], ids=["empty", "short", "longer"])
def test_a_message_arrives_as_it_was_sent(ends: tuple[Channel, Channel], message: bytes) -> None:
    """Any bytes, one message after the other."""
    ends[0].send(message)
    ends[0].send(message + b"2")
    assert ends[1].has_input()
    assert (ends[1].receive(LIMIT), ends[1].receive(LIMIT)) == (message, message + b"2")
    assert not ends[1].has_input()


def test_an_open_file_is_passed_on(ends: tuple[Channel, Channel], tmp_path: Path) -> None:
    """With its message, and with a number of its own."""
    (tmp_path / "a").write_bytes(b"music")
    with (tmp_path / "a").open("rb") as file:
        ends[0].send(b"one", [file.fileno()])
        ends[0].send(b"two")
    message, (descriptor,) = ends[1].receive_with_descriptors(LIMIT)
    with open(descriptor, "rb") as received:  # noqa: PTH123 - a descriptor
        assert (message, received.read()) == (b"one", b"music")
    assert ends[1].receive_with_descriptors(LIMIT) == (b"two", [])


def test_open_files_that_are_not_expected_are_dropped(ends: tuple[Channel, Channel]) -> None:
    """The service reads answers without accepting descriptors."""
    before = len(os.listdir("/proc/self/fd"))
    ends[0].send(b"answer", [0, 1, 2])
    assert ends[1].receive(LIMIT) == b"answer"
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("size", [LIMIT + 1, 1 << 30, (1 << 32) - 1])
def test_a_message_over_the_limit_is_refused(ends: tuple[Channel, Channel], size: int) -> None:
    """By its header, before any of it is read."""
    os.write(ends[0]._writer, size.to_bytes(4, "big") + b"begin")
    with pytest.raises(ProtocolError):
        ends[1].receive(LIMIT)


def test_half_a_message_is_an_end(ends: tuple[Channel, Channel]) -> None:
    """When the sender is gone before the rest."""
    os.write(ends[0]._writer, (10).to_bytes(4, "big") + b"half")
    ends[0].hang_up()
    with pytest.raises(EOFError):
        ends[1].receive(LIMIT)


def test_hanging_up_wakes_a_waiting_thread(ends: tuple[Channel, Channel]) -> None:
    """A receive in another thread returns at once."""
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(EOFError):
            ends[0].receive(LIMIT)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    ends[0].hang_up()
    assert ended.wait(10)
    thread.join()
