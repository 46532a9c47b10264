"""Repeated log records."""

import logging
import time

import pytest

from auralis_fp.runtime.logging import RepeatFilter


def record(text: str, *arguments: object) -> logging.LogRecord:
    """Return a log record."""
    return logging.LogRecord("asyncio", logging.ERROR, __file__, 1, text, arguments, None)


def test_a_repeated_record_is_shown_once_with_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times the same is two lines: at once, and later with the number left out."""
    repeats = RepeatFilter()
    shown = sum(repeats.filter(record("no descriptor is left")) for _ in range(1000))
    assert shown == 1
    later_on = time.monotonic() + 120.0
    monkeypatch.setattr(time, "monotonic", lambda: later_on)
    later = record("no descriptor is left")
    assert repeats.filter(later)
    assert later.getMessage().startswith("no descriptor is left (999 times more")


def test_different_records_are_all_shown() -> None:
    """The values in a message count."""
    repeats = RepeatFilter()
    assert all(repeats.filter(record("%s cannot be read", number)) for number in range(1500))
    assert not repeats.filter(record("%s cannot be read", 1499))
