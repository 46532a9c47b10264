"""Reasons are true."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auralis_fp import schema
from auralis_fp.similarity.reasons import ALIKE, WORDINGS, facts, sentence

VALUES = st.fixed_dictionaries(
    {name: st.floats(schema.BY_NAME[name].typical[0], schema.BY_NAME[name].typical[1]) for name in WORDINGS}
)
CLOSENESS = st.fixed_dictionaries({name: st.floats(0, 3) for name in WORDINGS})


@given(VALUES, VALUES, CLOSENESS)
def test_what_is_called_the_same_is_the_same(
    seed: dict[str, float], other: dict[str, float], closeness: dict[str, float]
) -> None:
    """Each "same ..." holds within its tolerance, and each difference has the right direction."""
    text = sentence(facts(seed, other, closeness))
    nouns = re.split(", | and ", text.removeprefix("same "))
    for name, wording in WORDINGS.items():
        if wording.same in nouns:
            assert wording.is_same(other[name], seed[name])
            assert closeness[name] <= ALIKE
        for part in text.split(", "):
            if re.fullmatch(rf"{wording.more}( by .*)?", part):
                assert other[name] > seed[name]
            if re.fullmatch(rf"{wording.less}( by .*)?", part):
                assert other[name] < seed[name]


@pytest.mark.parametrize(
    ("name", "seed", "other", "text"),
    [
        ("tempo_bpm", 120.0, 124.0, "same tempo"),
        ("tempo_bpm", 120.0, 240.0, "double tempo"),
        ("tempo_bpm", 120.0, 59.0, "half tempo"),
        ("tempo_bpm", 60.0, 240.0, "faster by 300 %"),
        ("tempo_bpm", 120.0, 90.0, "slower by 25 %"),
        ("lufs", -9.0, -14.0, "quieter by 5.0 LU"),
        ("spectral_centroid", 1500.0, 2400.0, "brighter by 900 Hz"),
        ("transient_density", 0.2, 0.5, "busier by 3.0 onsets a second"),
        ("stereo_width", 0.3, 0.1, "narrower"),
    ],
)
def test_words_and_units(name: str, seed: float, other: float, text: str) -> None:
    """Each aspect has its words and, where it has one, its unit."""
    assert sentence(facts({name: seed}, {name: other}, {name: 0.2})) == text


def test_what_is_undefined_is_not_mentioned() -> None:
    """A dimension that one of the tracks does not define says nothing."""
    assert sentence(facts({"lufs": -9.0, "tempo_bpm": 120.0}, {"lufs": -9.0}, {})) == ""
    assert sentence(facts({"lufs": -9.0, "tempo_bpm": 120.0}, {"lufs": -9.0}, {"lufs": 0.0})) == "same loudness"
