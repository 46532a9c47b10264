"""Messages of a cluster."""

import pytest

from auralis_fp.cluster.messages import (
    Answered,
    Assign,
    Done,
    Link,
    NotDone,
    RemoteJob,
    decode_answer,
    decode_for_courier,
    decode_from_courier,
    decode_job,
    encode,
)
from auralis_fp.models import FileStamp
from auralis_fp.workers.channel import ProtocolError


def test_messages_survive_the_way() -> None:
    """Bytes of paths and times beyond 64 bits are kept."""
    job = RemoteJob(id=b"12345678", task="analyse_file", mount="m", path=b"\xff.mp3", size=1, mtime_ns=str(2**70))
    assert decode_job(encode(job)) == job
    assert job.stamp == FileStamp(1, 2**70)
    assert decode_answer(encode(Done(reply=b"x"))) == Done(reply=b"x")
    assert decode_for_courier(encode(Assign(number=1, address="a", job=b"j"))) == Assign(
        number=1, address="a", job=b"j"
    )
    assert decode_from_courier(encode(Link(connected=False, reason="r"))).reason == "r"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"\xc1",
        encode(Assign(number=1, address="a", job=b"j")),
        encode(NotDone(code="not a word", reason="")),
        encode(NotDone(code="x", reason="y" * 5000)),
        b"\x91" * 100_000,
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    """Neither an answer nor a message of the courier is read from them."""
    with pytest.raises(ProtocolError):
        decode_answer(data)
    with pytest.raises(ProtocolError):
        decode_from_courier(data)


def test_an_answer_is_not_read_by_the_courier() -> None:
    """It passes bytes on."""
    message = decode_from_courier(encode(Answered(number=3, answer=b"\xc1\x00")))
    assert message == Answered(number=3, answer=b"\xc1\x00")
