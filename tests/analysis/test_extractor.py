"""The complete fingerprint: invariances, sensitivities and refusals."""

import numpy as np
import pytest

from auralis_fp import schema
from auralis_fp.analysis.extractor import FingerprintExtractor
from auralis_fp.errors import AnalysisError
from rhythms import clicks, drum_loop, strings
from signals import RATE, Signal, band_limited, measure, pink, saw, signal, sine, stereo, times, values, white


def music(seconds: float = 14.0) -> Signal:
    """Return drums, chords and noise in a wide stereo image."""
    drums = drum_loop(112, seconds)
    chords = np.concatenate([saw(f, seconds / 4, 0.08) for f in (110, 130.8, 146.8, 98)])
    side = pink(seconds, seed=12)
    count = min(map(len, (drums, chords, side)))
    return signal(0.5 * drums[:count] + chords[:count] + 0.1 * side[:count], 0.4 * drums[:count] + chords[:count])


MUSIC = music()
PLAIN = measure(MUSIC)


def assert_alike(found: dict[str, float], expected: dict[str, float], *, leave_out: tuple[str, ...] = ()) -> None:
    """Assert that fingerprints agree to 1 % or 0.01."""
    for name in schema.NAMES:
        if name not in leave_out:
            assert found[name] == pytest.approx(expected[name], rel=0.01, abs=0.01), name


def test_holds_the_25_names_in_order_and_in_range() -> None:
    """The result has exactly the schema's values, finite and in range."""
    assert tuple(PLAIN.values) == schema.NAMES
    assert schema.fault_of(PLAIN.values) is None


@pytest.mark.parametrize("gain_db", [-30.0, 6.0])
def test_gain_moves_loudness_alone(gain_db: float) -> None:
    """A gain changes only the loudness."""
    found = values((MUSIC * 10 ** (gain_db / 20)).astype(np.float32))
    assert_alike(found, PLAIN.values, leave_out=("lufs",))
    assert found["lufs"] == pytest.approx(PLAIN.values["lufs"] + gain_db, abs=0.05)


def test_polarity_and_sides_do_not_matter() -> None:
    """Inverting or swapping both channels changes nothing."""
    assert_alike(values(-MUSIC), PLAIN.values)
    assert_alike(values(np.ascontiguousarray(MUSIC[:, ::-1])), PLAIN.values)


@pytest.mark.parametrize("block", [997, 44_100, 10_000_000])
def test_block_size_does_not_matter(block: int) -> None:
    """The values do not depend on the block size, to the fifth digit."""
    found = measure(MUSIC, block=block)
    assert found.undefined == PLAIN.undefined
    for name in schema.NAMES:
        assert found.values[name] == pytest.approx(PLAIN.values[name], rel=1e-5, abs=1e-6), name


@pytest.mark.slow
@pytest.mark.parametrize("rate", [48_000])
def test_sample_rate_does_not_matter(rate: int) -> None:
    """Sound below 10 kHz reads the same at other sample rates."""

    def scene(at_rate: int) -> Signal:
        beat = (np.arange(9 * at_rate) / at_rate) % 0.5
        swell = 0.2 + np.minimum(beat / 0.01, 1) * np.exp(-beat / 0.1)
        left, right = (band_limited(9.0, 50, 9000, at_rate, seed) for seed in (3, 4))
        return signal(left * swell, (0.5 * left + right) * swell)

    found, expected = values(scene(rate), rate), values(scene(RATE))
    varied = ("peak_consistency", "dynamic_range_variation", "stereo_width")  # statistics of few windows or frames
    assert_alike(found, expected, leave_out=varied)
    for name in varied:
        assert found[name] == pytest.approx(expected[name], abs=0.03), name


def test_mono_equals_its_copy_on_both_sides() -> None:
    """Mono and dual mono differ only in loudness, by 3.01 LU."""
    mono = np.ascontiguousarray(MUSIC[:, :1])
    one, two = values(mono), values(np.repeat(mono, 2, axis=1))
    assert two["lufs"] - one["lufs"] == pytest.approx(3.01, abs=0.01)
    assert_alike(one, two, leave_out=("lufs",))


def test_a_copy_appended_moves_no_average() -> None:
    """Repeating the music does not change bands, spectrum, loudness and image."""
    found = values(np.concatenate((MUSIC, MUSIC)))
    for dimension in schema.DIMENSIONS:
        if dimension.family in {schema.Family.FREQUENCY, schema.Family.SPECTRAL, schema.Family.STEREO}:
            assert found[dimension.name] == pytest.approx(PLAIN.values[dimension.name], rel=0.01, abs=0.1)
    assert found["lufs"] == pytest.approx(PLAIN.values["lufs"], abs=0.1)


def test_every_dimension_varies_over_ordinary_signals() -> None:
    """Every dimension varies between different signals."""
    tracks = [
        MUSIC,
        stereo(sine(440, 6.0)),
        stereo(white(6.0)),
        signal(pink(6.0), -pink(6.0, seed=3)),
        stereo(clicks(150, 12.0)),
        stereo(np.concatenate((sine(100, 6.0, 0.5), sine(3000, 6.0, 0.05), np.zeros(4 * RATE)))),
    ]
    found = [values(track) for track in tracks]
    for dimension in schema.DIMENSIONS:
        column = [each[dimension.name] for each in found]
        assert max(column) - min(column) > 0.01 * (dimension.high - dimension.low), dimension.name


