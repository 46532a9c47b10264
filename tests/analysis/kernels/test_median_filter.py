"""Running medians against numpy's median."""

import numpy as np
import pytest

from auralis_fp.analysis.kernels.median_filter import medians_over_columns, medians_over_rows, merge


@pytest.mark.parametrize("window", [4, 8, 16])
def test_over_rows_equals_the_median_of_every_second_window(window: int) -> None:
    """Medians over rows equal those of every second window, rounded up."""
    values = np.random.default_rng(window).integers(0, 256, (50, 70)).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)[::2]
    np.testing.assert_array_equal(medians_over_rows(values, window), np.ceil(np.median(windows, axis=-1)))


@pytest.mark.parametrize("window", [8, 16, 32])
def test_over_columns_equals_the_median_of_every_fourth_window(window: int) -> None:
    """Medians over columns equal those of every fourth window, rounded up."""
    values = np.random.default_rng(window).integers(0, 256, (20, 92)).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=1)[:, ::4]
    np.testing.assert_array_equal(medians_over_columns(values, window), np.ceil(np.median(windows, axis=-1)))


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 3), (4, 4), (7, 8), (5, 0)])
def test_merging_sorts(first: int, second: int) -> None:
    """Sorted runs of any lengths are merged element by element."""
    random = np.random.default_rng(first)
    runs = [np.sort(random.integers(0, 9, (count, 40)).astype(np.uint8), axis=0) for count in (first, second)]
    expected = np.sort(np.concatenate(runs), axis=0)
    np.testing.assert_array_equal(np.stack(merge(list(runs[0]), list(runs[1]))), expected)
