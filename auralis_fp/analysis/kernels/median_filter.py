"""Running medians of 8-bit values by comparisons of whole arrays.

Neighbouring positions share a window. Sorted runs of neighbours are built once per group and merged (Batcher 1968); the
median of ``2n`` values is the mean of the two middle values of two sorted runs of ``n``.
"""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]


def merge(first: list[Codes], second: list[Codes]) -> list[Codes]:
    """Merge two sorted lists of equally shaped arrays, element by element (odd-even merge).

    Parameters
    ----------
    first, second : list of ndarray
        Element *i* of the list holds the *i*-th smallest values.

    Returns
    -------
    list of ndarray

    References
    ----------
    Batcher, K. E. (1968). Sorting networks and their applications. AFIPS Spring Joint Computer Conference.

    Examples
    --------
    >>> merged = merge([np.uint8([1]), np.uint8([4])], [np.uint8([2]), np.uint8([3])])
    >>> np.concatenate(merged)
    array([1, 2, 3, 4], dtype=uint8)
    """
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
    """Return the running median over rows, for every second row.

    Parameters
    ----------
    values : ndarray, shape (rows, columns), uint8
        C-contiguous, an even number of rows.
    window : int
        Rows, a power of two of at least 4; the median is the mean of the two middle values, rounded up.

    Returns
    -------
    ndarray, shape ((rows - window) / 2 + 1, columns), uint8

    Examples
    --------
    >>> medians_over_rows(np.uint8([[1], [9], [3], [5]]), 4)
    array([[4]], dtype=uint8)
    """
    columns = values.shape[1]
    pairs = values.reshape(-1, 2 * columns)
    run = merge([pairs[:, :columns].ravel()], [pairs[:, columns:].ravel()])
    return _median(run, window, columns).reshape(-1, columns)


def medians_over_columns(values: Codes, window: int) -> Codes:
    """Return the running median over columns, for every fourth column.

    Parameters
    ----------
    values : ndarray, shape (rows, columns), uint8
        C-contiguous, the number of columns a multiple of four.
    window : int
        Columns, a power of two of at least 8; the median is the mean of the two middle values, rounded up.

    Returns
    -------
    ndarray, shape (rows, (columns - window) / 4 + 1), uint8

    Examples
    --------
    >>> medians_over_columns(np.uint8([[8, 1, 7, 2, 6, 3, 5, 4]]), 8)
    array([[5]], dtype=uint8)
    """
    rows, width = len(values), values.shape[1] // 4
    fours = values.reshape(-1).view(np.uint32)  # four neighbours in one; their order does not matter
    first, second, third, fourth = ([(fours >> np.uint32(8 * byte)).astype(np.uint8)] for byte in range(4))
    medians = _median(merge(merge(first, second), merge(third, fourth)), window, 1)
    whole = np.empty(rows * width, dtype=values.dtype)  # windows that reach into the next row are dropped
    whole[: len(medians)] = medians
    return whole.reshape(rows, width)[:, : width - window // 4 + 1]


def _median(run: list[Codes], window: int, step: int) -> Codes:
    """Return medians of *window* values from sorted runs of groups that are *step* apart."""
    reach = step
    while 2 * len(run) < window:
        run = merge([part[:-reach] for part in run], [part[reach:] for part in run])
        reach *= 2
    low, high = _middle([part[:-reach] for part in run], [part[reach:] for part in run])
    high -= low
    low += (high >> 1) + (high & 1)
    return low


def _middle(left: list[Codes], right: list[Codes]) -> tuple[Codes, Codes]:
    """Return the two middle values of two sorted runs of length n: the n-th and the (n+1)-th smallest."""
    count = len(left)
    # n-th smallest: the minimum over i of max(left[i], right[n-i])
    low = np.minimum(left[count - 1], right[count - 1])
    for taken in range(1, count):
        np.minimum(low, np.maximum(left[taken - 1], right[count - taken - 1]), out=low)
    # (n+1)-th smallest, by symmetry: the maximum over i of min(...)
    high = np.maximum(left[0], right[0])
    for taken in range(1, count):
        np.maximum(high, np.minimum(left[taken], right[count - taken]), out=high)
    return low, high
