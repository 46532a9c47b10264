"""Sounds without attacks or pulse have no tempo and no rhythm stability."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

import unrhythmic
from rhythms import clicks, drum_loop
from signals import RATE, measure, stereo
from unrhythmic import Mono

SOUNDS: dict[str, Callable[[], Mono]] = {
    **{f"vibrato {hertz} Hz": partial(unrhythmic.vibrato, hertz) for hertz in (4, 5, 6, 7, 8)},
    "vibrato, wide": partial(unrhythmic.vibrato, 5, cents=80),
    "vibrato, wide and high": partial(unrhythmic.vibrato, 6, cents=100, note_hz=880),
    "vibrato, unsteady": partial(unrhythmic.vibrato, 6.5, cents=100, note_hz=294, unsteady=0.1),
    "vibrato, higher": partial(unrhythmic.vibrato, 5.5, note_hz=523),
    **{
        f"tremolo {hertz} Hz, {depth}": partial(unrhythmic.tremolo, hertz, depth)
        for hertz, depth in ((4, 0.9), (5, 0.6), (6.5, 0.9), (8, 0.6))
    },
    **{f"beating {hertz} Hz": partial(unrhythmic.beating, hertz) for hertz in (1, 1.5, 2, 3)},
    "beating octaves": unrhythmic.beating_octaves,
    "surf": unrhythmic.surf,
    "rain": unrhythmic.rain,
    "applause": unrhythmic.applause,
    "speech": unrhythmic.speech,
    "speech of another": partial(unrhythmic.speech, seed=14),
    "glissando": unrhythmic.glissando,
    "one click": unrhythmic.one_click,
    "one click in a tone": partial(unrhythmic.one_click, tone=0.3),
    "short speech": partial(unrhythmic.speech, 8.0, seed=100),
    "random ticks": unrhythmic.random_ticks,
    "few random ticks": partial(unrhythmic.random_ticks, 8.0, seed=112),
    "hum with hiss": unrhythmic.hum_with_hiss,
}


@pytest.mark.parametrize("name", list(SOUNDS))
def test_no_tempo_without_events(name: str) -> None:
    """The tempo is undefined and the stability 0."""
    found = measure(stereo(SOUNDS[name]()))
    assert "tempo_bpm" in found.undefined
    assert found.tempo is None
    assert found.values["rhythm_stability"] == 0


def test_even_pulses_are_no_vibrato() -> None:
    """Eight equal clicks a second have a tempo."""
    assert measure(stereo(clicks(480, 13.0))).tempo is not None


@pytest.mark.slow
def test_ten_minutes_of_a_drone_have_no_tempo() -> None:
    """A drone that sways slowly has no tempo, however long it lasts."""
    drone = np.tile(unrhythmic.vibrato(0.2, 3.0, 30.0), 20)
    found = measure(stereo(drone))
    assert len(drone) == 600 * RATE
    assert "tempo_bpm" in found.undefined
    assert found.values["rhythm_stability"] == 0


def test_jittered_ticks_keep_their_tempo_until_the_pulse_is_lost() -> None:
    """Ticks displaced by 5 % of the period have a tempo; displaced by 25 % they have none."""
    found = measure(stereo(clicks(120, 24.0, jitter=0.05)))
    assert found.tempo is not None
    assert found.values["tempo_bpm"] == pytest.approx(120, rel=0.02)
    assert "tempo_bpm" in measure(stereo(clicks(120, 24.0, jitter=0.25))).undefined


def test_a_pulse_near_chance_has_little_stability() -> None:
    """Ticks displaced by 16 % of the period still have a tempo; their stability has nearly faded."""
    found = measure(stereo(clicks(120, 24.0, jitter=0.16)))
    assert found.tempo is not None
    assert 0 < found.values["rhythm_stability"] < 0.1


def test_music_after_a_long_pad_has_a_tempo() -> None:
    """Windows without events do not hide the rhythm of the others."""
    pad = unrhythmic.vibrato(5.5, 30.0, 36.0)
    track = np.concatenate((pad, 0.3 * pad[: 20 * RATE] + drum_loop(100, 20.0)))
    assert measure(stereo(track)).values["tempo_bpm"] == pytest.approx(100, rel=0.01)
