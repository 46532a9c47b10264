"""Sub-fingerprints."""

import numpy as np
import pytest

from auralis_fp.schema.sub_fingerprints import HOP_SEC, MAX_COUNT
from recordings import RATE, bits, recording


def words(data: bytes) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    """Return sub-fingerprints as numbers."""
    return np.frombuffer(data, "<u4")


def equal(one: bytes, other: bytes) -> float:
    """Return the share of equal bits from the beginning on."""
    first, second = words(one), words(other)
    length = min(len(first), len(second))
    return 1 - float(np.bitwise_count(first[:length] ^ second[:length]).mean()) / 32


def test_a_long_recording_takes_3_kib() -> None:
    """What lies beyond the first 72 s is ignored."""
    samples = recording(1, 90)
    data = bits(samples)
    assert len(data) == 4 * MAX_COUNT
    assert bits(samples[: 73 * RATE]) == data


def test_the_number_grows_with_the_length() -> None:
    """One for each hop after the first frame."""
    assert len(words(bits(recording(1, 20)))) == pytest.approx((20 - 20_480 / 44_100) / HOP_SEC, abs=2)
    assert bits(recording(1, 0.5)) == b""
    assert bits(np.zeros((0, 2), dtype=np.float32)) == b""


@pytest.mark.parametrize("block", [100, 4095, 50_000])
def test_blocks_do_not_matter(block: int) -> None:
    """Nor does where one ends; only rounding may differ."""
    samples = recording(2, 30)
    assert equal(bits(samples), bits(samples, block=block)) > 0.999


def test_gain_and_channels_do_not_matter() -> None:
    """Neither a louder copy nor a mono one has other bits, rounding aside."""
    samples = recording(3, 30)
    assert equal(bits(samples), bits(0.25 * samples)) > 0.999
    assert equal(bits(samples), bits(samples.mean(axis=1, keepdims=True))) > 0.999


def test_the_sample_rate_does_not_matter() -> None:
    """Most bits are the same at another one."""
    samples = recording(4, 30, 44_100)
    assert equal(bits(samples, 44_100), bits(samples[::2], 22_050)) > 0.9


def test_other_music_has_other_bits() -> None:
    """About half of them are equal by chance."""
    assert 0.45 < equal(bits(recording(5, 30)), bits(recording(6, 30))) < 0.6


def test_silence_has_none() -> None:
    """Its sub-fingerprints are 0, so that silent beginnings do not look alike."""
    samples = recording(7, 30)
    samples[: 10 * RATE] = 0.0
    found = words(bits(samples))
    assert not found[: int(9 / HOP_SEC)].any()
    assert (found[int(11 / HOP_SEC) :] != 0).all()
    assert not words(bits(np.zeros((30 * RATE, 1), dtype=np.float32))).any()


@pytest.mark.parametrize("rate", [1000, 8000, 44_100, 192_000])
def test_any_rate(rate: int) -> None:
    """The lowest and the highest that are decoded give bits without an error."""
    samples = np.random.default_rng(0).standard_normal((10 * rate, 1)).astype(np.float32) * 0.1
    with np.errstate(all="raise", under="ignore"):
        assert len(words(bits(samples, rate))) > 90
