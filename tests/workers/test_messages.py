"""What the service accepts from a worker: plausible values of a few types, and nothing else."""

import os
import pickle
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from auralis_fp.models import Analysed, ComputedParts, Part, Rejected, TrackMetadata
from auralis_fp.tags.model import Cover, CoverImage, TagReading, Tags
from auralis_fp.workers.channel import ProtocolError
from auralis_fp.workers.messages import (
    AnalysedReply,
    CoverReply,
    Message,
    PartsReply,
    PcmAudio,
    PcmReply,
    Plan,
    Progress,
    Ready,
    RejectedReply,
    TagsReply,
    decode_from_worker,
    encode,
)

METADATA = TrackMetadata(duration_sec=3.0, sample_rate=44_100, channels=2, format="wav", codec="pcm_s16")
RESULT = Analysed({"lufs": -14.0}, METADATA, 12.5, payload_digest=bytes(20), parts=(Part("bits", 1, b"\0\1"),))
DIGEST = "0123456789abcdef" * 2
WEBP = b"RIFF\0\0\0\0WEBP"
ID = b"12345678"


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("false",)


@pytest.mark.parametrize(
    "message",
    [
        Ready(lacking=["Landlock"]),
        Progress(id=ID, decoded_sec=1.5, duration_sec=0),
        AnalysedReply(id=ID, outcome=RESULT),
        PartsReply(id=ID, outcome=ComputedParts(RESULT.parts, bytes(20))),
        RejectedReply(id=ID, outcome=Rejected("decode", "corrupt", "No audio could be decoded.")),
        TagsReply(id=ID, outcome=TagReading(Tags(title="Ägypten", track=3), Cover(DIGEST, "embedded"), ("ape: x",))),
        CoverReply(id=ID, outcome=CoverImage(DIGEST, WEBP)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_honest_answers_arrive_unchanged(message: Message) -> None:
    """With all their fields."""
    assert decode_from_worker(encode(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        Progress(id=ID, decoded_sec=float("nan"), duration_sec=0),
        Progress(id=ID, decoded_sec=0, duration_sec=1e300),
        Progress(id=ID, decoded_sec=-1, duration_sec=0),
        AnalysedReply(id=ID, outcome=replace(RESULT, metadata=replace(METADATA, duration_sec=float("inf")))),
        AnalysedReply(id=ID, outcome=replace(RESULT, metadata=replace(METADATA, channels=1 << 20))),
        AnalysedReply(id=ID, outcome=replace(RESULT, metadata=replace(METADATA, codec="x" * 1000))),
        AnalysedReply(id=ID, outcome=replace(RESULT, metadata=replace(METADATA, undefined=("no dimension",)))),
        AnalysedReply(id=ID, outcome=replace(RESULT, metadata=replace(METADATA, warnings=("w",) * 1000))),
        AnalysedReply(id=ID, outcome=replace(RESULT, payload_digest=b"short")),
        AnalysedReply(id=ID, outcome=replace(RESULT, parts=(Part("x", 1, bytes(1 << 20)),))),
        AnalysedReply(id=ID, outcome=replace(RESULT, processing_time_ms=float("nan"))),
        PartsReply(id=ID, outcome=ComputedParts((Part("x", 1, bytes(1 << 20)),), None)),
        PartsReply(id=ID, outcome=ComputedParts((), b"short")),
        RejectedReply(id=ID, outcome=Rejected("worker", "unavailable", "Stop all work.")),
        RejectedReply(id=ID, outcome=Rejected("decode", "<script>", "")),
        RejectedReply(id=ID, outcome=Rejected("decode", "corrupt", "x" * 100_000)),
        TagsReply(id=ID, outcome=TagReading(Tags(title="x" * 100_000))),
        TagsReply(id=ID, outcome=TagReading(Tags(), Cover("../../../etc/cron.d/x", "folder"))),
        CoverReply(id=ID, outcome=CoverImage("../" * 10 + "aa", WEBP)),
        CoverReply(id=ID, outcome=CoverImage(DIGEST + "\n", WEBP)),
        CoverReply(id=ID, outcome=CoverImage(DIGEST, b"<html>")),
        PcmReply(id=ID, outcome=PcmAudio(0, 1.0, b"")),
        PcmReply(id=ID, outcome=PcmAudio(44_100, float("nan"), b"")),
        Plan(memory_limit_mb=0, seal=False),
    ],
)
def test_implausible_answers_are_refused(message: Message) -> None:
    """Values out of range, names that would leave a folder, and messages of the other direction."""
    with pytest.raises(ProtocolError):
        decode_from_worker(encode(message))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 100,
        pickle.dumps(Evil()),
        msgspec.msgpack.encode({"type": "os.system", "outcome": "false"}),
        msgspec.msgpack.encode({"type": "AnalysedReply", "id": ID, "outcome": {"fingerprint": 3}}),
        b"\x91" * 100_000,
        encode(Ready(lacking=[]))[:-1],
    ],
    ids=["empty", "garbage", "pickle", "other class", "other fields", "deep", "half"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """Whatever the bytes are, nothing of them is executed."""
    with pytest.raises(ProtocolError):
        decode_from_worker(data)
