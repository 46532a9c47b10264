"""Invariances: inaudible changes do not change the values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auralis_fp import schema
from rhythms import drum_loop
from signals import RATE, Signal, measure, pink, saw, signal, values

STEREO = ("stereo_width", "phase_correlation")
AVERAGES = (
    *(each.name for each in schema.DIMENSIONS if each.family in {schema.Family.FREQUENCY, schema.Family.SPECTRAL}),
    *STEREO,
    "lufs",
    "crest_db",
    "bass_mid_ratio",
    "harmonic_ratio",
    "chroma_energy",
)


def scene(seconds: float = 9.0) -> Signal:
    """Return drums, chords and noise that differ between the sides."""
    drums, noise = drum_loop(126, seconds), pink(seconds, seed=21)
    chords = np.concatenate([saw(hertz, seconds / 3, 0.08) for hertz in (98, 146.8, 130.8)])
    return signal(0.4 * drums + chords + 0.1 * noise, 0.3 * drums + chords)


def between(low_hz: float, high_hz: float, seconds: int, rate: int, seed: int) -> np.ndarray:
    """Return band-limited noise, rms 0.1."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(seconds * rate))
    frequencies = np.fft.rfftfreq(seconds * rate, 1 / rate)
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0
    noise = np.fft.irfft(spectrum)
    return np.asarray(0.1 * noise / noise.std())


SCENE = scene()
PLAIN = measure(SCENE)


def assert_alike(found: dict[str, float], *, leave_out: tuple[str, ...] = (), absolute: float = 0.01) -> None:
    """Assert that a fingerprint equals that of the scene, to 1 % or 0.01."""
    for name in set(schema.NAMES) - set(leave_out):
        assert found[name] == pytest.approx(PLAIN.values[name], rel=0.01, abs=absolute), name


@pytest.mark.parametrize("side", [0, 1])
def test_one_inverted_side_mirrors_the_image_alone(side: int) -> None:
    """Inverting one side widens the image, inverts the correlation, and changes nothing else."""
    inverted = SCENE * np.array([-1 if side == each else 1 for each in (0, 1)], dtype=np.float32)
    found = values(inverted)
    assert_alike(found, leave_out=STEREO)
    assert found["stereo_width"] > PLAIN.values["stereo_width"]
    assert found["phase_correlation"] == pytest.approx(-PLAIN.values["phase_correlation"], abs=1e-4)


@settings(max_examples=6, deadline=None)
@given(st.floats(-30.0, 6.0))
def test_any_gain_moves_the_loudness_alone(gain_db: float) -> None:
    """A gain changes only the loudness, by itself."""
    found = values((SCENE * 10 ** (gain_db / 20)).astype(np.float32))
    assert_alike(found, leave_out=("lufs",))
    assert found["lufs"] == pytest.approx(PLAIN.values["lufs"] + gain_db, abs=0.02)


@pytest.mark.parametrize("offsets", [(0.3, 0.3), (-0.5, 0.1)])
def test_an_offset_is_not_heard(offsets: tuple[float, float]) -> None:
    """A DC offset changes nothing, the lowest bands to 0.02 percentage points."""
    found = values((SCENE + np.array(offsets, dtype=np.float32)).astype(np.float32))
    assert_alike(found)
    assert found["sub_bass_pct"] == pytest.approx(PLAIN.values["sub_bass_pct"], abs=0.02)


@pytest.mark.parametrize("bits", [16, 24])
def test_bits_do_not_matter(bits: int) -> None:
    """Samples of 16 and 24 bits read like floats."""
    scale = 2.0 ** (bits - 1)
    assert_alike(values((np.round(SCENE * scale) / scale).astype(np.float32)))


@settings(max_examples=4, deadline=None)
@given(st.integers(1, 60_000))
def test_any_size_of_block_gives_the_same(block: int) -> None:
    """Any block size gives the same values, to the fifth digit."""
    short, size = SCENE[: 2 * RATE], max(block, 37)
    found, expected = measure(short, block=size), measure(short)
    assert found.undefined == expected.undefined
    for name in schema.NAMES:
        assert found.values[name] == pytest.approx(expected.values[name], rel=1e-5, abs=1e-6), name


@pytest.mark.parametrize("step", [1, 2, 8])
def test_rates_do_not_matter(step: int) -> None:
    """The same sound reads alike at 192, 96, 48 and 24 kHz, but for peaks at 24 kHz."""
    rate, seconds = 192_000, 4
    beat = (np.arange(seconds * rate) / rate) % 0.5
    swell = 0.2 + np.minimum(beat / 0.01, 1) * np.exp(-beat / 0.1)
    left, right = (between(50, 4000, seconds, rate, seed) for seed in (3, 4))
    track = signal(left * swell, (0.5 * left + right) * swell)
    found, expected = values(track[::step].copy(), rate // step), values(track[::4].copy(), rate // 4)
    shows = {"crest_db", "dynamic_range_variation", "peak_consistency"} if step > 4 else set()
    for name in set(schema.NAMES) - shows:
        assert found[name] == pytest.approx(expected[name], rel=0.015, abs=0.01), name


def test_copies_move_no_average() -> None:
    """Repeating the music three times does not change averages."""
    found = values(np.concatenate((SCENE, SCENE, SCENE)))
    for name in AVERAGES:
        assert found[name] == pytest.approx(PLAIN.values[name], rel=0.01, abs=0.05), name
