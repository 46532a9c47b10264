"""Short-time Fourier transform of two channels at once, with the two decimated sub-bands it yields."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..types import ComplexArray, FloatArray
from . import compiled
from .decimation import overlap_add_band
from .dispatch import has_compiled
from .stereo import cross_spectrum

IMAGE_STEP: Final = 8  # frames: one every 0.19 s is enough for the mean over a file


def power(z: ComplexArray, out: FloatArray | None = None) -> FloatArray:
    """Return the squared magnitude of complex values.

    Parameters
    ----------
    z : ndarray, shape (...), complex64
    out : ndarray, shape (...), float32, optional
        Where to write the result.

    Returns
    -------
    ndarray, shape (...), float32

    Examples
    --------
    >>> power(np.array([3 + 4j], dtype=np.complex64))
    array([25.], dtype=float32)
    """
    magnitude: FloatArray = np.abs(z, out=out)  # vectorised, unlike products of real and imaginary parts
    magnitude *= magnitude
    return magnitude


def one_sided_power(z: ComplexArray) -> FloatArray:
    """Return the one-sided power spectrum of two channels transformed as one complex signal.

    Parameters
    ----------
    z : ndarray, shape (frames, points), complex64
        Transforms of ``L + iR``, *points* even.

    Returns
    -------
    ndarray, shape (frames, points / 2), float32
        ``|L[k]|² + |R[k]|²``, doubled for the mirrored half.

    Notes
    -----
    ``|L[k]|² + |R[k]|² = (|Z[k]|² + |Z[-k]|²) / 2`` for real ``L`` and ``R``.

    References
    ----------
    Oppenheim, A. V., & Schafer, R. W. (2010). Discrete-Time Signal Processing, section 8.6.

    Examples
    --------
    >>> left = np.cos(np.pi / 2 * np.arange(8))
    >>> one_sided_power(np.fft.fft(left)[None].astype(np.complex64)).round(3)
    array([[ 0.,  0., 32.,  0.]], dtype=float32)
    """
    half = z.shape[1] // 2
    both = power(z)
    both[:, 1:half] += both[:, :half:-1]
    return both[:, :half]


def scratch_size(frames: int, frame_length: int, mid_points: int, low_points: int) -> int:
    """Return how many floats of working memory `transform_pair` needs.

    Parameters
    ----------
    frames, frame_length : int
        Most frames of a call, and their length in samples.
    mid_points, low_points : int
        Points of the transforms that synthesise the sub-bands.

    Examples
    --------
    >>> scratch_size(1, 8, 4, 2)
    36
    """
    return frames * (3 * frame_length + 2 * mid_points + 2 * low_points)


@has_compiled(compiled.transform_pair)
def transform_pair(
    frames: FloatArray,
    left: int,
    right: int,
    window: FloatArray,
    mid_gains: FloatArray,
    mid_tail: FloatArray,
    mid: ComplexArray,
    low_gains: FloatArray,
    low_tail: FloatArray,
    low: ComplexArray,
    spectrum: FloatArray,
    scratch: FloatArray,
    image: NDArray[np.float64] | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Transform a batch of frames of one or two channels: STFT power and two decimated sub-bands in one pass.

    Parameters
    ----------
    frames : ndarray, shape (frames, frame_length, channels), float32
    left, right : int
        The channels; the same one twice for a single channel.
    window : ndarray, shape (2 · frame_length,), float32
        Scaled Hann window, each value twice.
    mid_gains, low_gains : ndarray, float32
        Gains of the sub-bands' bins, see `overlap_add_band`.
    mid_tail, low_tail : ndarray, float32
        Overlap carried from batch to batch; updated.
    mid, low : ndarray, shape (frames · points / 2,), complex64
        Receive the samples of the sub-bands; DC is removed from each frame of *mid*.
    spectrum : ndarray, shape (frames, n_bins), float32
        Receives the one-sided power of the lowest bins, without the mean of each frame.
    scratch : ndarray, shape (>= scratch_size,), float32
        Working memory.
    image : ndarray, shape (2, bins), float64, optional
        The cross-spectrum of every eighth frame is added to it, see `cross_spectrum`.

    Returns
    -------
    frame_energy : ndarray, shape (frames,)
        Mean square of each frame.
    windowed_energy : ndarray, shape (frames,)
        Mean square of each windowed frame.
    power_above : ndarray, shape (frames,)
        Power in the bins above those of *spectrum*.

    Examples
    --------
    >>> window = np.repeat(np.hanning(9)[:-1], 2).astype(np.float32)
    >>> gains = np.zeros(6, dtype=np.float32)
    >>> tails, bands = np.zeros((2, 4), dtype=np.float32), np.zeros((2, 2), dtype=np.complex64)
    >>> spectrum, scratch = np.empty((1, 5), dtype=np.float32), np.empty(scratch_size(1, 8, 4, 4), dtype=np.float32)
    >>> frames = np.ones((1, 8, 1), dtype=np.float32)
    >>> energy, *_ = transform_pair(
    ...     frames, 0, 0, window, gains, tails[0], bands[0], gains, tails[1], bands[1], spectrum, scratch
    ... )
    >>> energy, spectrum.round(6)
    (array([1.], dtype=float32), array([[0., 0., 0., 0., 0.]], dtype=float32))
    """
    count, length, _ = frames.shape
    mid_start, low_start = 3 * count * length, 3 * count * length + count * len(mid_tail) * 2
    z: ComplexArray = scratch[: 2 * count * length].view(np.complex64).reshape(count, length)
    squared: FloatArray = scratch[2 * count * length : mid_start].reshape(count, length)
    frame_energy = _windowed(frames, left, right, window, z)
    z = fft.fft(z, overwrite_x=True)
    overlap_add_band(z, mid_gains, mid_tail, mid, scratch[mid_start:low_start], remove_dc=True)
    overlap_add_band(z, low_gains, low_tail, low, scratch[low_start:], remove_dc=False)
    both = power(z, squared)
    ones = np.ones(length, dtype=np.float32)
    windowed_energy: FloatArray = both @ ones
    if image is not None:
        image += cross_spectrum(z[::IMAGE_STEP], both[::IMAGE_STEP], image.shape[1])
    _remove_mean(both, z)
    n_bins = spectrum.shape[1]
    _fold(both, spectrum)
    rest = both[:, n_bins : 1 - n_bins]
    return frame_energy, windowed_energy, rest @ ones[: rest.shape[1]]


