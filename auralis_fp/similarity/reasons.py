"""Reasons in plain words: what two tracks have in common and what differs, from one table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

ALIKE: Final = 0.5  # of a random pair's distance within a family: at most this is called alike
MOST_ALIKE: Final = 3
MOST_DIFFERENT: Final = 2


@dataclass(frozen=True, slots=True)
class Wording:
    """How one dimension is compared in words.

    Parameters
    ----------
    same : str
        Noun of "same ...".
    tolerance : float
        Largest difference, in the unit that `difference` returns, that is called the same.
    more, less : str
        Words for a greater and a smaller value.
    amount : str
        Format of the size of the difference; empty for numbers without a unit, which say little to a listener.
    difference : callable
        Takes the values of the neighbour and of the seed.
    """

    same: str
    tolerance: float
    more: str
    less: str
    amount: str = ""
    difference: Callable[[float, float], float] = lambda value, seed: value - seed

    def is_same(self, value: float, seed: float) -> bool:
        """Return True if the values are within the tolerance."""
        return abs(self.difference(value, seed)) <= self.tolerance

    def compare(self, value: float, seed: float) -> str:
        """Return what differs, with its size."""
        size = self.difference(value, seed)
        word = self.more if size > 0 else self.less
        return f"{word} by {self.amount.format(abs(size))}" if self.amount else word


def _percent(value: float, seed: float) -> float:
    return 100.0 * (value / seed - 1.0) if seed > 0 else 0.0


#: One dimension stands for each aspect that a listener names; the order is that of a sentence.
WORDINGS: Final[Mapping[str, Wording]] = {
    "tempo_bpm": Wording("tempo", 4.0, "faster", "slower", "{:.0f} %", _percent),
    "lufs": Wording("loudness", 1.5, "louder", "quieter", "{:.1f} LU"),
    "spectral_centroid": Wording("brightness", 150.0, "brighter", "darker", "{:.0f} Hz"),
    "transient_density": Wording("number of onsets", 0.05, "busier", "calmer", "{:.1f} onsets a second"),
    "rhythm_stability": Wording("steadiness of rhythm", 0.08, "steadier in rhythm", "freer in rhythm"),
    "crest_db": Wording("punch", 1.5, "punchier", "more compressed", "{:.1f} dB"),
    "bass_mid_ratio": Wording("balance of bass", 2.0, "more bass", "less bass", "{:.1f} dB"),
    "harmonic_ratio": Wording("share of sustained sound", 0.06, "more sustained", "more percussive"),
    "chroma_energy": Wording("tonal focus", 0.05, "more focused on few pitches", "spread over more pitches"),
    "loudness_variation_std": Wording("loudness range", 0.7, "more dynamic", "more even", "{:.1f} LU"),
    "stereo_width": Wording("stereo width", 0.05, "wider", "narrower"),
}
_ONSETS: Final = "transient_density"


def sentence(seed: Mapping[str, float], values: Mapping[str, float], closeness: Mapping[str, float]) -> str:
    """Describe a neighbour.

    Parameters
    ----------
    seed, values : mapping
        Defined values of the seed and of the neighbour by dimension, in the units of the schema.
    closeness : mapping
        Difference of each dimension in relation to a random pair's mean difference; greater is farther.

    Returns
    -------
    str
        Such as ``same tempo and loudness, brighter by 900 Hz``; empty if both define nothing that has a wording.

    Examples
    --------
    >>> seed, other = {"tempo_bpm": 120.0, "lufs": -9.0}, {"tempo_bpm": 121.0, "lufs": -15.0}
    >>> sentence(seed, other, {"tempo_bpm": 0.1, "lufs": 1.5})
    'same tempo, quieter by 6.0 LU'
    """
    known = [name for name in WORDINGS if name in seed and name in values]
    same = [name for name in known if closeness.get(name, 1.0) <= ALIKE and _same(name, values[name], seed[name])]
    different = [name for name in known if not _same(name, values[name], seed[name])]
    different.sort(key=lambda name: -closeness.get(name, 0.0))
    parts = []
    if same:
        nouns = [WORDINGS[name].same for name in sorted(same, key=lambda name: closeness.get(name, 0.0))[:MOST_ALIKE]]
        parts.append("same " + _listed(nouns))
    parts += [_different(name, values[name], seed[name]) for name in different[:MOST_DIFFERENT]]
    return ", ".join(parts)


def _same(name: str, value: float, seed: float) -> bool:
    return WORDINGS[name].is_same(value, seed)


def _different(name: str, value: float, seed: float) -> str:
    if name == "tempo_bpm":
        octave = log2(value / seed)
        if abs(round(octave)) == 1 and abs(octave - round(octave)) <= log2(1.04):
            return "double tempo" if octave > 0 else "half tempo"
    if name == _ONSETS:  # the dimension is a tenth of the onsets in a second
        return WORDINGS[name].compare(10.0 * value, 10.0 * seed)
    return WORDINGS[name].compare(value, seed)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
