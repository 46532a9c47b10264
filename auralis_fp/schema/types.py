"""What the description of a dimension consists of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Family(StrEnum):
    """The seven groups of dimensions."""

    FREQUENCY = "frequency"
    DYNAMICS = "dynamics"
    TEMPORAL = "temporal"
    SPECTRAL = "spectral"
    HARMONIC = "harmonic"
    VARIATION = "variation"
    STEREO = "stereo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One number of the fingerprint: its unit, range, definition and meaning.

    Parameters
    ----------
    name : str
        JSON key, SQL column and attribute.
    family : Family
    title : str
        Label on the page.
    unit : str
    low, high : float
        Range; a value outside it is invalid.
    neutral : float
        Value of a signal for which the dimension is undefined.
    typical : tuple of float
        10th and 90th percentile of music of several kinds, drawn on the page for comparison.
    perceived_as : str
        What a listener hears.
    formula : str
        Definition.
    source : str
        Standard or paper of the definition.
    reference : str
        Closed-form result that a test checks.
    since : int
        First algorithm version whose fingerprints contain the dimension.
    """

    name: str
    family: Family
    title: str
    unit: str
    low: float
    high: float
    neutral: float
    typical: tuple[float, float]
    perceived_as: str
    formula: str
    source: str
    reference: str
    since: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form used by the API."""
        return {
            "name": self.name,
            "family": self.family,
            "title": self.title,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "neutral": self.neutral,
            "typical": self.typical,
            "hears": self.perceived_as,
            "formula": self.formula,
            "source": self.source,
            "truth": self.reference,
        }


def band(
    name: str, title: str, low_hz: int, high_hz: int, typical: tuple[float, float], perceived_as: str
) -> Dimension:
    """Return one of the seven frequency bands, which differ only in their edges.

    Parameters
    ----------
    name, title : str
    low_hz, high_hz : int
        Band edges in Hz.
    typical : tuple of float
        10th and 90th percentile of music of several kinds, in percent.
    perceived_as : str
        What a listener hears.
    """
    return Dimension(
        name=name,
        family=Family.FREQUENCY,
        title=title,
        unit="%",
        low=0.0,
        high=100.0,
        neutral=0.0,
        typical=typical,
        perceived_as=perceived_as,
        formula=f"share of the long-term power spectrum, summed over channels, between {low_hz} and {high_hz} Hz",
        source="power spectrum of the whole file (Welch 1967), 20 Hz - 20 kHz",
        reference="a sine inside the band reads at least 99.9; two sines of amplitudes a and b share as a² : b²",
    )
