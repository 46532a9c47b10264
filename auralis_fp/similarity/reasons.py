"""Reasons in plain words: what two tracks have in common and what differs, from one table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final, Literal

from ..runtime.payloads import DimensionName, Payload

ALIKE: Final = 0.5  # of a random pair's distance within a family: at most this is called alike
MOST_ALIKE: Final = 3
MOST_DIFFERENT: Final = 2


Comparison = Literal["same", "more", "less", "double", "half"]


class Fact(Payload, frozen=True):
    """How a track compares with the nearest seed in one dimension.

    `amount` is the size of a difference: in percent for the tempo, in onsets a second for the transient density, in the
    unit of the dimension for others; null where a number says little.
    """

    dimension: DimensionName
    comparison: Comparison
    amount: float | None


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
    scale : float
        Of the difference in the format.
    """

    same: str
    tolerance: float
    more: str
    less: str
    amount: str = ""
    difference: Callable[[float, float], float] = lambda value, seed: value - seed
    scale: float = 1.0

    def is_same(self, value: float, seed: float) -> bool:
        """Return True if the values are within the tolerance."""
        return abs(self.difference(value, seed)) <= self.tolerance


def _percent(value: float, seed: float) -> float:
    return 100.0 * (value / seed - 1.0) if seed > 0 else 0.0


#: One dimension stands for each aspect that a listener names; the order is that of a sentence.
WORDINGS: Final[Mapping[str, Wording]] = {
    "tempo_bpm": Wording("tempo", 4.0, "faster", "slower", "{:.0f} %", _percent),
    "lufs": Wording("loudness", 1.5, "louder", "quieter", "{:.1f} LU"),
    "spectral_centroid": Wording("brightness", 150.0, "brighter", "darker", "{:.0f} Hz"),
    "transient_density": Wording("number of onsets", 0.05, "busier", "calmer", "{:.1f} onsets a second", scale=10.0),
    "rhythm_stability": Wording("steadiness of rhythm", 0.08, "steadier in rhythm", "freer in rhythm"),
    "crest_db": Wording("punch", 1.5, "punchier", "more compressed", "{:.1f} dB"),
    "bass_mid_ratio": Wording("balance of bass", 2.0, "more bass", "less bass", "{:.1f} dB"),
    "harmonic_ratio": Wording("share of sustained sound", 0.06, "more sustained", "more percussive"),
    "chroma_energy": Wording("tonal focus", 0.05, "more focused on few pitches", "spread over more pitches"),
    "loudness_variation_std": Wording("loudness range", 0.7, "more dynamic", "more even", "{:.1f} LU"),
    "stereo_width": Wording("stereo width", 0.1, "wider", "narrower"),
}


def facts(seed: Mapping[str, float], values: Mapping[str, float], closeness: Mapping[str, float]) -> list[Fact]:
    """Return what a neighbour and a seed have in common and what differs, the closest and the greatest first.

    Parameters
    ----------
    seed, values : mapping
        Defined values of the seed and of the neighbour by dimension, in the units of the schema.
    closeness : mapping
        Difference of each dimension in relation to a random pair's mean difference; greater is farther.

    Examples
    --------
    >>> facts({"lufs": -9.0}, {"lufs": -15.0}, {"lufs": 1.5})
    [Fact(dimension='lufs', comparison='less', amount=6.0)]
    """
    alike = {
        name: wording.is_same(values[name], seed[name])
        for name, wording in WORDINGS.items()
        if name in seed and name in values
    }
    same = [name for name, is_same in alike.items() if is_same and closeness.get(name, 1.0) <= ALIKE]
    different = [name for name, is_same in alike.items() if not is_same]
    same.sort(key=lambda name: closeness.get(name, 0.0))
    different.sort(key=lambda name: -closeness.get(name, 0.0))
    found = [Fact(name, "same", None) for name in same[:MOST_ALIKE]]
    return found + [_difference(name, values[name], seed[name]) for name in different[:MOST_DIFFERENT]]


def sentence(found: Sequence[Fact]) -> str:
    """Return facts in words; empty if there are none.

    Examples
    --------
    >>> sentence([Fact("tempo_bpm", "same", None), Fact("lufs", "less", 6.0)])
    'same tempo, quieter by 6.0 LU'
    """
    same = [WORDINGS[fact.dimension].same for fact in found if fact.comparison == "same"]
    different = [_words(fact) for fact in found if fact.comparison != "same"]
    return ", ".join((["same " + _listed(same)] if same else []) + different)


def _difference(name: str, value: float, seed: float) -> Fact:
    if name == "tempo_bpm":
        octave = log2(value / seed)
        if abs(round(octave)) == 1 and abs(octave - round(octave)) <= log2(1.04):
            return Fact(name, "double" if octave > 0 else "half", None)
    wording = WORDINGS[name]
    size = wording.difference(value, seed) * wording.scale
    return Fact(name, "more" if size > 0 else "less", round(abs(size), 3) if wording.amount else None)


def _words(fact: Fact) -> str:
    wording = WORDINGS[fact.dimension]
    if fact.comparison in {"double", "half"}:
        return f"{fact.comparison} tempo"
    word = wording.more if fact.comparison == "more" else wording.less
    return word if fact.amount is None else f"{word} by {wording.amount.format(fact.amount)}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
