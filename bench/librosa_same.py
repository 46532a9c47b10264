"""The 25 dimensions implemented with librosa, and NumPy where librosa has no function."""

import itertools

import librosa
import numpy as np
import pyloudnorm
from numpy.typing import NDArray

_FRAME, _HOP = 2048, 1024
_EDGES_HZ = (20, 60, 250, 500, 2000, 4000, 6000, 20_000)


def fingerprint(path: str) -> list[float]:
    """Return 25 values of a file in schema order, comparable to ours in cost but not in every digit."""
    samples, rate = librosa.load(path, sr=None, mono=False)
    channels = np.atleast_2d(samples)
    spectra = [np.abs(librosa.stft(each, n_fft=_FRAME, hop_length=_HOP)) ** 2 for each in channels]
    power = np.sum(spectra, axis=0)
    return [
        *_bands(power, rate),
        *_dynamics(channels, power, rate),
        *_temporal(channels, power, rate),
        *_spectral(power, rate),
        *_harmonic(channels, power, rate),
        *_variation(channels, rate),
        *_stereo(channels),
    ]


def _bands(power: NDArray[np.float32], rate: float) -> list[float]:
    frequencies, sums = librosa.fft_frequencies(sr=rate, n_fft=_FRAME), power.sum(axis=1)
    bands = [
        float(sums[(frequencies >= low) & (frequencies < high)].sum()) for low, high in itertools.pairwise(_EDGES_HZ)
    ]
    return [100 * band / max(sum(bands), 1e-12) for band in bands]


def _dynamics(channels: NDArray[np.float32], power: NDArray[np.float32], rate: float) -> list[float]:
    loudness = pyloudnorm.Meter(rate).integrated_loudness(channels.T.astype(np.float64))
    crest = 20 * np.log10(np.abs(channels).max() / np.sqrt(np.mean(channels**2) + 1e-20) + 1e-20)
    bands = _bands(power, rate)
    ratio = 10 * np.log10((bands[1] + 1e-9) / (bands[2] + bands[3] + 1e-9))
    return [float(loudness), float(crest), float(ratio)]


def _temporal(channels: NDArray[np.float32], power: NDArray[np.float32], rate: float) -> list[float]:
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=rate))
    envelope = librosa.onset.onset_strength(S=mel, sr=rate, hop_length=_HOP)
    tempo, _ = librosa.beat.beat_track(onset_envelope=envelope, sr=rate, hop_length=_HOP)
    tempogram = librosa.feature.tempogram(onset_envelope=envelope, sr=rate, hop_length=_HOP)
    onsets = librosa.onset.onset_detect(onset_envelope=envelope, sr=rate, hop_length=_HOP)
    rms = librosa.feature.rms(y=channels, frame_length=_FRAME, hop_length=_HOP).mean(axis=0)
    seconds = channels.shape[1] / rate
    silent = float(np.mean(rms < max(rms.max() / 100, 10**-3.5)))
    stability = float(tempogram[8:].max(axis=0).mean())
    return [float(np.atleast_1d(tempo)[0]), stability, min(1.0, len(onsets) / seconds / 10), silent]


def _spectral(power: NDArray[np.float32], rate: float) -> list[float]:
    centroid = librosa.feature.spectral_centroid(S=np.sqrt(power), sr=rate)
    rolloff = librosa.feature.spectral_rolloff(S=power, sr=rate, roll_percent=0.85)
    flatness = librosa.feature.spectral_flatness(S=power.mean(axis=1, keepdims=True), power=1.0)
    return [float(np.median(centroid)), float(np.median(rolloff)), float(flatness[0, 0])]


def _harmonic(channels: NDArray[np.float32], power: NDArray[np.float32], rate: float) -> list[float]:
    held, hits = librosa.decompose.hpss(power, kernel_size=(15, 31), power=2.0)
    pitch = librosa.yin(channels.mean(axis=0), fmin=55, fmax=2000, sr=rate, frame_length=_FRAME, hop_length=_HOP)
    cents = np.abs(np.diff(1200 * np.log2(pitch)))
    chroma = librosa.feature.chroma_stft(y=channels.mean(axis=0), sr=rate, n_fft=4 * _FRAME, norm=None)
    shares = chroma / np.maximum(chroma.sum(axis=0), 1e-12)
    entropy = -(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=0)
    return [
        float(held.sum() / max(float(held.sum() + hits.sum()), 1e-12)),
        float(1 / (1 + np.median(cents) / 50)),
        float(1 - np.average(entropy, weights=chroma.sum(axis=0) + 1e-12) / np.log(12)),
    ]


def _variation(channels: NDArray[np.float32], rate: float) -> list[float]:
    windows = [
        channels[:, first : first + int(rate)] for first in range(0, channels.shape[1] - int(rate), int(rate) // 2)
    ]
    peaks = np.array([np.abs(window).max() for window in windows])
    levels = np.array([np.sqrt(np.mean(window**2)) for window in windows])
    crest = 20 * np.log10((peaks + 1e-9) / (levels + 1e-9))
    spread = float(np.std(crest))
    loudness = 20 * np.log10(levels + 1e-9)
    return [spread / (spread + 6), float(np.std(loudness)), float(1 / (1 + np.std(peaks) / max(peaks.mean(), 1e-9)))]


def _stereo(channels: NDArray[np.float32]) -> list[float]:
    left, right = channels[0], channels[-1]
    energy, product = float(left @ left + right @ right), float(left @ right)
    scale = np.sqrt(float(left @ left) * float(right @ right))
    return [0.5 * (1 - 2 * product / max(energy, 1e-12)), product / max(float(scale), 1e-12)]
