"""Disks that do not answer: what is read from them is given up, and nothing else waits for it."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.files.content_id import content_id
from auralis_fp.files.places import Places
from auralis_fp.files.scanner import stat_audio
from auralis_fp.jobs import pipeline, verification
from auralis_fp.settings import Settings
from auralis_fp.sidecars import storage
from auralis_fp.watching import debounce, reconcile
from hosting import eventually, tone_file
from serving import until_counts

Hang = Callable[[Callable[..., Any]], Callable[..., Any]]


@pytest.fixture
def hanging() -> Iterator[Hang]:
    """Return a function that makes another one hang for paths that contain "hung"."""
    over = threading.Event()

    def hang(function: Callable[..., Any]) -> Callable[..., Any]:
        def hanging_function(*args: Any) -> Any:
            if any(isinstance(one, bytes) and b"hung" in one for one in args):
                over.wait()
            return function(*args)

        return hanging_function

    yield hang
    over.set()


@pytest.fixture
def two_disks(settings: Settings, library: Path) -> Settings:
    """Return settings with a second library on a disk that will not answer."""
    second = library.with_name("hung")
    second.mkdir()
    return replace(settings, libraries=(library, second))


async def test_a_change_on_another_disk(
    two_disks: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Hang
) -> None:
    """New files of one library are found while the other hangs."""
    async with Service(replace(two_disks, watching="auto", settle_sec=0.1)).running() as service:
        await until_counts(service, total=0)
        monkeypatch.setattr(debounce, "stat_audio", hanging(stat_audio))
        monkeypatch.setattr(debounce, "SLOW_SEC", 0.1)
        tone_file(library.with_name("hung") / "a.wav")
        await eventually(lambda: service._live.watcher.debouncer.waiting == 1)
        for number in range(3):
            tone_file(library / f"{number}.wav", 1 + number / 10)
            await until_counts(service, done=number + 1)


async def test_a_sweep_of_another_disk(
    two_disks: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Hang
) -> None:
    """The library that does not answer is offline and says so; the other is swept."""
    monkeypatch.setattr(reconcile, "HANG_LIMIT_SEC", 0.5)
    displaced = hanging(lambda root, places: Places.displaced(places, root))
    original = Places.displaced

    def hang(places: Places, root: bytes) -> str:
        if b"hung" in root:
            displaced(root, places)
        return original(places, root)

    monkeypatch.setattr(Places, "displaced", hang)
    tone_file(library / "a.wav")
    async with Service(two_disks).running() as service:
        await until_counts(service, done=1)
        await eventually(lambda: not service._live.watcher.folders()[1].online)
        assert service._live.watcher.folders()[1].reason == "The folder cannot be read: it does not answer."
        assert service._live.watcher.folders()[0].online
        assert service.health()["status"] == "degraded"


@pytest.mark.slow
async def test_the_confirmation_of_another_file(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Hang
) -> None:
    """One result stays unconfirmed, the others are confirmed."""
    for name in ("a", "hung", "z"):
        tone_file(library / f"{name}.wav", 1 + len(name) / 10 + ord(name[0]) / 1000)
    async with Service(settings).running() as service:
        await until_counts(service, done=3)
        monkeypatch.setattr(verification, "content_id", hanging(content_id))
        monkeypatch.setattr(verification, "READ_LIMIT_SEC", 0.3)
        for name in ("a", "hung", "z"):
            (library / f"{name}.wav").chmod(0o600)
        service.scan()

        async def confirmed(name: str) -> bool:
            record = await service._live.context.library.by_path(os.fsencode(library / f"{name}.wav"))
            assert record is not None
            return record.fingerprint is not None and record.fingerprint.stamp.confirms(record.stamp)

        await until_counts(service, unconfirmed=1)
        assert [await confirmed(name) for name in ("a", "hung", "z")] == [True, False, True]


async def test_the_sidecar_of_another_file(
    settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch, hanging: Hang
) -> None:
    """The files whose sidecars cannot be read in time are analysed."""
    monkeypatch.setattr(storage, "read", hanging(storage.read))
    monkeypatch.setattr(pipeline, "READ_LIMIT_SEC", 0.3)
    for name in ("a", "hung", "z"):
        tone_file(library / f"{name}.wav", 1 + len(name) / 10 + ord(name[0]) / 1000)
    async with Service(settings).running() as service:
        await until_counts(service, done=3)
