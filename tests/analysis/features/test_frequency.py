"""The seven bands against closed forms and the spectrum of the whole file."""

import numpy as np
import pytest

from auralis_fp.analysis.features.frequency import frequency
from auralis_fp.analysis.spectrum.ltas import BANDS
from signals import RATE, Signal, measure, pink, shares_of_whole, signal, sine, stereo, values, white


def shares(samples: Signal, rate: int = RATE) -> list[float]:
    """Return the seven bands of a signal in percent."""
    found = values(samples, rate)
    return [found[name] for name in BANDS]


@pytest.mark.parametrize(("hertz", "band"), [(40, 0), (130, 1), (350, 2), (1000, 3), (2900, 4), (5000, 5), (12_000, 6)])
def test_a_sine_lies_in_its_band(hertz: float, band: int) -> None:
    """A pure tone has at least 99.9 % of its energy in its band."""
    assert shares(stereo(sine(hertz, 10.0)))[band] >= 99.9


def test_two_sines_share_as_their_powers() -> None:
    """Tones with amplitudes 2 : 1 in two bands read 80 and 20 %."""
    found = values(stereo(sine(100, 10.0, 0.4) + sine(1000, 10.0, 0.2)))
    assert found["bass_pct"] == pytest.approx(80, abs=0.1)
    assert found["mid_pct"] == pytest.approx(20, abs=0.1)


def test_white_noise_is_flat() -> None:
    """White noise fills each band in proportion to its width in hertz."""
    expected = [0.200, 0.951, 1.251, 7.508, 10.010, 10.010, 70.070]
    assert shares(stereo(white(30.0))) == pytest.approx(expected, abs=0.12)


def test_pink_noise_is_even_in_octaves() -> None:
    """Pink noise fills each band in proportion to its width in octaves; power below 20 Hz is excluded."""
    noise = stereo(pink(60.0))
    assert shares(noise) == pytest.approx([15.90, 20.66, 10.03, 20.07, 10.03, 5.87, 17.43], abs=0.5)
    assert shares(noise) == pytest.approx(list(shares_of_whole(noise)), abs=0.1)


def test_halves_count_alike() -> None:
    """Two equally strong tones, each in one half of the file, read 50 and 50 %."""
    found = values(stereo(np.concatenate((sine(100, 8.0), sine(5000, 8.0)))))
    assert found["bass_pct"] == pytest.approx(50, abs=0.1)
    assert found["presence_pct"] == pytest.approx(50, abs=0.1)


def test_changing_music_equals_the_spectrum_of_the_whole() -> None:
    """Tones that start and stop, also near band edges, read like one transform of the whole file."""
    random = np.random.default_rng(11)
    track = np.concatenate(
        [
            sine(hertz, 0.4, amplitude) * np.hanning(int(0.4 * RATE))
            for hertz, amplitude in zip(
                np.exp(random.uniform(np.log(30), np.log(9000), 60)), random.uniform(0.05, 0.5, 60), strict=True
            )
        ]
    )
    samples = signal(track, np.roll(track, 4000) * 0.5)
    assert shares(samples) == pytest.approx(list(shares_of_whole(samples)), abs=0.5)


def test_opposed_sides_keep_their_bands() -> None:
    """Bass in anti-phase does not cancel."""
    tone = sine(100, 5.0)
    assert values(signal(tone, -tone))["bass_pct"] >= 99.9


def test_silence_has_no_shares() -> None:
    """All seven bands of silence are undefined."""
    assert set(BANDS) <= set(measure(stereo(np.zeros(2 * RATE))).undefined)


def test_shares_of_no_energy_are_undefined() -> None:
    """Without energy in any band all shares are undefined; a single band with energy has all of it."""
    nothing = dict.fromkeys(BANDS, 0.0)
    assert set(frequency(nothing).undefined) == set(BANDS)
    found = frequency(nothing | {"presence_pct": 1e-30})
    assert found.values == nothing | {"presence_pct": 100.0}
    assert not found.undefined
