"""The 25 dimensions of a fingerprint, declared once.

Database columns, JSON, documentation and the page derive from this table; nothing else spells the names out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALGORITHM: Final = "auralis_fp"
ALGORITHM_VERSION: Final = 3  # a change that moves a number by more than its tolerance adds one


class Family(StrEnum):
    """The seven groups a fingerprint is read in."""

    FREQUENCY = "frequency"
    DYNAMICS = "dynamics"
    TEMPORAL = "temporal"
    SPECTRAL = "spectral"
    HARMONIC = "harmonic"
    VARIATION = "variation"
    STEREO = "stereo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One number of the fingerprint: what it is, where it lies, what it sounds like.

    ``neutral`` is the value of a signal for which the dimension is undefined; ``typical`` is where ordinary mastered
    music lies (the page draws it as the range to compare with).
    """

    name: str
    family: Family
    title: str
    unit: str
    low: float
    high: float
    neutral: float
    typical: tuple[float, float]
    hears: str
    formula: str
    source: str
    truth: str


def _band(name: str, title: str, low_hz: int, high_hz: int, typical: tuple[float, float], hears: str) -> Dimension:
    """One of the seven frequency bands; they differ in their edges alone."""
    return Dimension(
        name=name,
        family=Family.FREQUENCY,
        title=title,
        unit="%",
        low=0.0,
        high=100.0,
        neutral=0.0,
        typical=typical,
        hears=hears,
        formula=f"share of the long-term power spectrum, summed over channels, between {low_hz} and {high_hz} Hz",
        source="power spectrum of the whole file (Welch 1967), 20 Hz - 20 kHz",
        truth="a sine inside the band reads at least 99.9; two sines of amplitudes a and b share as a² : b²",
    )


