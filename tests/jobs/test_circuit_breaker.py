"""Folders that are left alone: offline, or with a disk that keeps failing."""

import pytest

from auralis_fp.jobs.circuit_breaker import FAILURES_TO_OPEN, FIRST_OPEN_SEC, LONGEST_OPEN_SEC, CircuitBreakers

ROOT, INNER = b"/music", b"/music/nas"


class Clock:
    """A clock that is set by hand."""

    seconds = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """Return the clock."""
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> CircuitBreakers:
    """Return the holds of two folders, one in the other, both online."""
    breakers = CircuitBreakers(clock)
    for root in (ROOT, INNER):
        breakers.set_online(root, online=True)
    return breakers


def break_down(breakers: CircuitBreakers, path: bytes) -> float | None:
    """Have reading fail until the folder rests."""
    for _ in range(FAILURES_TO_OPEN - 1):
        assert breakers.failed(path) is None
    return breakers.failed(path)


def test_what_is_offline_is_held(breakers: CircuitBreakers) -> None:
    """News once, and let go when it is back."""
    assert breakers.open() == []
    assert breakers.set_online(ROOT, online=False)
    assert not breakers.set_online(ROOT, online=False)
    assert list(breakers.open()) == [ROOT]
    assert breakers.set_online(ROOT, online=True)
    assert breakers.open() == []


def test_a_disk_that_keeps_failing_rests(breakers: CircuitBreakers, clock: Clock) -> None:
    """The innermost folder alone; longer each time it goes on failing, and not for ever."""
    assert break_down(breakers, INNER + b"/song.mp3") == FIRST_OPEN_SEC
    assert list(breakers.open()) == [INNER]
    rest = FIRST_OPEN_SEC
    for _ in range(8):
        clock.seconds += rest
        assert breakers.open() == []
        again = breakers.failed(INNER + b"/song.mp3")
        assert again == min(2 * rest, LONGEST_OPEN_SEC)
        rest = again


def test_one_success_ends_the_doubt(breakers: CircuitBreakers, clock: Clock) -> None:
    """The count begins anew, and so does the length of the rest."""
    break_down(breakers, ROOT + b"/song.mp3")
    clock.seconds += FIRST_OPEN_SEC
    breakers.succeeded(ROOT + b"/song.mp3")
    assert break_down(breakers, ROOT + b"/song.mp3") == FIRST_OPEN_SEC


def test_files_outside_are_never_held(breakers: CircuitBreakers) -> None:
    """There is no folder to rest."""
    for _ in range(2 * FAILURES_TO_OPEN):
        assert breakers.failed(b"/elsewhere/song.mp3") is None
    breakers.retain([INNER])
    assert breakers.root_of(ROOT + b"/song.mp3") is None
