"""The founding contract: what the player's old client and its old reader of sidecars do, they can still do."""

import json
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from auralis_fp.schema import DIMENSIONS
from hosting import tone_file
from running import Running, running

# Names as the founding document lists them, not as our schema does.
FOUNDING_KEYS = (
    "sub_bass_pct bass_pct low_mid_pct mid_pct upper_mid_pct presence_pct air_pct lufs crest_db bass_mid_ratio"
    " tempo_bpm rhythm_stability transient_density silence_ratio spectral_centroid spectral_rolloff spectral_flatness"
    " harmonic_ratio pitch_stability chroma_energy dynamic_range_variation loudness_variation_std peak_consistency"
    " stereo_width phase_correlation"
)


class OldClient:
    """The old extractor, as described: no session, health once for its lifetime, then one request a track."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.available: bool | None = None
        self.refusals: list[str] = []

    def is_available(self) -> bool:
        """Look at the status of the health answer, and at nothing else."""
        if self.available is None:
            try:
                self.available = requests.get(f"{self.url}/health", timeout=2.0).status_code == 200
            except requests.RequestException:
                self.available = False
        return self.available

    def extract(self, track_id: int, filepath: str) -> dict[str, Any] | None:
        """Return the fingerprint, if there are 25 of whatever there is."""
        if not self.is_available():
            return None
        body: Any = {"track_id": track_id, "filepath": filepath}
        response = requests.post(f"{self.url}/fingerprint", json=body, timeout=60.0)
        if response.status_code != 200:
            self.refusals.append(f"{response.status_code} - {response.text}")
            return None
        fingerprint: dict[str, Any] = response.json().get("fingerprint")
        return fingerprint if len(fingerprint) == 25 else None


def old_reading(audio: Path) -> dict[str, Any] | None:
    """Read the sidecar of a file by the old rules: the format, the size, the local time as text, 25 numbers."""
    document = json.loads(Path(f"{audio}.25d").read_text(encoding="utf-8"))
    status = audio.stat()
    local = datetime.fromtimestamp(status.st_mtime).isoformat()  # noqa: DTZ006 - as the old reader does
    known = document["audio_file"]
    if document["format_version"] != "1.0" or known["size_bytes"] != status.st_size or known["modified_at"] != local:
        return None
    fingerprint: dict[str, Any] = document["fingerprint"]
    return fingerprint if len(fingerprint) == 25 else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a song."""
    path = tmp_path_factory.mktemp("serve")
    tone_file(path / "song.wav", 3.0, hz=1000.0)
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    """Return the server, started without any library as the founding one was."""
    command = ["-m", "auralis_fp", "serve", "--port", "0", "--data-dir", str(folder / "data"), "--workers", "1"]
    with running(*command, folder=folder) as started:
        yield started


def test_the_old_client_works_unchanged(server: Running, folder: Path) -> None:
    """Exactly the founding document's 25 keys in its order and units: percent and hertz."""
    client = OldClient(server.url)
    fingerprint = client.extract(4_294_967_295, str(folder / "song.wav"))
    assert fingerprint is not None, client.refusals
    assert " ".join(fingerprint) == FOUNDING_KEYS
    assert all(isinstance(value, float) for value in fingerprint.values())
    assert sum(list(fingerprint.values())[:7]) == pytest.approx(100.0, abs=1e-6)
    assert fingerprint["mid_pct"] > 99.0
    assert fingerprint["spectral_centroid"] == pytest.approx(1000.0, rel=0.03)
    for dimension in DIMENSIONS:
        assert dimension.low <= fingerprint[dimension.name] <= dimension.high


def test_the_body_is_the_documents(server: Running, folder: Path) -> None:
    """Its four parts, with the metadata it names."""
    body = requests.post(
        f"{server.url}/fingerprint", json={"track_id": 123, "filepath": str(folder / "song.wav")}, timeout=60
    ).json()
    assert list(body) == ["track_id", "fingerprint", "metadata", "processing_time_ms"]
    assert body["track_id"] == 123
    metadata = {name: body["metadata"][name] for name in ("duration_sec", "sample_rate", "channels", "format")}
    assert metadata == {"duration_sec": 3.0, "sample_rate": 22050, "channels": 1, "format": "wav"}
    health = requests.get(f"{server.url}/health", timeout=2.0).json()
    assert health["status"] == "healthy"
    assert isinstance(health["version"], str)
    assert isinstance(health["uptime_sec"], int)


def test_refusals_are_the_founding_servers(server: Running, folder: Path) -> None:
    """Missing 404, no audio 415, undecodable or malformed 400; the old client goes on without."""
    (folder / "text.txt").write_text("x", encoding="ascii")
    (folder / "broken.flac").write_bytes(b"fLaC" + bytes(100))
    client = OldClient(server.url)
    for name in ("none.wav", "text.txt", "broken.flac"):
        assert client.extract(1, str(folder / name)) is None
    assert [refusal[:3] for refusal in client.refusals] == ["404", "415", "400"]
    assert all(json.loads(refusal[6:])["error"] for refusal in client.refusals)
    response = requests.post(f"{server.url}/fingerprint", json={"track_id": "x", "filepath": 1}, timeout=60)
    assert response.status_code == 400


def test_both_loopback_addresses_answer(server: Running) -> None:
    """`localhost` is tried on ::1 first by some; and what is beside the contract is guarded, too."""
    port = int(server.url.rpartition(":")[2])
    for host in ("127.0.0.1", "[::1]") if socket.has_ipv6 else ("127.0.0.1",):
        assert requests.get(f"http://{host}:{port}/health", timeout=2.0).status_code == 200
    refused = requests.get(f"{server.url}/health", headers={"Host": "evil.example"}, timeout=2.0)
    assert refused.status_code == 403
    nothing = requests.get(f"{server.url}/nothing", timeout=2.0)
    assert (nothing.status_code, nothing.headers["X-Content-Type-Options"]) == (404, "nosniff")


def test_the_old_reader_believes_the_sidecars_left_behind(server: Running, folder: Path) -> None:
    """By format, size and local time as text; all are there when the server has been stopped, with Ctrl-C."""
    asked: dict[Path, Any] = {}
    client = OldClient(server.url)
    for name, seconds in (("whole.wav", 1_700_000_000), ("part.wav", 1_700_000_000.25)):  # a whole one has no fraction
        song = tone_file(folder / name, 1.0)
        os.utime(song, (seconds, seconds))
        asked[song] = client.extract(1, str(song))
    port = server.url.rpartition(":")[2]
    second = ("-m", "auralis_fp", "serve", "--port", port, "--data-dir", str(folder / "other"))
    with pytest.raises(AssertionError, match=f"port {port} is in use"), running(*second, folder=folder):
        pass
    assert server.stop() == 0, server.complaints
    assert OldClient(server.url).is_available() is False
    for song, fingerprint in asked.items():
        assert fingerprint is not None
        assert old_reading(song) == fingerprint
    os.utime(song, (1, 1))
    assert old_reading(song) is None
