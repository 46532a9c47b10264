"""Retries of failed jobs."""

from pathlib import Path

import pytest

from audio_files import Recipe, encode
from auralis_fp.engine.service import Service
from auralis_fp.jobs import retry
from auralis_fp.settings import Settings
from hosting import eventually
from serving import until_counts
from signals import stereo, white


@pytest.mark.slow
async def test_an_incomplete_result_is_retried_a_few_times(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose decoder stops early is analysed again, and fails for good after the last retry."""
    monkeypatch.setattr(retry, "FIRST_READ_RETRY_SEC", 0.05)
    monkeypatch.setattr(retry, "READ_BACKOFF", 1.0)
    content = bytearray(encode(stereo(white(20.0, 0.1)), Recipe("", "ipod", "alac", "", "", sample_type="s16p")))
    content[content.index(b"stsz") + 12 : content.index(b"stsz") + 16] = (100).to_bytes(4, "big")  # of 216 frames
    (library / "a.m4a").write_bytes(content)
    async with Service(settings).running() as service:
        await eventually(lambda: sum(service.analyses) == 1 + retry.MAX_INCOMPLETE)
        await until_counts(service, failed=1, pending=0, running=0)
        failure = (await service.file(1)).failure
        assert failure is not None
        assert (failure.code, failure.retry_at) == ("incomplete", None)
