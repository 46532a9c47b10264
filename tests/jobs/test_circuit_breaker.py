"""Circuit breakers for offline folders and failing disks."""

import pytest

from auralis_fp.jobs.circuit_breaker import FAILURES_TO_OPEN, FIRST_OPEN_SEC, LONGEST_OPEN_SEC, CircuitBreakers

ROOT, INNER = b"/music", b"/music/nas"


class Clock:
    """A clock that the test sets."""

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
    """Return the breakers of two nested folders, both online."""
    breakers = CircuitBreakers(clock)
    for root in (ROOT, INNER):
        breakers.set_online(root, online=True)
    return breakers


def break_down(breakers: CircuitBreakers, path: bytes) -> float | None:
    """Fail to read until the breaker opens."""
    for _ in range(FAILURES_TO_OPEN - 1):
        assert breakers.failed(path) is None
    return breakers.failed(path)


def test_an_offline_folder_is_open(breakers: CircuitBreakers) -> None:
    """Changes are reported once; the breaker closes when the folder is back."""
    assert breakers.open() == []
    assert breakers.set_online(ROOT, online=False)
    assert not breakers.set_online(ROOT, online=False)
    assert list(breakers.open()) == [ROOT]
    assert breakers.set_online(ROOT, online=True)
    assert breakers.open() == []


def test_repeated_failures_open_the_breaker(breakers: CircuitBreakers, clock: Clock) -> None:
    """Only the innermost folder is affected, for a pause that doubles up to a limit."""
    assert break_down(breakers, INNER + b"/song.mp3") == FIRST_OPEN_SEC
    assert list(breakers.open()) == [INNER]
    rest = FIRST_OPEN_SEC
    for _ in range(8):
        clock.seconds += rest
        assert breakers.open() == []
        again = breakers.failed(INNER + b"/song.mp3")
        assert again == min(2 * rest, LONGEST_OPEN_SEC)
        rest = again


def test_a_success_closes_the_breaker(breakers: CircuitBreakers, clock: Clock) -> None:
    """The failure count and the pause start again."""
    break_down(breakers, ROOT + b"/song.mp3")
    clock.seconds += FIRST_OPEN_SEC
    breakers.succeeded(ROOT + b"/song.mp3")
    assert break_down(breakers, ROOT + b"/song.mp3") == FIRST_OPEN_SEC


def test_files_outside_have_no_breaker(breakers: CircuitBreakers) -> None:
    """Failures outside the known folders are ignored."""
    for _ in range(2 * FAILURES_TO_OPEN):
        assert breakers.failed(b"/elsewhere/song.mp3") is None
    breakers.retain([INNER])
    assert breakers.root_of(ROOT + b"/song.mp3") is None
