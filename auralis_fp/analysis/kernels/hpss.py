"""Median-filter harmonic-percussive separation on a logarithmic scale of 8 bits."""

from typing import Final

import numpy as np

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled
from .median_filter import Codes, medians_over_columns, medians_over_rows

TIME_WINDOW: Final = 16  # frames of 23 ms: 0.37 s; two neighbouring frames share a window
FREQUENCY_WINDOW: Final = 32  # bins of 21.5 Hz: 690 Hz; four neighbouring bins share a window
TIME_MARGIN: Final = (TIME_WINDOW - 2) // 2
FREQUENCY_MARGIN: Final = (FREQUENCY_WINDOW - 4) // 2
_SHIFT: Final = 21  # keeps the exponent and two mantissa bits of a float32: steps of about 0.75 dB
_LOWEST_CODE: Final = np.uint32((127 + 20) * 4 + 3 - 255)  # the highest code is +60 dBFS; this one is 192 dB below it


@has_compiled(compiled.write_codes)
def write_codes(power: FloatArray, out: Codes) -> None:
    """Quantise power to 256 logarithmic steps of about 0.75 dB; the order of values is kept, so medians commute.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
        Not negative.
    out : ndarray, shape (frames, bins), uint8
        Receives the codes.

    Examples
    --------
    >>> codes = np.empty((1, 3), dtype=np.uint8)
    >>> write_codes(np.float32([[0, 1, 2]]), codes)
    >>> codes
    array([[  0, 172, 176]], dtype=uint8)
    """
    steps = power.view(np.uint32) >> np.uint32(_SHIFT)
    np.maximum(steps, _LOWEST_CODE, out=steps)
    steps -= _LOWEST_CODE
    np.minimum(steps, np.uint32(255), out=out, casting="unsafe")


@has_compiled(compiled.harmonic_energy)
def harmonic_energy(codes: Codes, power: FloatArray) -> tuple[float, float]:
    """Return the harmonic energy of a spectrogram and its total energy (HPSS with Wiener masks).

    Parameters
    ----------
    codes : ndarray, shape (frames + 2 · TIME_MARGIN, bins + 2 · FREQUENCY_MARGIN), uint8
        Quantised power, see `write_codes`, with margins on all sides.
    power : ndarray, shape (frames, bins), float32
        *frames* even, *bins* a multiple of four.

    Returns
    -------
    harmonic, total : float

    Notes
    -----
    ``H`` is the median of the power over 0.37 s, ``P`` its median over 690 Hz; the harmonic share of a bin is
    ``H² / (H² + P²)``. Two neighbouring frames share ``H``, four neighbouring bins share ``P``.

    References
    ----------
    Fitzgerald, D. (2010). Harmonic/percussive separation using median filtering. DAFx.

    Examples
    --------
    >>> power = np.zeros((16, 32), dtype=np.float32)
    >>> power[:, 14] = 1  # a steady tone
    >>> codes = np.empty((16, 32), dtype=np.uint8)
    >>> write_codes(power, codes)
    >>> inner = power[TIME_MARGIN:-TIME_MARGIN, FREQUENCY_MARGIN:-FREQUENCY_MARGIN]
    >>> harmonic_energy(codes, np.ascontiguousarray(inner))
    (2.0, 2.0)
    """
    over_time = medians_over_rows(codes, TIME_WINDOW)[:, FREQUENCY_MARGIN:-FREQUENCY_MARGIN]
    harmonic = _squared_powers(over_time)[:, None, :]
    percussive = _squared_powers(medians_over_columns(codes[TIME_MARGIN:-TIME_MARGIN], FREQUENCY_WINDOW))
    both = _repeat_four_times(percussive).reshape(len(harmonic), 2, -1)
    both += harmonic
    masks = np.divide(harmonic, both, out=both).reshape(power.shape)
    masks *= power
    return float(masks.sum()), float(power.sum())


def _squared_powers(codes: Codes) -> FloatArray:
    """Return the squares of the powers that codes stand for, up to a common factor."""
    bits = codes.astype(np.uint32)
    bits += _LOWEST_CODE
    bits <<= np.uint32(_SHIFT)
    power: FloatArray = bits.view(np.float32)
    power *= power
    return power


def _repeat_four_times(values: FloatArray) -> FloatArray:
    """Return ``np.repeat(values, 4, axis=1)``, computed faster."""
    twice = values.view(np.uint32).astype(np.uint64)
    twice |= twice << np.uint64(32)
    fours = np.empty((*values.shape, 2), dtype=np.uint64)
    fours[..., 0] = fours[..., 1] = twice
    repeated: FloatArray = fours.view(np.float32).reshape(len(values), -1)
    return repeated
