"""Which machines may work for a service."""

import math
import time
from typing import Any

import msgspec
import pytest

from auralis_fp.cluster.handshake import Hello, python_version, read_hello, read_load, refusal, remark
from auralis_fp.cluster.messages import PROTOCOL, Report
from auralis_fp.schema.parts import SUB_FINGERPRINTS, TIMBRE

GOOD: dict[str, Any] = {
    "name": "m1",
    "slots": 2,
    "mounts": ["music"],
    "protocol": PROTOCOL,
    "parts": {SUB_FINGERPRINTS.name: SUB_FINGERPRINTS.version},
    "python": python_version(),
    "distributed": "2026.8.0",
    "deviation": 0.0,
}


def report(hello: str, load: str = "") -> Report:
    """Return what the scheduler knows of a machine."""
    return Report(address="tcp://a:1", host="a", name="m1-1", hello=hello, load=load, silent_sec=0.0)


def test_a_machine_like_ours_may_work() -> None:
    """Its greeting survives the way as JSON."""
    hello = read_hello(report(msgspec.json.encode(Hello(**GOOD)).decode()))
    assert isinstance(hello, Hello)
    assert refusal(hello, ["music"], [SUB_FINGERPRINTS], "2026.8.0") is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"algorithm_version": 1}, "computes auralis_fp version 1"),
        ({"algorithm": "other"}, "computes other"),
        ({"protocol": 0}, "speaks another protocol"),
        ({"python": "3.9"}, "runs Python 3.9"),
        ({"distributed": "2024.1.0"}, "has distributed 2024.1.0"),
        ({"deviation": None, "fault": "no NumPy"}, "no NumPy"),
        ({"deviation": 0.01}, "differ by 0.01"),
        ({"deviation": math.inf}, "differ by inf"),
        ({"parts": {}}, "does not compute the part sub_fingerprints"),
        ({"mounts": ["films"]}, "lacks the music folder 'music'; start it with --mount music=FOLDER"),
    ],
)
def test_others_are_refused_with_a_sentence(change: dict[str, Any], sentence: str) -> None:
    """The sentence says what differs."""
    why = refusal(Hello(**{**GOOD, **change}), ["music"], [SUB_FINGERPRINTS], "2026.8.0")
    assert why is not None
    assert sentence in why


def test_a_part_that_is_not_wanted_may_lack() -> None:
    """Only the parts of the service are asked for."""
    assert refusal(Hello(**GOOD), ["music"], [], "2026.8.0") is None
    assert "timbre" in (refusal(Hello(**GOOD), ["music"], [TIMBRE], "2026.8.0") or "")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 1}', '{"name":"x","slots":0,"mounts":[]}', "[" * 100_000])
def test_a_greeting_that_cannot_be_read(text: str) -> None:
    """A plain Dask worker, and one that sends anything else, gets a sentence."""
    assert isinstance(read_hello(report(text)), str)
    assert read_load(report("", text)) is None


def test_clocks_may_differ() -> None:
    """A clock an hour ahead is remarked, one that is about right is not."""
    assert "3600 s ahead" in remark(time.time() + 3600, 0.0)
    assert remark(time.time() - 5.0, 5.0) == ""
    assert remark(math.nan, 0.0) == ""
