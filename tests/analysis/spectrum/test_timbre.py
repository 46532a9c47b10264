"""The timbre vector beside librosa's mel filters and deltas."""

import librosa
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from auralis_fp.analysis.parts import StandaloneParts
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.timbre import FLOOR, HIGHEST_HZ, LOWEST_HZ, N_MELS, mel_filters
from auralis_fp.schema.parts import TIMBRE
from auralis_fp.schema.timbre import COUNT, N_MFCC

RATE = 44_100


def vector(samples: NDArray[np.float32], rate: int = RATE) -> NDArray[np.float32]:
    """Return the timbre vector of samples, shape (samples, channels), given in blocks of odd length."""
    parts = StandaloneParts((TIMBRE,), rate, ("FL", "FR")[: samples.shape[1]])
    for start in range(0, len(samples), 5003):
        parts.add_block(samples[start : start + 5003])
    ((_, _, data),) = parts.result()
    return np.frombuffer(data, "<f4")


def coloured(seconds: float = 6.0, rate: int = RATE) -> NDArray[np.float32]:
    """Return mono noise whose colour changes, shape (samples, 1)."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(int(seconds * rate))
    swell = 1.0 + 0.8 * np.sin(2 * np.pi * 1.3 * np.arange(len(noise)) / rate)
    return (0.05 * (noise + 3.0 * np.convolve(noise, np.ones(16) / 16, "same") * swell)).astype(np.float32)[:, None]


def test_filters_are_those_of_librosa() -> None:
    """The triangles agree with librosa's HTK mel filters where those have the same bins."""
    grid = STFTGrid.for_rate(RATE)
    reference = librosa.filters.mel(
        sr=RATE, n_fft=grid.frame_length, n_mels=N_MELS, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, htk=True, norm=None
    ).T
    ours = mel_filters(grid)
    assert np.abs(ours - reference[: len(ours)]).max() < 2e-3


def test_vector_is_that_of_plain_frames() -> None:
    """Means of the coefficients and deviations of their deltas agree with a plain computation with librosa."""
    samples = coloured()
    grid = STFTGrid.for_rate(RATE)
    frames = librosa.util.frame(samples[:, 0].astype(np.float64), frame_length=2048, hop_length=1024).T
    window = np.hanning(2049)[:2048]
    spectra = np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window) / np.sqrt(
        2048 * (window**2).sum() / 2
    )
    bank = mel_filters(grid)
    mel = np.abs(spectra[:, : len(bank)]) ** 2 @ bank
    mfcc = scipy.fft.dct(10 * np.log10(mel + FLOOR), axis=1, norm="ortho")[:, :N_MFCC].T
    deltas = librosa.feature.delta(mfcc, width=9)[:, 4:-4]
    ours = vector(samples)
    assert len(ours) == COUNT
    shift = ours[0] - mfcc.mean(axis=1)[0]  # the scale of the power spectrum
    assert np.abs(ours[1:N_MFCC] - mfcc.mean(axis=1)[1:]).max() < 0.2
    assert abs(shift) < 60.0
    assert np.abs(ours[N_MFCC:] / deltas.std(axis=1) - 1.0).max() < 0.03


def test_copies_have_the_same_vector() -> None:
    """Gain moves the first coefficient alone, and a second channel nothing; half the sample rate hardly anything."""
    samples = coloured()
    original = vector(samples)
    quieter, stereo = vector(0.5 * samples), vector(np.repeat(samples, 2, axis=1))
    assert np.abs(quieter - original)[1:].max() < 0.02
    assert np.abs(stereo - original).max() < 0.02


def test_silence_has_no_vector() -> None:
    """Silent frames do not count; silence alone has an empty part."""
    samples = coloured()
    silent = np.zeros_like(samples)
    assert len(vector(silent)) == 0
    padded = vector(np.concatenate([silent, samples, silent]))
    assert np.abs(padded - vector(samples))[1:].max() < 1.0


def test_quiet_end_does_not_count() -> None:
    """Noise 45 dB below the music is silent, as for the fingerprint, although it lies above -70 dBFS."""
    samples = coloured()
    rng = np.random.default_rng(2)
    hiss = (np.sqrt((samples**2).mean()) * 10 ** (-45 / 20) * rng.standard_normal((8 * RATE, 1))).astype(np.float32)
    assert 20 * np.log10(hiss.std()) > -70
    followed = vector(np.concatenate([samples, hiss]))
    assert np.abs(followed - vector(samples))[1:].max() < 1.0
