"""Files that change while they are analysed."""

from auralis_fp.jobs.growing import FORGET_AFTER_SEC, LONGEST_PAUSE_SEC, GrowingFiles


class Clock:
    """A clock that tests advance."""

    seconds = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def test_each_change_doubles_the_pause() -> None:
    """Up to ten minutes; other files are not affected."""
    files = GrowingFiles(2.0, Clock())
    assert [files.changed(b"/m/take.wav") for _ in range(4)] == [2, 4, 8, 16]
    assert files.changed(b"/m/other.wav") == 2
    assert max(files.changed(b"/m/take.wav") for _ in range(20)) == LONGEST_PAUSE_SEC


def test_a_file_is_held_during_its_pause() -> None:
    """And like a new one once it has not changed for an hour."""
    clock = Clock()
    files = GrowingFiles(2.0, clock)
    files.changed(b"/m/take.wav")
    assert files.held() == [b"/m/take.wav"]
    clock.seconds += 2.0
    assert files.held() == []
    assert files.changed(b"/m/take.wav") == 4
    clock.seconds += FORGET_AFTER_SEC + 5
    assert files.changed(b"/m/take.wav") == 2
