"""When background jobs may run."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from auralis_fp.jobs.throttle import PLAYING_LASTS, BackgroundGate, QuietHours
from patience import LIMIT_SEC


def clock(text: str) -> datetime:
    """Return a time of day."""
    return datetime.fromisoformat(f"2026-03-10T{text}+00:00")


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ("", "03:00", None),
        ("23:00-07:00", "22:59", None),
        ("23:00-07:00", "23:00", "2026-03-11T07:00"),
        ("23:00-07:00", "23:59", "2026-03-11T07:00"),
        ("23:00-07:00", "00:00", "2026-03-10T07:00"),
        ("23:00-07:00", "06:59", "2026-03-10T07:00"),
        ("23:00-07:00", "07:00", None),
        ("13:30-14:00", "13:29", None),
        ("13:30-14:00", "13:30", "2026-03-10T14:00"),
        ("13:30-14:00", "14:00", None),
        ("00:00-00:00", "12:00", None),
    ],
)
def test_limits_of_quiet_hours(hours: str, now: str, until: str | None) -> None:
    """Also across midnight; the first minute is included, the last is not."""
    expected = None if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert QuietHours(hours).until(clock(now)) == expected


def test_order_of_reasons() -> None:
    """The pause switch takes precedence over playback, playback over quiet hours."""
    gate = BackgroundGate("23:00-07:00", now=lambda: clock("23:30"))
    blocked = gate.blocked_by()
    assert blocked is not None
    assert tuple(blocked) == (
        "quiet_hours",
        "Quiet hours until 07:00.",
        (clock("07:00") + timedelta(days=1)).timestamp(),
    )
    gate.playing(playing=True)
    assert (gate.blocked_by() or blocked).state == "waiting_for_playback"
    gate.pause(paused=True)
    assert (gate.blocked_by() or blocked).state == "paused"
    assert gate.paused


async def test_waiting_ends_with_the_last_reason() -> None:
    """Several waiters continue together once no reason is left."""
    gate = BackgroundGate()
    await asyncio.wait_for(gate.wait(), LIMIT_SEC)
    gate.pause(paused=True)
    gate.playing(playing=True)
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0.01)
    gate.pause(paused=False)
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    gate.playing(playing=False)
    await asyncio.wait_for(asyncio.gather(*waiting), LIMIT_SEC)


async def test_quiet_hours_end_by_themselves() -> None:
    """Waiters continue at the end of the night without a notification."""
    begun = datetime.now(UTC)
    offset = clock("06:59:59") + timedelta(milliseconds=800) - begun
    gate = BackgroundGate("23:00-07:00", now=lambda: datetime.now(UTC) + offset)
    assert gate.blocked_by() is not None
    await asyncio.wait_for(gate.wait(), 5)
    assert gate.blocked_by() is None


def test_playback_expires() -> None:
    """A host that disappears does not block background jobs for ever."""
    now = clock("12:00")
    gate = BackgroundGate(now=lambda: now)
    gate.playing(playing=True)
    now += PLAYING_LASTS - timedelta(seconds=1)
    assert gate.blocked_by() is not None
    gate.playing(playing=True)
    now += timedelta(seconds=2)
    assert gate.blocked_by() is not None
    now += PLAYING_LASTS
    assert gate.blocked_by() is None


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=2), timedelta(days=2000)])
def test_a_clock_that_is_set_back_ends_playback(back: timedelta) -> None:
    """Playback that seems to last longer than an hour was recorded by a clock that was wrong."""
    now = clock("12:00")
    gate = BackgroundGate(now=lambda: now)
    gate.playing(playing=True)
    now -= timedelta(seconds=30)
    assert gate.blocked_by() is not None
    now -= back
    assert gate.blocked_by() is None
    gate.playing(playing=True)
    assert gate.blocked_by() is not None
