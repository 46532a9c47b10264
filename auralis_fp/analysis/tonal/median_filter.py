"""Running medians by comparisons of whole arrays: fast where the windows are short and the arrays long.

Neighbouring positions share a window. A sorted run of neighbours is built once for every group of them and shared by
all windows that contain it (merging after Batcher 1968); the median of ``2n`` values lies between the two middle values
of two runs of ``n``.
"""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]


def merge(first: list[Codes], second: list[Codes]) -> list[Codes]:
    """Merge two sorted lists of equally shaped arrays, element by element (odd-even merge)."""
    if not first or not second:
        return first or second
    if len(first) == len(second) == 1:
        return [np.minimum(first[0], second[0]), np.maximum(first[0], second[0])]
    even, odd = merge(first[0::2], second[0::2]), merge(first[1::2], second[1::2])
    merged = [even[0]]
    for low, high in zip(odd, even[1:], strict=False):
        merged += [np.minimum(low, high), np.maximum(low, high)]
    return merged + (odd[len(even) - 1 :] or even[len(odd) + 1 :])


def medians_over_rows(values: Codes, window: int) -> Codes:
    """Return the median over each window of rows that begins at an even row.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        C-contiguous, an even number of rows.
    window : int
        A power of two, at least 4; the median is the mean of the two middle values, rounded up.

    Returns
    -------
    ndarray, shape ((rows - window) / 2 + 1, columns)
    """
    columns = values.shape[1]
    pairs = values.reshape(-1, 2 * columns)
    run = merge([pairs[:, :columns].ravel()], [pairs[:, columns:].ravel()])
    return _median(run, window, columns).reshape(-1, columns)


def medians_over_columns(values: Codes, window: int) -> Codes:
    """Return the median over each window of columns that begins at every fourth column.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        C-contiguous, the columns a multiple of four.
    window : int
        A power of two, at least 8; the median is the mean of the two middle values, rounded up.

    Returns
    -------
    ndarray, shape (rows, (columns - window) / 4 + 1)
    """
    rows, width = len(values), values.shape[1] // 4
    fours = values.reshape(-1).view(np.uint32)  # four neighbours in one; their order does not matter
    first, second, third, fourth = ([(fours >> np.uint32(8 * place)).astype(np.uint8)] for place in range(4))
    medians = _median(merge(merge(first, second), merge(third, fourth)), window, 1)
    whole = np.empty(rows * width, dtype=values.dtype)  # windows that reach into the next row are left out
    whole[: len(medians)] = medians
    return whole.reshape(rows, width)[:, : width - window // 4 + 1]


def _median(run: list[Codes], window: int, step: int) -> Codes:
    """Return the median of *window* values, of sorted runs of groups that lie *step* apart."""
    reach = step
    while 2 * len(run) < window:
        run = merge([part[:-reach] for part in run], [part[reach:] for part in run])
        reach *= 2
    low, high = _middle([part[:-reach] for part in run], [part[reach:] for part in run])
    high -= low
    low += (high >> 1) + (high & 1)
    return low


def _middle(left: list[Codes], right: list[Codes]) -> tuple[Codes, Codes]:
    """Return the two middle values of two sorted runs of equal length n: the n-th and the (n+1)-th smallest."""
    count = len(left)
    # n-th smallest: the least over i of max(left[i], right[n-i]) with i + (n-i) = n values taken
    low = np.minimum(left[count - 1], right[count - 1])
    for taken in range(1, count):
        np.minimum(low, np.maximum(left[taken - 1], right[count - taken - 1]), out=low)
    # (n+1)-th smallest, by symmetry: the greatest over i of min(...)
    high = np.maximum(left[0], right[0])
    for taken in range(1, count):
        np.maximum(high, np.minimum(left[taken], right[count - taken]), out=high)
    return low, high