def downmix_image(frames: FloatArray, downmix: FloatArray, window: FloatArray, bins: int) -> NDArray[np.float64]:
    """Return the cross-spectrum of the stereo downmix of every eighth frame.

    Parameters
    ----------
    frames : ndarray, shape (frames, frame_length, channels), float32
    downmix : ndarray, shape (2, channels), float32
        Gains of the channels in left and right.
    window : ndarray, shape (2 · frame_length,), float32
        Scaled Hann window, each value twice.
    bins : int
        Bins of the cross-spectrum.

    Returns
    -------
    ndarray, shape (2, bins), float64
        See `cross_spectrum`.

    Examples
    --------
    >>> frames = np.cos(np.pi / 2 * np.arange(8, dtype=np.float32)).reshape(1, 8, 1)
    >>> downmix = np.float32([[1], [0.5]])
    >>> downmix_image(frames, downmix, np.ones(16, dtype=np.float32), 4).round(3)
    array([[ 0.,  0., 20.,  0.],
           [ 0.,  0.,  8.,  0.]])
    """
    mixed = frames[::IMAGE_STEP] @ downmix.T
    z: ComplexArray = np.empty(mixed.shape[:2], dtype=np.complex64)
    _windowed(mixed, 0, 1, window, z)
    z = fft.fft(z, overwrite_x=True)
    return cross_spectrum(z, power(z), bins)


def _windowed(frames: FloatArray, left: int, right: int, window: FloatArray, out: ComplexArray) -> FloatArray:
    """Write the windowed frames of two channels as complex samples; return their mean squares before windowing."""
    count, parts = len(frames), out.view(np.float32)
    if right == left + 1:  # adjacent channels already lie in memory like complex samples
        samples = frames[:, :, left : right + 1].reshape(count, -1)
    else:
        samples = parts
        out.real = frames[:, :, left]
        out.imag = 0 if left == right else frames[:, :, right]
    half = samples[:, : samples.shape[1] // 2]
    energy = np.append(np.vecdot(half, half), np.vecdot(samples[-1, half.shape[1] :], samples[-1, half.shape[1] :]))
    np.multiply(samples, window, out=parts)
    mean_square: FloatArray = (energy[:-1] + energy[1:]) / np.float32(out.shape[1])
    return mean_square


def _remove_mean(both: FloatArray, z: ComplexArray) -> None:
    """Subtract the transform of each frame's mean from the powers *both* of Hann-windowed frames *z*."""
    half = z[:, 0] / 2
    both[:, 0] = 0
    both[:, 1] = power(z[:, 1] + half)
    both[:, -1] = power(z[:, -1] + half)


def _fold(both: FloatArray, out: FloatArray) -> None:
    """Write the one-sided power of the lowest bins, shape (frames, n_bins)."""
    n_bins = out.shape[1]
    np.add(both[:, 1:n_bins], both[:, :-n_bins:-1], out=out[:, 1:])
    out[:, 0] = 0  # DC is removed
    if n_bins == both.shape[1] // 2 + 1:
        out[:, -1] /= 2  # the Nyquist bin has been added to itself
