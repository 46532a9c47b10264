"""Running medians by comparisons of whole arrays: fast where the windows are short and the arrays long.

A sorted run of neighbours is built once for every position and shared by all windows that contain it (merging after
Batcher 1968). The median of ``2n + 1`` neighbours is then the centre, held between the two middle values of the two
runs of ``n`` beside it; that of ``2n`` neighbours lies between those two values.
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


def running_median(values: Codes, window: int) -> Codes:
    """Return the median over each full window of rows.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    window : int
        ``2n + 1`` with n one of 3, 7, 15, ...

    Returns
    -------
    ndarray, shape (rows - window + 1, columns)
    """
    half = window // 2
    runs: dict[int, list[Codes]] = {1: [values]}
    for size in _sizes(half):  # 2, 3, 4, 7, 8, 15 for 15: each made of two that are there
        larger = (size + 1) // 2
        runs[size] = _joined(runs[larger], runs[size - larger], larger)
    count = len(values) - window + 1
    low, high = _middle([part[:count] for part in runs[half]], [part[half + 1 :] for part in runs[half]])
    return np.minimum(np.maximum(values[half:][:count], low), high)


def median_of_pairs(values: Codes, window: int) -> Codes:
    """Return the median over each window of columns that begins at an even column.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        An even number of columns.
    window : int
        A power of two, at least 4; the median is the mean of the two middle values, rounded up.

    Returns
    -------
    ndarray, shape (rows, (columns - window) / 2 + 1)
    """
    pairs = values.reshape(len(values), -1, 2)
    run = merge([np.ascontiguousarray(pairs[:, :, 0]).ravel()], [np.ascontiguousarray(pairs[:, :, 1]).ravel()])
    size = 2
    while size < window // 2:
        run = _joined(run, run, size // 2)
        size *= 2
    step = window // 4
    low, high = _middle([part[:-step] for part in run], [part[step:] for part in run])
    gap = high - low
    low += (gap >> 1) + (gap & 1)
    rows, width = pairs.shape[:2]
    whole = np.empty(rows * width, dtype=values.dtype)
    whole[: len(low)] = low
    return whole.reshape(rows, width)[:, : width - window // 2 + 1]


def _joined(first: list[Codes], second: list[Codes], steps: int) -> list[Codes]:
    """Merge each run with the one that begins *steps* further on."""
    length = len(second[0]) - steps
    return merge([part[:length] for part in first], [part[steps:] for part in second])


def _sizes(half: int) -> list[int]:
    """Return the run lengths on the way to ``half`` = 2^k - 1."""
    sizes, size = [], 2
    while size <= half:
        sizes += [size, 2 * size - 1]
        size *= 2
    return [size for size in sizes if size <= half]


def _middle(left: list[Codes], right: list[Codes]) -> tuple[Codes, Codes]:
    """Return the two middle values of two sorted runs of equal length n: the n-th and the (n+1)-th smallest."""
    count = len(left)
    # n-th smallest: the least over i of max(left[i], right[n-i]) with i + (n-i) = n values taken
    low = np.minimum(left[count - 1], right[count - 1])
    for taken in range(1, count):
        low = np.minimum(low, np.maximum(left[taken - 1], right[count - taken - 1]))
    # (n+1)-th smallest, by symmetry: the greatest over i of min(...)
    high = np.maximum(left[0], right[0])
    for taken in range(1, count):
        high = np.maximum(high, np.minimum(left[taken], right[count - taken]))
    return low, high
