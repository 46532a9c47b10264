"""Framing of blocks."""

import numpy as np
import pytest

from auralis_fp.analysis.spectrum.framing import Framer


def frames_of(samples: np.ndarray, length: int, hop: int, block: int, *, padded: bool = True) -> np.ndarray:
    """Return all frames of one channel, given in blocks of one size."""
    framer = Framer(length, hop, 1, batch=3, padded=padded)
    found = [
        frames.copy()
        for first in range(0, len(samples), block)
        for frames in framer.split(samples[first : first + block])
    ]
    found += [frames.copy() for frames in framer.flush()]
    return np.concatenate(found)[:, :, 0] if found else np.empty((0, length))


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_frames_do_not_depend_on_the_blocks(block: int) -> None:
    """The frames do not depend on the block size, and are padded with the mean."""
    samples = np.arange(1, 101, dtype=np.float32)[:, None]
    frames = frames_of(samples, 16, 4, block)
    before, after = frames[0, 0], frames[-1, -1]
    assert before == samples[:12].mean()
    assert samples[-24] <= after <= samples[-1]
    padded = np.concatenate((np.full(12, before), samples[:, 0], np.full(12, after)))
    np.testing.assert_array_equal(frames, np.lib.stride_tricks.sliding_window_view(padded, 16)[::4])


@pytest.mark.parametrize("count", [30, 41, 50, 57, 100])
def test_the_end_is_followed_by_the_mean_of_the_latest_samples(count: int) -> None:
    """Each sample near the end of the signal counts once."""
    samples = np.arange(1, count + 1, dtype=np.float32)[:, None] ** 2
    after = frames_of(samples, 16, 8, 7)[-1, -1]
    assert after == pytest.approx(samples[-24:].mean())


def test_a_constant_makes_no_step() -> None:
    """The frames at both ends hold the energy of the signal."""
    assert (frames_of(np.full((101, 1), 0.25, dtype=np.float32), 16, 4, 30) == 0.25).all()


def test_unpadded_frames_lie_inside_the_signal() -> None:
    """Without padding the frames lie within the signal."""
    samples = np.arange(1, 101, dtype=np.float32)[:, None]
    frames = frames_of(samples, 16, 4, 9, padded=False)
    assert frames[0, 0] == 1
    assert frames.min() >= 1
    assert len(frames) == (100 - 16) // 4 + 1
