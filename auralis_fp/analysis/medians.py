"""Running medians by comparisons of whole arrays: fast where the windows are short and the arrays long.

A sorted run of neighbours is built once for every position and shared by all windows that contain it (merging after
Batcher 1968). The median of ``2n + 1`` neighbours is then the centre, held between the two middle values of the two
runs of ``n`` beside it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Shift = Callable[[Codes, int], Codes]


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


def running_median(values: Codes, window: int, axis: int) -> Codes:
    """Return the median of each full window along *axis*.

    Parameters
    ----------
    values : ndarray of two dimensions
    window : int
        ``2n + 1`` with n one of 3, 7, 15, ...
    axis : int
        0 or 1.

    Returns
    -------
    ndarray
        Shorter than *values* by ``window - 1`` along *axis*.
    """
    half = window // 2
    flat = values.reshape(-1)
    stride = values.shape[1] if axis == 0 else 1

    def ahead(run: list[Codes], steps: int) -> list[Codes]:
        return [part[steps * stride :] for part in run]

    runs: dict[int, list[Codes]] = {1: [flat]}
    for size in _sizes(half):  # 2, 3, 4, 7, 8, 15 for 15: each made of two that are there
        larger = (size + 1) // 2
        first, second = runs[larger], ahead(runs[size - larger], larger)
        length = min(len(first[0]), len(second[0]))
        runs[size] = merge(_cut(first, length), _cut(second, length))
    left, right = runs[half], ahead(runs[half], half + 1)
    length = len(right[0])
    low, high = _middle(_cut(left, length), right)
    centre = flat[half * stride :][:length]
    median = np.minimum(np.maximum(centre, low), high)
    if axis == 0:
        return median.reshape(-1, values.shape[1])
    whole = np.empty(values.size, dtype=values.dtype)
    whole[:length] = median
    return whole.reshape(values.shape)[:, : values.shape[1] - window + 1]


def _sizes(half: int) -> list[int]:
    """Return the run lengths on the way to ``half`` = 2^k - 1."""
    sizes, size = [], 2
    while size <= half:
        sizes += [size, 2 * size - 1]
        size *= 2
    return [size for size in sizes if size <= half]


def _cut(run: list[Codes], length: int) -> list[Codes]:
    return [part[:length] for part in run]


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