DIMENSIONS: Final[tuple[Dimension, ...]] = (
    _band("sub_bass_pct", "Sub-bass", 20, 60, (1, 15), "weight below 60 Hz: sub drops, kick, organ pedals"),
    _band("bass_pct", "Bass", 60, 250, (20, 60), "bass guitar, kick drum body, the low strings"),
    _band("low_mid_pct", "Low mids", 250, 500, (8, 25), "warmth, or mud: the lower voices and guitars"),
    _band("mid_pct", "Mids", 500, 2000, (10, 35), "voices and melody instruments"),
    _band("upper_mid_pct", "Upper mids", 2000, 4000, (2, 12), "bite and intelligibility: consonants, pick attack"),
    _band("presence_pct", "Presence", 4000, 6000, (0.5, 5), "closeness: string noise, the edge of a snare"),
    _band("air_pct", "Air", 6000, 20000, (0.5, 8), "cymbals, breath, shimmer"),
    Dimension(
        name="lufs",
        family=Family.DYNAMICS,
        title="Loudness",
        unit="LUFS",
        low=-70.0,
        high=10.0,
        neutral=-70.0,
        typical=(-20, -7),
        hears="how loud the whole track is to a listener",
        formula="mean K-weighted power of the 400-ms blocks that pass the gates at -70 LUFS and 10 LU under their mean",
        source="ITU-R BS.1770-4; EBU Tech 3341",
        truth="a full-scale 997 Hz sine in one channel reads -3.01",
    ),
    Dimension(
        name="crest_db",
        family=Family.DYNAMICS,
        title="Crest factor",
        unit="dB",
        low=0.0,
        high=120.0,
        neutral=0.0,
        typical=(8, 18),
        hears="punch: how far the peaks stand above the body of the sound; small when heavily limited",
        formula="20·log10(peak / rms), peak over all channels, rms over all samples and channels, without DC",
        source="IEC 60268-1",
        truth="a sine reads 3.0103, a square wave 0",
    ),
    Dimension(
        name="bass_mid_ratio",
        family=Family.DYNAMICS,
        title="Bass to mids",
        unit="dB",
        low=-60.0,
        high=60.0,
        neutral=0.0,
        typical=(-4, 10),
        hears="whether the low end or the voices lead",
        formula="10·log10(E(60-250 Hz) / E(250-2000 Hz)) of the long-term power spectrum",
        source="power spectrum of the whole file (Welch 1967)",
        truth="equal sines at 100 and 1000 Hz read 0; white noise -9.64",
    ),
    Dimension(
        name="tempo_bpm",
        family=Family.TEMPORAL,
        title="Tempo",
        unit="BPM",
        low=30.0,
        high=300.0,
        neutral=120.0,
        typical=(70, 170),
        hears="the speed at which a listener taps a foot",
        formula="strongest periodicity of the onset envelope, its metrical level weighed by what the signal supports",
        source="Percival & Tzanetakis 2014, IEEE/ACM TASLP 22(12)",
        truth="click and drum tracks from 50 to 200 BPM within 1 %",
    ),
    Dimension(
        name="rhythm_stability",
        family=Family.TEMPORAL,
        title="Rhythm stability",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.2, 0.8),
        hears="how clear and steady the pulse is: high for a drum machine, low for rubato and noise",
        formula="normalised autocorrelation peak of the onset envelope in 12-s windows, averaged, times the agreement"
        " of the windows' tempi",
        source="after Percival & Tzanetakis 2014",
        truth="a click track reads at least .95; Poisson clicks and white noise at most .3",
    ),
    Dimension(
        name="transient_density",
        family=Family.TEMPORAL,
        title="Transient density",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.15, 0.6),
        hears="how many attacks there are: 1 is ten a second or more",
        formula="onsets per second ÷ 10, clipped at 1",
        source="spectral flux peak picking (Dixon 2006; Böck et al. 2012)",
        truth="N clicks in T seconds read N/T/10",
    ),
    Dimension(
        name="silence_ratio",
        family=Family.TEMPORAL,
        title="Silence",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=1.0,
        typical=(0, 0.1),
        hears="how much of the track is silent or nearly so",
        formula="share of 50-ms frames under the higher of (loudest frame - 40 dB) and -70 dBFS",
        source="own definition",
        truth="35 s of noise and 25 s of zeros read .4167",
    ),
    Dimension(
        name="spectral_centroid",
        family=Family.SPECTRAL,
        title="Spectral centroid",
        unit="Hz",
        low=0.0,
        high=20000.0,
        neutral=0.0,
        typical=(800, 4000),
        hears="brightness: the centre of mass of the sound",
        formula="magnitude-weighted mean frequency of each frame, 20 Hz - 20 kHz; median over frames",
        source="Peeters 2004, CUIDADO report",
        truth="a sine reads its frequency; white noise 10 010",
    ),
    Dimension(
        name="spectral_rolloff",
        family=Family.SPECTRAL,
        title="Spectral rolloff",
        unit="Hz",
        low=0.0,
        high=20000.0,
        neutral=0.0,
        typical=(500, 6000),
        hears="how far up the energy reaches",
        formula="frequency below which 85 % of a frame's power lies, 20 Hz - 20 kHz; median over frames",
        source="Scheirer & Slaney 1997",
        truth="a sine reads its frequency; white noise 17 003, pink noise 7096",
    ),
    Dimension(
        name="spectral_flatness",
        family=Family.SPECTRAL,
        title="Spectral flatness",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.0, 0.1),
        hears="noise (1) against tone (0)",
        formula="geometric over arithmetic mean of the time-averaged power spectrum on a uniform 21.5 Hz grid",
        source="Gray & Markel 1974; ISO/IEC 15938-4",
        truth="white noise reads at least .98, a sine under .0001, pink noise .390",
    ),
    Dimension(
        name="harmonic_ratio",
        family=Family.HARMONIC,
        title="Harmonic ratio",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.5,
        typical=(0.4, 0.95),
        hears="held notes (1) against hits (0)",
        formula="harmonic share of energy after median-filter separation of the power spectrogram, Wiener masks, p = 2",
        source="Fitzgerald 2010, DAFx",
        truth="a steady sine reads at least .99, clicks at most .02, white noise .50",
    ),
    Dimension(
        name="pitch_stability",
        family=Family.HARMONIC,
        title="Pitch stability",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.0, 0.6),
        hears="how steadily one pitch can be followed: high for a held flute note, low for noise and dense chords",
        formula="voiced share of the non-silent frames / (1 + median |Δcents| / 50)",
        source="YIN: de Cheveigné & Kawahara 2002, JASA 111(4)",
        truth="a steady sine or saw reads at least .97; white noise and clicks at most .05",
    ),
    Dimension(
        name="chroma_energy",
        family=Family.HARMONIC,
        title="Chroma concentration",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.1, 0.5),
        hears="few pitch classes (1) against all twelve alike (0)",
        formula="1 - H(p) / ln 12 of the tuning-corrected 12-class power profile, 60-5000 Hz, energy-weighted mean",
        source="Fujishima 1999; Shannon entropy",
        truth="one pitch class reads at least .9, two equal ones .721, a triad .558",
    ),
    Dimension(
        name="dynamic_range_variation",
        family=Family.VARIATION,
        title="Dynamic range variation",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.15, 0.4),
        hears="whether dense and open passages alternate",
        formula="s / (s + 6), s the standard deviation in dB of the crest of 1-s windows",
        source="own definition",
        truth="4 s of sine and 4 s of square in turn read .200 at equal rms",
    ),
    Dimension(
        name="loudness_variation_std",
        family=Family.VARIATION,
        title="Loudness variation",
        unit="LU",
        low=0.0,
        high=20.0,
        neutral=0.0,
        typical=(1, 6),
        hears="how much the loudness moves over the track",
        formula="standard deviation of the gated short-term loudness (3 s windows, 0.1 s hop)",
        source="EBU Tech 3341 and 3342",
        truth="60 s at -20 LUFS and 60 s at -30 LUFS read 4.96",
    ),
    Dimension(
        name="peak_consistency",
        family=Family.VARIATION,
        title="Peak consistency",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.6, 0.95),
        hears="whether the peaks are all of one height: high for limited masters",
        formula="1 / (1 + CV) of the peaks of 500-ms windows",
        source="own definition",
        truth="60 s peaking at 1 and 60 s at ½ read .750",
    ),
    Dimension(
        name="stereo_width",
        family=Family.STEREO,
        title="Stereo width",
        unit="0-1",
        low=0.0,
        high=1.0,
        neutral=0.0,
        typical=(0.02, 0.35),
        hears="narrow (0) to wide (.5) to out of phase (1)",
        formula="½(1 - 2⟨L,R⟩ / (⟨L,L⟩ + ⟨R,R⟩)), the side channel's share of energy",
        source="mid/side energy",
        truth="dual mono reads 0, left only .5, L = -R 1",
    ),
    Dimension(
        name="phase_correlation",
        family=Family.STEREO,
        title="Phase correlation",
        unit="-1-1",
        low=-1.0,
        high=1.0,
        neutral=1.0,
        typical=(0.3, 1),
        hears="whether left and right move together (1), are unrelated (0) or cancel (-1)",
        formula="⟨L,R⟩ / √(⟨L,L⟩⟨R,R⟩)",
        source="goniometer correlation",
        truth="L = R reads 1, L = -R -1, 90° apart 0",
    ),
)

NAMES: Final[tuple[str, ...]] = tuple(dimension.name for dimension in DIMENSIONS)
BY_NAME: Final[Mapping[str, Dimension]] = {dimension.name: dimension for dimension in DIMENSIONS}


def fault_of(fingerprint: object) -> str | None:
    """Say what keeps *fingerprint* from being one, or nothing.

    Used wherever values come in from outside the analysis: sidecars, imports, the process border.

    Parameters
    ----------
    fingerprint : object
        Anything; a fingerprint is a mapping of exactly the 25 names to finite numbers (not booleans) in range.

    Returns
    -------
    str or None
        A sentence naming the first fault, None for a valid fingerprint.
    """
    if not isinstance(fingerprint, Mapping):
        return "not a mapping of names to numbers"
    if len(fingerprint) != len(NAMES):
        return f"{len(fingerprint)} values instead of {len(NAMES)}"
    for dimension in DIMENSIONS:
        value = fingerprint.get(dimension.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{dimension.name} is not a number"
        if not dimension.low <= value <= dimension.high:  # NaN is not; nor is a whole number too long for a float
            return f"{dimension.name} = {value!r:.40} is outside {dimension.low:g} to {dimension.high:g}"
    return None
