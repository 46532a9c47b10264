"""Formats that few programs write: Shorten, RealAudio, ATRAC, AMR-WB, GSM, QCELP and DTS-HD."""

import os
from pathlib import Path

import numpy as np
import pytest

from audio_files import RATE, FloatArray, tones
from auralis_fp.analysis.decoding.stream import AudioInfo, open_audio
from auralis_fp.errors import DecodeError
from auralis_fp.files.encryption import encryption_scheme
from auralis_fp.models import Analysed
from auralis_fp.workers.tasks import analyse_file
from rare_formats import ATRAC_RATE, at3, atrac1, atrac3_frame, dts_hd, oma, qcelp, shorten

SAMPLES = Path(__file__).parents[2] / "support" / "samples"
LOWEST_HZ = 110.0  # the strongest of the tones
FRAMES = 40
TAGS = b"ea3\x03\0\0\0\0\x02\x00" + bytes(256)


def heard(path: Path) -> tuple[FloatArray, AudioInfo]:
    """Return the samples of a file, and its description."""
    with open_audio(os.fsencode(path)) as stream:
        return np.concatenate([block.copy() for block in stream.blocks()]), stream.info


def peak_hz(sound: FloatArray, rate: int) -> float:
    """Return the frequency of the strongest bin of a channel."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(power)) * rate / len(sound)


def as_int16() -> np.ndarray:
    """Return half a second of the tones as 16-bit samples."""
    return np.round(tones(0.5) * 32768).astype(np.int16)


CASES = {
    "shn": (shorten(as_int16(), RATE), "shorten", "shorten", 0.5, LOWEST_HZ),
    "dtshd": (dts_hd((SAMPLES / "tones.dts").read_bytes(), RATE, 44, 512), "dtshd", "dts", 0.51, LOWEST_HZ),
    "aea": (atrac1(80), "aea", "atrac1", 80 * 512 / ATRAC_RATE, 258),
    "oma": (oma([atrac3_frame()] * FRAMES), "openmg", "atrac3", FRAMES * 1024 / ATRAC_RATE, 129),
    "omg": (TAGS + oma([atrac3_frame()] * FRAMES), "openmg", "atrac3", FRAMES * 1024 / ATRAC_RATE, 129),
    "at3": (at3([atrac3_frame()] * FRAMES), "wav", "atrac3", FRAMES * 1024 / ATRAC_RATE, 129),
    "awb": ((SAMPLES / "tones.awb").read_bytes(), "amr", "amr_wb", 0.5, LOWEST_HZ),
    "gsm": ((SAMPLES / "tones.gsm").read_bytes(), "gsm", "gsm", 1.0, 165),
    "rm": ((SAMPLES / "tones.rm").read_bytes(), "realaudio", "ac3", 0.52, None),
    "ra": ((SAMPLES / "tones.ra").read_bytes(), "realaudio", "ra_144", 0.52, None),
    "qcp": (qcelp(50), "qcp", "qcelp", 1.0, None),
}


@pytest.mark.parametrize("suffix", CASES)
def test_rare_formats(suffix: str, tmp_path: Path) -> None:
    """Each decodes to its length and its tone, under any suffix, and has a complete fingerprint."""
    content, container, codec, seconds, tone_hz = CASES[suffix]
    path = tmp_path / f"track.{suffix}"
    path.write_bytes(content)
    sound, info = heard(path)
    assert (info.format, info.codec) == (container, codec)
    assert len(sound) / info.sample_rate == pytest.approx(seconds, abs=0.03)
    if tone_hz is not None:
        assert peak_hz(sound[:, 0], info.sample_rate) == pytest.approx(tone_hz, abs=5)
    renamed = path.rename(tmp_path / "track.mp3")
    assert isinstance(analyse_file(os.fsencode(renamed)), Analysed)


def test_shorten_is_exact(tmp_path: Path) -> None:
    """It is lossless."""
    path = tmp_path / "track.shn"
    path.write_bytes(CASES["shn"][0])
    np.testing.assert_array_equal(heard(path)[0], as_int16().astype(np.float32) / 32768)


@pytest.mark.parametrize("key", [1, 0x0100, 0xFFFE])
@pytest.mark.parametrize("tags", [b"", TAGS], ids=["bare", "tagged"])
def test_encrypted_openmg(key: int, tags: bytes, tmp_path: Path) -> None:
    """A key id in the header marks encryption, which is refused by name."""
    content = bytearray(CASES["oma"][0])
    content[6:8] = key.to_bytes(2, "big")
    path = tmp_path / "track.oma"
    path.write_bytes(tags + content)
    with path.open("rb") as file:
        assert encryption_scheme(file, 0, path.stat().st_size) == "OpenMG"
    with pytest.raises(DecodeError, match="OpenMG") as refused:
        open_audio(os.fsencode(path))
    assert refused.value.code == "protected"
