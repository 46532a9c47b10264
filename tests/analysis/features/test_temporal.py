"""Tempo, rhythm stability, transient density and silence ratio."""

from itertools import pairwise

import numpy as np
import pytest

from rhythms import click, clicks, drum_loop, half_time, hats, placed, rubato, six_eight, strings
from signals import RATE, footsteps, measure, pink, saw, sine, stereo, times, values, white


@pytest.mark.parametrize("bpm", [50, 61.7, 75, 90, 120, 128, 140, 160, 180, 200])
def test_tempo_of_clicks(bpm: float) -> None:
    """A pulse train without subdivisions reads its own rate."""
    assert values(stereo(clicks(bpm, 24.0)))["tempo_bpm"] == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("bpm", [50, 80, 96.5, 120, 140, 180, 200])
def test_tempo_of_drums(bpm: float) -> None:
    """A drum loop with hi-hats on the eighths reads the beat, not half or double."""
    assert values(stereo(drum_loop(bpm, 24.0)))["tempo_bpm"] == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("bpm", [60, 84, 110])
def test_tempo_of_six_eight(bpm: float) -> None:
    """In 6/8 the beat is three eighths long."""
    assert values(stereo(six_eight(bpm, 20.0)))["tempo_bpm"] == pytest.approx(bpm, rel=0.01)


def test_tempo_of_half_time() -> None:
    """With the snare on three only, the tempo is half of the hi-hats' quarter notes."""
    assert values(stereo(half_time(140, 20.0)))["tempo_bpm"] == pytest.approx(70, rel=0.01)


@pytest.mark.parametrize("bpm", [50, 60, 80])
def test_tempo_of_slow_half_time(bpm: float) -> None:
    """Slow half-time drums read the beat or its half or double, and the other candidate is another of these."""
    tempo = measure(stereo(half_time(bpm, 20.0))).tempo
    assert tempo is not None
    for candidate in tempo.candidates:
        assert min(abs(candidate.bpm / (bpm * ratio) - 1) for ratio in (0.5, 1, 2)) < 0.01


def test_probabilities_of_the_candidates() -> None:
    """The first candidate is the tempo and the most likely; the probabilities add up to at most 1."""
    found = measure(stereo(drum_loop(97, 24.0)))
    assert found.tempo is not None
    first, second = found.tempo.candidates
    assert first.bpm == found.values["tempo_bpm"]
    assert first.probability >= second.probability
    assert first.probability + second.probability <= 1
    assert 0.5 < found.tempo.confidence <= first.probability


def test_the_network_needs_twelve_seconds() -> None:
    """The octave of half-time drums is in doubt in a short clip, clear where the network on band levels has a say."""
    short, long = (measure(stereo(half_time(110, seconds))).tempo for seconds in (11.5, 24.0))
    assert short is not None
    assert long is not None
    assert long.candidates[0].bpm == pytest.approx(55, rel=0.01)
    assert long.candidates[0].probability > 0.8 > short.candidates[0].probability


def test_a_single_candidate_is_not_certain() -> None:
    """Identical clicks leave one candidate; its probability is below 1, because listeners may tap another level."""
    found = measure(stereo(clicks(115, 20.0))).tempo
    assert found is not None
    (only,) = found.candidates
    assert only.bpm == pytest.approx(115, rel=0.01)
    assert 0.7 < only.probability < 0.9
    assert found.confidence <= only.probability


def test_confidence_falls_far_from_the_preferred_tempo() -> None:
    """Clicks at 60 BPM are more likely to be felt otherwise than clicks at 115 BPM."""
    usual, slow = (measure(stereo(clicks(bpm, 20.0))).tempo for bpm in (115, 60))
    assert usual is not None
    assert slow is not None
    assert usual.confidence > slow.confidence + 0.2


@pytest.mark.parametrize("bpm", [230, 250])
def test_very_fast_pulses_are_felt_at_half_their_rate(bpm: float) -> None:
    """Above 220 BPM every second pulse is a beat."""
    assert values(stereo(clicks(bpm, 20.0)))["tempo_bpm"] == pytest.approx(bpm / 2, rel=0.01)


@pytest.mark.slow
def test_music_of_many_windows() -> None:
    """Files with more windows than are kept have the tempo of their windows."""
    long = np.tile(drum_loop(120, 24.0), 20)
    assert values(stereo(long))["tempo_bpm"] == pytest.approx(120, rel=0.01)


@pytest.mark.parametrize("bpm", [72, 104, 150])
def test_tempo_of_hats_alone(bpm: float) -> None:
    """The tempo is found from hi-hats above 6 kHz alone."""
    assert values(stereo(hats(bpm, 20.0)))["tempo_bpm"] == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("seed", range(6))
def test_rubato_has_no_tempo(seed: int) -> None:
    """Chords at random times have neither tempo nor rhythm."""
    found = measure(stereo(rubato(25.0, seed)))
    assert "tempo_bpm" in found.undefined
    assert found.values["rhythm_stability"] == 0


def test_tempo_follows_the_speed() -> None:
    """The tempo scales with the speed of the same drums."""
    slow, fast = (values(stereo(drum_loop(bpm, 20.0)))["tempo_bpm"] for bpm in (88, 88 * 1.35))
    assert fast / slow == pytest.approx(1.35, rel=0.003)


def test_tempo_does_not_depend_on_the_start() -> None:
    """A later start of the same loop does not change the tempo."""
    found = [values(stereo(drum_loop(110, 20.0, start=start)))["tempo_bpm"] for start in (0.1, 0.282)]
    assert found[0] == pytest.approx(found[1], rel=0.002)


