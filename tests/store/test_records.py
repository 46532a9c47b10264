"""The values the store hands out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auralis_fp.store.records import decode_key, encode_key, metadata_from_json
from stored import analysed


def test_metadata_survives_json() -> None:
    """What is written is what is read."""
    metadata = analysed().metadata
    assert metadata_from_json(json.loads(json.dumps(metadata.as_json()))) == metadata


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration_sec", -1),
        ("duration_sec", float("nan")),
        ("duration_sec", float("inf")),
        ("duration_sec", True),
        ("duration_sec", "212"),
        ("sample_rate", 44100.5),
        ("sample_rate", 0),
        ("sample_rate", True),
        ("channels", 0),
        ("channels", 10**30),
        ("format", None),
        ("codec", 7),
        ("warnings", "truncated"),
        ("warnings", [1]),
        ("undefined", {"tempo_bpm": 1}),
    ],
)
def test_metadata_from_elsewhere_is_checked(name: str, value: object) -> None:
    """Each field of the wrong type or size refuses the whole."""
    with pytest.raises(ValueError, match="not the metadata"):
        metadata_from_json(analysed().metadata.as_json() | {name: value})


@pytest.mark.parametrize("value", [None, [], "text", {}, 7])
def test_what_is_no_metadata_is_refused(value: object) -> None:
    """Anything may stand where metadata should."""
    with pytest.raises(ValueError, match="not the metadata"):
        metadata_from_json(value)


def test_unknown_dimensions_are_not_taken_over() -> None:
    """What is undefined is named by the schema, in its order."""
    given = analysed().metadata.as_json() | {"undefined": ["tempo_bpm", "taste", "lufs"]}
    assert metadata_from_json(given).undefined == ("lufs", "tempo_bpm")


@given(st.binary())
def test_keys_of_listings_carry_any_path(path: bytes) -> None:
    """A key is text that fits into a URL, and leads back to its path."""
    key = encode_key(path)
    assert decode_key(key) == path
    assert all(char.isascii() and (char.isalnum() or char in "-_=") for char in key)


@pytest.mark.parametrize("key", ["\u00e9", "a", "a b", "====", "YQ=\n="])
def test_other_keys_are_refused(key: str) -> None:
    """Whatever was not given out is no key."""
    with pytest.raises(ValueError, match="not a key"):
        decode_key(key)
