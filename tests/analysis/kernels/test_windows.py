"""Hann windows and their autocorrelation."""

import numpy as np

from auralis_fp.analysis.kernels.windows import hann, hann_autocorrelation


def test_autocorrelation_equals_that_of_the_sampled_window() -> None:
    """The closed form agrees with the correlation of a window of 512 samples."""
    window = hann(512)
    sampled = np.correlate(window, window, "full")[511:]
    np.testing.assert_allclose(hann_autocorrelation(np.arange(512) / 512), sampled / sampled[0], atol=1e-8)