def test_no_pulse_is_undefined() -> None:
    """A drone, noise and random clicks have an undefined tempo of 120 BPM and no rhythm."""
    random = np.random.default_rng(9)
    poisson = np.cumsum(random.exponential(0.5, 100))
    for track in (saw(110, 15.0), white(15.0), pink(15.0), placed(poisson[poisson < 29], click(), 30.0)):
        found = measure(stereo(track))
        assert found.values["rhythm_stability"] == 0
        assert found.values["tempo_bpm"] == 120.0
        assert "tempo_bpm" in found.undefined


def test_stability_falls_with_jitter() -> None:
    """Rhythm stability falls with the jitter of clicks."""
    found = [values(stereo(clicks(120, 40.0, jitter=jitter)))["rhythm_stability"] for jitter in (0, 0.05, 0.1, 0.2)]
    assert found[0] >= 0.95
    assert all(first > second for first, second in pairwise(found))


@pytest.mark.parametrize("bpm", [60, 120, 300])
def test_density_counts_attacks(bpm: float) -> None:
    """N clicks in T seconds read N / T / 10."""
    count = len(np.arange(0.2, 29.95, 60 / bpm))
    assert values(stereo(clicks(bpm, 30.0, start=0.2)))["transient_density"] == pytest.approx(count / 300, abs=0.004)


def test_density_of_ten_a_second() -> None:
    """Ten onsets per second reach the maximum."""
    assert values(stereo(clicks(600, 20.0)))["transient_density"] == pytest.approx(1.0, abs=0.02)


def test_what_does_not_begin_has_no_attacks() -> None:
    """Steady tones and stationary noise have no onsets."""
    assert values(stereo(sine(440, 10.0)))["transient_density"] == 0
    assert values(stereo(saw(110, 10.0)))["transient_density"] == 0
    assert values(stereo(white(20.0)))["transient_density"] <= 0.05
    assert values(stereo(pink(20.0)))["transient_density"] <= 0.05


@pytest.mark.parametrize("fade", [0.1, 0.4])
def test_strings_have_few_attacks(fade: float) -> None:
    """Crossfading string chords have at most one onset in eight seconds."""
    assert values(stereo(strings(8.0, fade=fade)))["transient_density"] <= 0.0126


@pytest.mark.parametrize("sway", ["tremolo", "vibrato"])
def test_what_sways_has_no_attacks(sway: str) -> None:
    """Tremolo below 3 dB and vibrato of half a semitone are not onsets."""
    at = times(10.0)
    swing = np.sin(2 * np.pi * 10 * at)
    louder, bent = (1 + 0.15 * swing, 0.0) if sway == "tremolo" else (1.0, 50 / 1200 * swing)
    tone = 0.4 * louder * np.sin(2 * np.pi * np.cumsum(440 * 2.0**bent * np.ones_like(at)) / RATE)
    assert values(stereo(tone))["transient_density"] == 0


def test_silence_ratio() -> None:
    """The silence ratio counts zeros and a tail at -41 dB, but not one at -39 dB."""
    noise = white(35.0)
    assert values(stereo(np.concatenate((noise, np.zeros(25 * RATE)))))["silence_ratio"] == pytest.approx(
        0.4167, abs=0.001
    )
    tone = sine(441, 10.0)
    for tail_db, expected in ((-41, 0.5), (-39, 0.0)):
        track = np.concatenate((tone, tone * 10 ** (tail_db / 20)))
        assert values(stereo(track))["silence_ratio"] == pytest.approx(expected, abs=0.003)
    assert values(stereo(tone))["silence_ratio"] == 0
    assert values(stereo(np.zeros(RATE)))["silence_ratio"] == 1


@pytest.mark.parametrize(("apart_sec", "expected"), [(0.3, 0.0), (0.55, 0.0), (1.0, 0.0), (2.5, 0.89)])
def test_gaps_of_dry_percussion_are_not_silence(apart_sec: float, expected: float) -> None:
    """Gaps of up to a second belong to the rhythm; gaps of more than two seconds are silence."""
    assert values(stereo(footsteps(24.0, apart_sec)))["silence_ratio"] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("tail_db", [None, -90, -75, -65])
def test_a_quiet_tail_is_not_heard(tail_db: float | None) -> None:
    """A minute of near silence after the music changes what is silent, and no description of the music."""
    song = drum_loop(110, 20.0) + saw(110, 20.0, 0.1)
    noise = np.random.default_rng(3).standard_normal(60 * RATE)
    tail = noise * (0 if tail_db is None else 10 ** (tail_db / 20))
    alone, found = values(stereo(song)), values(stereo(np.concatenate((song, tail))))
    for name in ("spectral_centroid", "spectral_rolloff", "harmonic_ratio", "chroma_energy", "bass_pct", "lufs"):
        assert found[name] == pytest.approx(alone[name], rel=0.01, abs=0.01), name
    for name in ("spectral_flatness", "pitch_stability", "stereo_width", "peak_consistency", "dynamic_range_variation"):
        assert found[name] == pytest.approx(alone[name], abs=0.02), name
    assert found["silence_ratio"] == pytest.approx(0.75, abs=0.01)
    assert found["transient_density"] == pytest.approx(alone["transient_density"] / 4, abs=0.005)


@pytest.mark.parametrize("apart_sec", [3.0, 5.0])
def test_attacks_between_silences_count(apart_sec: float) -> None:
    """Dry attacks count, though silence follows each of them."""
    found = values(stereo(footsteps(60.0, apart_sec)))
    assert found["transient_density"] == pytest.approx(1 / apart_sec / 10, rel=0.06)
