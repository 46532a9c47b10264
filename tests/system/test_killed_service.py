"""The service killed at any moment of a scan: stored results stay, jobs in flight run again."""

import signal
import time
from pathlib import Path

import pytest

from audio_files import rng, tones, write_wav
from patience import LIMIT_SEC
from service_process import Ledger, ServiceUnderTest, audit

SONGS = 30
RATE = 22_050
KILLS = 6  # hundreds with: python -m bench kills


@pytest.fixture
def songs(library: Path) -> Path:
    """Return a library whose scan takes a second or more."""
    for number in range(SONGS):
        folder = library / f"album {number % 3}"
        folder.mkdir(exist_ok=True)
        write_wav(folder / f"{number}.wav", tones(20.0 + number / 10, rate=RATE), RATE)
    return library


@pytest.mark.slow
def test_repeated_kills(songs: Path, tmp_path: Path) -> None:
    """The database opens, no sidecar is truncated, nothing is lost, duplicated or repeated, and no worker survives."""
    service = ServiceUnderTest([songs], tmp_path / "data", {"workers": 2, "watching": "off", "busy_percent": 0})
    ledger, chance = Ledger(service.database), rng("kills")
    for number in range(KILLS):
        if number % 3 == 2:  # also during the start
            service.begin()
            time.sleep(chance.uniform(0.1, 0.8))
        else:
            service.start()
            time.sleep(chance.uniform(0.0, 1.2))
        service.end(signal.SIGKILL)
        assert not service.until_gone()
        assert not audit(service.roots, service.data, settled=False).faults().keys() - {"leftovers"}
        ledger.look()
    service.start()
    status = service.until_idle(total=SONGS)
    service.end(signal.SIGTERM)
    ledger.look()
    findings = audit(service.roots, service.data, settled=True)
    assert not findings.faults()
    assert (findings.done, findings.failed) == (SONGS, 0)
    assert status["health"]["status"] == "healthy"
    assert not ledger.redone
    assert len(list(songs.rglob("*.25d"))) == SONGS
    assert not service.until_gone()


def test_a_worker_stopped_during_its_start_is_ended_by_the_next_run(library: Path, tmp_path: Path) -> None:
    """A worker stopped before it could bind itself to its parent, which is then killed, ends with the next start."""
    service = ServiceUnderTest([library], tmp_path / "data", {"workers": 1, "watching": "off"})
    service.start()
    give_up = time.monotonic() + LIMIT_SEC
    while not (workers := service.workers()):
        assert time.monotonic() < give_up
    workers[0].suspend()
    while not (service.data / "workers" / str(workers[0].pid)).exists():
        assert time.monotonic() < give_up
    service.end(signal.SIGKILL)
    service.start()
    workers[0].wait(10)
    service.end(signal.SIGTERM)
    assert not service.until_gone()
    assert not list((service.data / "workers").glob("*"))
