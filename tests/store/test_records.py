"""The values the store hands out."""

import json

import pytest

from auralis_fp.store.records import metadata_from_json
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
        ("codec", "a" * 101),
        ("duration_sec", 10**400),
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