def test_silence_is_described() -> None:
    """Digital silence has 25 values; all but silence ratio and loudness are undefined."""
    found = measure(stereo(np.zeros(3 * RATE)))
    assert schema.fault_of(found.values) is None
    assert set(schema.NAMES) - set(found.undefined) == {"silence_ratio", "lufs"}
    assert found.values["silence_ratio"] == 1
    assert found.values["lufs"] == -70


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.49])
def test_too_short_is_refused(seconds: float) -> None:
    """Files under half a second are refused."""
    with pytest.raises(AnalysisError) as refusal:
        measure(stereo(sine(440, seconds)))
    assert refusal.value.code == "too_short"


def test_half_a_second_is_enough() -> None:
    """The shortest accepted file has all 25 values."""
    assert schema.fault_of(values(stereo(sine(440, 0.5)))) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_numbers_are_refused(bad: float) -> None:
    """One non-finite or absurdly large sample anywhere refuses the file."""
    samples = MUSIC.copy()
    samples[len(samples) // 2, 1] = bad
    with pytest.raises(AnalysisError) as refusal:
        measure(samples)
    assert refusal.value.code == "non_finite"


def test_no_state_passes_from_file_to_file() -> None:
    """Results do not depend on earlier files."""
    values(stereo(white(3.0)))
    assert measure(MUSIC).values == PLAIN.values


@pytest.mark.parametrize("channels", [3, 6, 8])
def test_more_channels(channels: int) -> None:
    """Surround files are analysed; equal channels have the bands of one."""
    positions = ("FL", "FR", "FC", "LFE", "SL", "SR", "BL", "BR")[:channels]
    extractor = FingerprintExtractor(RATE, positions)
    extractor.add_block(np.repeat(stereo(sine(440, 3.0))[:, :1], channels, axis=1))
    found = extractor.result().values
    assert schema.fault_of(found) is None
    assert found["low_mid_pct"] >= 99.5
    assert found["crest_db"] == pytest.approx(3.01, abs=0.02)


@pytest.mark.parametrize("offset", [0.3, -1.0])
def test_a_constant_is_silence(offset: float) -> None:
    """A constant signal reads as silence."""
    found = measure(stereo(np.full(3 * RATE, offset)))
    assert set(schema.NAMES) - set(found.undefined) == {"silence_ratio", "lufs"}
    assert found.values["silence_ratio"] == 1


@pytest.mark.parametrize("seconds", [0.5, 0.8, 1.3, 3.0])
@pytest.mark.parametrize("track", [sine(60, 3.0, 1.0), white(3.0, 1e-4), clicks(60, 3.0), saw(55, 3.0, 10.0)])
def test_short_clips_have_all_numbers(track: np.ndarray, seconds: float) -> None:
    """Any length and level gives 25 values in range, without arithmetic errors."""
    with np.errstate(all="raise", under="ignore"):
        assert schema.fault_of(values(stereo(track[: round(seconds * RATE)]))) is None


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 0.75, 1.5, 3.0])
@pytest.mark.parametrize("kind", ["music", "drums", "strings", "voice", "hiss and hum"])
def test_short_clips_of_music_are_described(kind: str, seconds: float) -> None:
    """An excerpt of sound has 25 values, with spectrum, level and stereo image defined."""
    at, count = times(4.0), round(seconds * RATE)
    whole: dict[str, Signal] = {
        "music": MUSIC,
        "drums": stereo(drum_loop(93, 4.0)),
        "strings": stereo(strings(4.0)),
        "voice": stereo(saw(140, 4.0, 0.2) * np.clip(np.sin(2 * np.pi * 3.1 * at), 0, 1)),  # three syllables a second
        "hiss and hum": signal(
            sine(50, 4.0, 0.01) + white(4.0, 0.003), sine(50, 4.0, 0.01) + white(4.0, 0.003, seed=3)
        ),
    }
    found = measure(whole[kind][RATE // 2 : RATE // 2 + count])
    assert schema.fault_of(found.values) is None
    may_lack = {"tempo_bpm", "loudness_variation_std", "dynamic_range_variation", "peak_consistency"}
    assert set(found.undefined) <= may_lack


@pytest.mark.parametrize("rate", [8000, 384_000])
def test_extreme_rates(rate: int) -> None:
    """A tone lies in its band at sample rates from 8 to 384 kHz."""
    assert values(signal(sine(1000, 3.0, 0.5, rate)), rate)["mid_pct"] >= 99.5


@pytest.mark.parametrize("lead", [0.0, 0.01, 3.7, 61.0])
@pytest.mark.parametrize("tail", [0.0, 2.5])
def test_zeros_that_are_held_back_change_no_number(lead: float, tail: float) -> None:
    """Zeros before, after and between sounds give every bit that an analysis without a delay gives."""
    pause = np.zeros((int(2.2 * RATE), 2), dtype=np.float32)
    parts = [pause[:0], np.zeros((int(lead * RATE), 2), np.float32), MUSIC[: 3 * RATE], pause, MUSIC[-RATE:]]
    whole = np.concatenate([*parts, np.zeros((int(tail * RATE), 2), np.float32)])
    found = [FingerprintExtractor(RATE, ("FL", "FR")) for _ in range(2)]
    found[1]._analyse_zeros()  # there are none yet: nothing is held back from now on
    for start in range(0, len(whole), 32_768):
        for extractor in found:
            extractor.add_block(whole[start : start + 32_768])
    assert found[0].result() == found[1].result()


@pytest.mark.parametrize("seconds", [0.5, 20.0])
def test_zeros_alone_are_silence(seconds: float) -> None:
    """A file of zeros has the values that its analysis gives, with or without spectra."""
    zeros = np.zeros((int(seconds * RATE), 2), dtype=np.float32)
    chunks: list[int] = []
    plain, watched = (
        FingerprintExtractor(RATE, ("FL", "FR"), each) for each in (None, lambda one: chunks.append(len(one.power)))
    )
    for extractor in (plain, watched):
        extractor.add_block(zeros)
    assert plain.result() == watched.result()
    assert chunks
