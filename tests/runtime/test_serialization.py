"""JSON encoding."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auralis_fp import schema
from auralis_fp.runtime.serialization import outcome_record, path_text, to_json
from stored import CORRUPT, analysed


@given(st.binary(min_size=1, max_size=50))
def test_any_path_survives_json(path: bytes) -> None:
    """As ASCII on one line, whatever its bytes."""
    text = to_json({"path": path_text(path)})
    assert text.isascii()
    assert "\n" not in text
    assert os.fsencode(json.loads(text)["path"]) == path


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_non_finite_numbers_are_refused(value: float) -> None:
    """NaN and infinity raise ValueError."""
    with pytest.raises(ValueError, match="JSON"):
        to_json({"value": value})


def test_a_result_has_its_four_parts() -> None:
    """Path, fingerprint in schema order, metadata and time."""
    record = json.loads(to_json(outcome_record("a.mp3", analysed())))
    assert list(record) == ["path", "fingerprint", "metadata", "processing_time_ms"]
    assert tuple(record["fingerprint"]) == schema.NAMES
    assert record["path"] == "a.mp3"


def test_a_failure_has_a_reason() -> None:
    """Code, stage and a sentence."""
    error = {"code": "corrupt", "stage": "decode", "message": CORRUPT.reason}
    assert outcome_record("a.mp3", CORRUPT) == {"path": "a.mp3", "error": error}
