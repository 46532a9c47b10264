"""The dimensions as declared, their history, and the validation of fingerprints."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auralis_fp.schema import (
    ALGORITHM_VERSION,
    BY_NAME,
    COLUMNS,
    DIMENSIONS,
    NAMES,
    Dimension,
    Family,
    fault_of,
    limits,
    names_of,
    neutral,
    values_of,
)
from stored import analysed


def test_the_first_version_had_25_dimensions() -> None:
    """Seven families of 7, 3, 4, 3, 3, 3 and 2 dimensions, in that order."""
    sizes = Counter(BY_NAME[name].family for name in names_of(1))
    assert list(sizes) == list(Family)
    assert list(sizes.values()) == [7, 3, 4, 3, 3, 3, 2]


def test_dimensions_of_a_family_follow_each_other() -> None:
    """A new dimension goes to the end of its family."""
    families = list(Family)
    order = [families.index(dimension.family) for dimension in DIMENSIONS]
    assert order == sorted(order)


def test_columns_are_in_the_order_of_introduction() -> None:
    """``ALTER TABLE`` appends, so the columns of an older version are a prefix of those of a newer one."""
    for version in range(1, ALGORITHM_VERSION + 1):
        names = names_of(version)
        assert set(COLUMNS[: len(names)]) == set(names)
    assert set(COLUMNS) == set(NAMES)
    assert names_of(ALGORITHM_VERSION) == NAMES


def test_a_fingerprint_of_an_earlier_version_has_its_own_names() -> None:
    """Values are taken by the names of the version, whatever else is stored beside them."""
    stored = analysed().fingerprint | {"taste": 1.0}
    assert tuple(values_of(stored, 1)) == names_of(1)
    assert fault_of(values_of(stored, 1), 1) is None


def test_neutral_values_and_limits_by_name() -> None:
    """The accessors return the fields of the row."""
    assert neutral("tempo_bpm") == BY_NAME["tempo_bpm"].neutral
    assert limits("phase_correlation") == (-1.0, 1.0)


def test_names_are_unique_and_fit_everywhere() -> None:
    """A name is a column, a JSON key and an attribute."""
    assert len(set(NAMES)) == len(DIMENSIONS)
    assert set(BY_NAME) == set(NAMES)
    assert all(name.isidentifier() and name.islower() and name.isascii() for name in NAMES)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=NAMES)
def test_a_dimension_is_described_in_full(dimension: Dimension) -> None:
    """Its neutral and typical values lie in its range, and every text is there."""
    low, high = dimension.typical
    assert dimension.low < dimension.high
    assert dimension.low <= dimension.neutral <= dimension.high
    assert dimension.low <= low < high <= dimension.high
    texts = (
        dimension.title,
        dimension.unit,
        dimension.perceived_as,
        dimension.formula,
        dimension.source,
        dimension.reference,
    )
    assert all(text == text.strip() != "" for text in texts)


def test_bands_follow_each_other() -> None:
    """The seven shares add up to a whole, so each lies between 0 and 100 percent."""
    bands = [dimension for dimension in DIMENSIONS if dimension.family is Family.FREQUENCY]
    assert all((band.low, band.high, band.unit) == (0, 100, "%") for band in bands)


@given(st.fixed_dictionaries({one.name: st.floats(one.low, one.high) for one in DIMENSIONS}))
def test_every_value_in_range_is_valid(fingerprint: dict[str, float]) -> None:
    """The limits themselves belong to the range."""
    assert fault_of(fingerprint) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9, -1e9, None, True, "1", [1.0]])
def test_one_bad_value_is_named(name: str, value: Any) -> None:
    """Whichever it is."""
    fault = fault_of(analysed().fingerprint | {name: value})
    assert fault is not None
    assert name in fault


@pytest.mark.parametrize("value", [None, [], "text", {}, 7])
def test_other_values_are_not_fingerprints(value: object) -> None:
    """Too few and none at all."""
    assert fault_of(value) is not None


def test_unknown_names_are_refused() -> None:
    """Neither one too many nor one instead of another."""
    fingerprint = analysed().fingerprint
    assert fault_of(fingerprint | {"taste": 1.0}) == f"{len(NAMES) + 1} values instead of {len(NAMES)}"
    fingerprint["loudness"] = fingerprint.pop("lufs")
    assert fault_of(fingerprint) == "lufs is not a number"
