"""The dimensions of a fingerprint and the algorithm versions that contained them.

Database columns, JSON, documentation and the page derive from the table in ``schema.dimensions``; no other module
spells out the names, ranges or neutral values.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final, Protocol

from .dimensions import ALGORITHM_VERSION, DIMENSIONS
from .types import Dimension, Family

__all__ = [
    "ALGORITHM",
    "ALGORITHM_VERSION",
    "BY_NAME",
    "COLUMNS",
    "DIMENSIONS",
    "NAMES",
    "Dimension",
    "Family",
    "fault_of",
    "limits",
    "names_of",
    "neutral",
    "values_of",
    "with_null",
    "without_null",
]

ALGORITHM: Final = "auralis_fp"
NAMES: Final[tuple[str, ...]] = tuple(dimension.name for dimension in DIMENSIONS)
#: The order in which the columns of the database were added: ``ALTER TABLE`` can only append.
COLUMNS: Final[tuple[str, ...]] = tuple(each.name for each in sorted(DIMENSIONS, key=lambda each: each.since))
BY_NAME: Final[Mapping[str, Dimension]] = {dimension.name: dimension for dimension in DIMENSIONS}


def neutral(name: str) -> float:
    """Return the value that a dimension takes where the signal does not define it."""
    return BY_NAME[name].neutral


def limits(name: str) -> tuple[float, float]:
    """Return the lowest and the highest valid value of a dimension."""
    return BY_NAME[name].low, BY_NAME[name].high


@cache
def names_of(version: int) -> tuple[str, ...]:
    """Return the names that a fingerprint of an algorithm version contains, in schema order."""
    return tuple(dimension.name for dimension in DIMENSIONS if dimension.since <= version)


@cache
def _limits_of(version: int) -> tuple[tuple[str, float, float], ...]:
    """Return name, lowest and highest value of each dimension that an algorithm version has."""
    return tuple((name, *limits(name)) for name in names_of(version))


def with_null(values: Mapping[str, float], undefined: Collection[str]) -> dict[str, float | None]:
    """Return the values of a fingerprint with None for dimensions that the signal leaves undefined.

    Parameters
    ----------
    values : mapping
        Values by dimension.
    undefined : collection of str
        Names of the undefined dimensions.
    """
    if not undefined:
        return dict(values)
    return {name: None if name in undefined else value for name, value in values.items()}


def without_null(values: object, undefined: Collection[str]) -> object:
    """Return a fingerprint from outside with the neutral values for what is None and undefined; see `with_null`.

    Parameters
    ----------
    values : object
        Other than a mapping: returned as it is.
    undefined : collection of str
        Names of the undefined dimensions.
    """
    if not isinstance(values, Mapping):
        return values
    return {
        name: neutral(name) if value is None and name in undefined and name in BY_NAME else value
        for name, value in values.items()
    }


class _Row(Protocol):
    """A mapping or a database row."""

    def __getitem__(self, name: str, /) -> Any: ...


def values_of(stored: _Row, version: int) -> dict[str, float]:
    """Return the values that a fingerprint of an algorithm version has, and no others, in schema order.

    Parameters
    ----------
    stored : mapping or database row
        At least the names of that version; a row may hold NULL for later ones.
    version : int
        Algorithm version that computed the values.
    """
    return {name: float(stored[name]) for name in names_of(version)}


def fault_of(fingerprint: object, version: int = ALGORITHM_VERSION) -> str | None:
    """Validate a fingerprint from outside the analysis: a sidecar, an import, another process.

    Parameters
    ----------
    fingerprint : object
        Valid if it maps exactly the names of *version* to finite numbers (not booleans) in range.
    version : int, optional
        Algorithm version that computed the values.

    Returns
    -------
    str or None
        A description of the first fault, None for a valid fingerprint.
    """
    if not isinstance(fingerprint, Mapping):
        return "not a mapping of names to numbers"
    expected = _limits_of(version)
    if len(fingerprint) != len(expected):
        return f"{len(fingerprint)} values instead of {len(expected)}"
    for name, low, high in expected:
        value = fingerprint.get(name)
        if type(value) is not float and (isinstance(value, bool) or not isinstance(value, int | float)):
            return f"{name} is not a number"
        if not low <= value <= high:  # False for NaN; integers too large for a float compare correctly
            return f"{name} = {value!r:.40} is outside {low:g} to {high:g}"
    return None
