"""Compatibility with the player's original client and sidecar reader."""

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
from patience import LIMIT_SEC
from running import Running, running

# Names as the founding document lists them, not as our schema does.
FOUNDING_KEYS = (
    "sub_bass_pct bass_pct low_mid_pct mid_pct upper_mid_pct presence_pct air_pct lufs crest_db bass_mid_ratio"
    " tempo_bpm rhythm_stability transient_density silence_ratio spectral_centroid spectral_rolloff spectral_flatness"
    " harmonic_ratio pitch_stability chroma_energy dynamic_range_variation loudness_variation_std peak_consistency"
    " stereo_width phase_correlation"
)


class OldClient:
    """The original extractor: no session, one health check, then one request per track."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.available: bool | None = None
        self.refusals: list[str] = []

    def is_available(self) -> bool:
        """Return True if the health response is 200."""
        if self.available is None:
            try:
                self.available = requests.get(f"{self.url}/health", timeout=LIMIT_SEC).status_code == 200
            except requests.RequestException:
                self.available = False
        return self.available

    def extract(self, track_id: int, filepath: str) -> dict[str, Any] | None:
        """Return the fingerprint if it has 25 values."""
        if not self.is_available():
            return None
        body: Any = {"track_id": track_id, "filepath": filepath}
        response = requests.post(f"{self.url}/fingerprint", json=body, timeout=LIMIT_SEC)
        if response.status_code != 200:
            self.refusals.append(f"{response.status_code} - {response.text}")
            return None
        fingerprint: dict[str, Any] = response.json().get("fingerprint")
        return fingerprint if len(fingerprint) == 25 else None


def old_reading(audio: Path) -> dict[str, Any] | None:
    """Read a sidecar by the original rules: format, size, local time as text, 25 numbers."""
    document = json.loads(Path(f"{audio}.25d").read_text(encoding="utf-8"))
    status = audio.stat()
    local = datetime.fromtimestamp(status.st_mtime).isoformat()  # noqa: DTZ006 - as in the original reader
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
    """Return the server, started without a library like the original one."""
    command = ["-m", "auralis_fp", "serve", "--port", "0", "--data-dir", str(folder / "data"), "--workers", "1"]
    with running(*command, folder=folder) as started:
        yield started


def test_the_old_client_works_unchanged(server: Running, folder: Path) -> None:
    """The fingerprint has the 25 keys in order, in percent and hertz."""
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


def test_response_body(server: Running, folder: Path) -> None:
    """The response has four parts and the expected metadata."""
    body = requests.post(
        f"{server.url}/fingerprint", json={"track_id": 123, "filepath": str(folder / "song.wav")}, timeout=LIMIT_SEC
    ).json()
    assert list(body) == ["track_id", "fingerprint", "metadata", "processing_time_ms"]
    assert body["track_id"] == 123
    metadata = {name: body["metadata"][name] for name in ("duration_sec", "sample_rate", "channels", "format")}
    assert metadata == {"duration_sec": 3.0, "sample_rate": 22050, "channels": 1, "format": "wav"}
    health = requests.get(f"{server.url}/health", timeout=LIMIT_SEC).json()
    assert health["status"] == "healthy"
    assert isinstance(health["version"], str)
    assert isinstance(health["uptime_sec"], int)


def test_error_statuses(server: Running, folder: Path) -> None:
    """Missing files are 404, other files 415, undecodable or malformed ones 400; the client handles all of them."""
    (folder / "text.txt").write_text("x", encoding="ascii")
    (folder / "broken.flac").write_bytes(b"fLaC" + bytes(100))
    client = OldClient(server.url)
    for name in ("none.wav", "text.txt", "broken.flac"):
        assert client.extract(1, str(folder / name)) is None
    assert [refusal[:3] for refusal in client.refusals] == ["404", "415", "400"]
    assert all(json.loads(refusal[6:])["error"] for refusal in client.refusals)
    response = requests.post(f"{server.url}/fingerprint", json={"track_id": "x", "filepath": 1}, timeout=LIMIT_SEC)
    assert response.status_code == 400


def test_both_loopback_addresses(server: Running) -> None:
    """The server listens on IPv4 and IPv6, and guards `/health`."""
    port = int(server.url.rpartition(":")[2])
    for host in ("127.0.0.1", "[::1]") if socket.has_ipv6 else ("127.0.0.1",):
        assert requests.get(f"http://{host}:{port}/health", timeout=LIMIT_SEC).status_code == 200
    refused = requests.get(f"{server.url}/health", headers={"Host": "evil.example"}, timeout=LIMIT_SEC)
    assert refused.status_code == 403
    nothing = requests.get(f"{server.url}/nothing", timeout=LIMIT_SEC)
    assert (nothing.status_code, nothing.headers["X-Content-Type-Options"]) == (404, "nosniff")


def test_the_old_reader_accepts_the_sidecars(server: Running, folder: Path) -> None:
    """The original reader accepts the sidecars, which are complete after Ctrl-C."""
    asked: dict[Path, Any] = {}
    client = OldClient(server.url)
    for name, seconds in (("whole.wav", 1_700_000_000), ("part.wav", 1_700_000_000.25)):  # no fraction in the first
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
