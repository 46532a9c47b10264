"""Agreement of the fingerprint between formats."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from audio_files import RECIPES, Recipe, write_recipe
from auralis_fp import schema
from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.models import Analysed
from rhythms import drum_loop
from signals import RATE, pink, saw, signal

pytestmark = pytest.mark.slow

LOSSLESS = [each for each in RECIPES if each.exact and each.rate == RATE and each.channels == 2 and each.bits >= 16]
LOSSY = [
    each for each in RECIPES if each.codec in {"MPEG_LAYER_III", "aac", "VORBIS", "libopus"} and each.suffix != "mp4"
]
NEAR = {"%": 1.5, "LUFS": 0.3, "dB": 1.5, "LU": 0.3}  # by unit; shares and indices to 0.07
NEAR_HZ = 0.15  # lossy formats drop the highest frequencies


@cache
def recording() -> np.ndarray:
    """Return 8 s of drums, chords and noise in 16-bit stereo."""
    drums, noise = drum_loop(120, 8.0), pink(8.0, seed=5)
    chords = np.concatenate([saw(hertz, 4.0, 0.08) for hertz in (110, 146.8)])
    sound = signal(0.4 * drums + chords + 0.3 * noise, 0.3 * drums + chords)
    return (np.round(sound * 32768) / 32768).astype(np.float32)


def analysed(folder: Path, recipe: Recipe) -> Analysed:
    """Return the result for the recording, written according to *recipe*."""
    path = folder / f"song.{recipe.suffix}"
    write_recipe(path, recipe, recording())
    return fingerprint_file(os.fsencode(path))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The result for the recording as a 16-bit WAV file."""
    return analysed(tmp_path_factory.mktemp("plain"), next(each for each in RECIPES if each.codec == "PCM_16"))


@pytest.mark.parametrize("recipe", LOSSLESS, ids=lambda recipe: recipe.title)
def test_lossless_formats_agree_to_the_last_digit(recipe: Recipe, plain: Analysed, tmp_path: Path) -> None:
    """Lossless formats give the same values."""
    found = analysed(tmp_path, recipe)
    assert found.fingerprint == plain.fingerprint
    assert found.metadata.undefined == plain.metadata.undefined


@pytest.mark.parametrize("recipe", LOSSY, ids=lambda recipe: recipe.title)
def test_lossy_formats_come_near(recipe: Recipe, plain: Analysed, tmp_path: Path) -> None:
    """Lossy formats give similar values and the same tempo."""
    found = analysed(tmp_path, recipe).fingerprint
    assert found["tempo_bpm"] == pytest.approx(120 * recipe.rate / RATE, rel=0.01)
    for dimension in (each for each in schema.DIMENSIONS if each.name != "tempo_bpm"):
        expected = plain.fingerprint[dimension.name]
        tolerance = NEAR_HZ * expected if dimension.unit == "Hz" else NEAR.get(dimension.unit, 0.07)
        assert found[dimension.name] == pytest.approx(expected, abs=tolerance), dimension.name
