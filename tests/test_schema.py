"""The 25 dimensions as declared, and what counts as a fingerprint."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auralis_fp.schema import BY_NAME, DIMENSIONS, NAMES, Dimension, Family, fault_of
from stored import analysed


def test_families_have_their_sizes() -> None:
    """Seven families of 7, 3, 4, 3, 3, 3 and 2 dimensions, in that order."""
    sizes = Counter(dimension.family for dimension in DIMENSIONS)
    assert list(sizes) == list(Family)
    assert list(sizes.values()) == [7, 3, 4, 3, 3, 3, 2]


def test_names_are_unique_and_fit_everywhere() -> None:
    """A name is a column, a JSON key and an attribute."""
    assert len(set(NAMES)) == 25
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
def test_what_is_no_mapping_of_25_is_no_fingerprint(value: object) -> None:
    """Too few and none at all."""
    assert fault_of(value) is not None


def test_unknown_names_are_refused() -> None:
    """Neither one too many nor one instead of another."""
    fingerprint = analysed().fingerprint
    assert fault_of(fingerprint | {"taste": 1.0}) == "26 values instead of 25"
    fingerprint["loudness"] = fingerprint.pop("lufs")
    assert fault_of(fingerprint) == "lufs is not a number"
