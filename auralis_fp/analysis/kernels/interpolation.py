"""Parabolic interpolation of peaks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def parabolic_offset(before: ArrayLike, peak: ArrayLike, after: ArrayLike, limit: float) -> NDArray[np.float64]:
    """Return the offset of the vertex of the parabola through a maximum and its two neighbours.

    Negate the values to interpolate a minimum.

    Parameters
    ----------
    before, peak, after : array_like, shape (...)
        Three equidistant values.
    limit : float
        Largest absolute offset, in steps.

    Returns
    -------
    ndarray, shape (...)
        In steps from *peak*; 0 where the three values have no maximum.

    Notes
    -----
    ``(a - c) / (2 (a - 2 b + c))`` for values ``a``, ``b``, ``c``.

    References
    ----------
    Smith, J. O. (2011). Spectral Audio Signal Processing, "Quadratic interpolation of spectral peaks".

    Examples
    --------
    >>> float(parabolic_offset(-1.0, 0.0, -0.25, 1.0))
    0.3
    """
    left, centre, right = (np.asarray(values, dtype=np.float64) for values in (before, peak, after))
    curvature = left - 2 * centre + right
    offset = np.divide(left - right, 2 * curvature, out=np.zeros_like(centre), where=curvature < 0)
    clipped: NDArray[np.float64] = np.clip(offset, -limit, limit)
    return clipped
