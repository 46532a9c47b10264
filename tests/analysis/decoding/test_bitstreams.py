"""Bitstreams in PCM samples: decoded, or refused for the true reason."""

import io
import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from audio_files import RATE, tones, write_wav
from auralis_fp.analysis.decoding.bitstream import find_bitstream
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import DecodeError
from signals import square, stereo, white

DTS = (Path(__file__).parents[2] / "support" / "samples" / "tones.dts").read_bytes()


def words_of(stream: bytes, order: str = ">") -> np.ndarray:
    """Return a byte stream as 16-bit samples of two channels."""
    stream += bytes(-len(stream) % 4)
    return np.frombuffer(stream, f"{order}i2").astype(np.int16).reshape(-1, 2)


def iec_61937() -> bytes:
    """Return AC-3 frames in IEC 61937 bursts."""
    target = io.BytesIO()
    with av.open(target, "w", format="spdif") as output:
        container: Any = output
        stream = container.add_stream("ac3", rate=48_000, layout="stereo")
        samples = np.round(tones(2.0, rate=48_000) * 32768).astype(np.int16)
        for start in range(0, len(samples), 1536):
            part = np.ascontiguousarray(samples[start : start + 1536]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def dop(samples: int) -> np.ndarray:
    """Return DSD over PCM: 24-bit samples, left-justified in 32 bits, with alternating markers."""
    content = np.random.default_rng(1).integers(0, 1 << 16, (samples, 2))
    markers = np.where(np.arange(samples) % 2, 0xFA, 0x05)[:, None]
    return ((markers << 24) | (content << 8)).astype(np.uint32).view(np.int32)


def refusal(path: Path) -> DecodeError:
    """Return the error that a file is refused with."""
    with pytest.raises(DecodeError) as refused, open_audio(os.fsencode(path)) as audio:
        for _ in audio.blocks():
            pass
    return refused.value


@pytest.mark.parametrize(("stream", "codec"), [(DTS, "dts"), (None, "ac3")], ids=["DTS", "AC-3 in IEC 61937"])
def test_bitstreams_in_wav_are_decoded(stream: bytes | None, codec: str, tmp_path: Path) -> None:
    """A WAV file of DTS or AC-3 words is decoded as such."""
    words = words_of(stream) if stream else words_of(iec_61937(), "<")
    path = write_wav(tmp_path / "disc.wav", (words / 32768).astype(np.float32), RATE if stream else 48_000)
    with open_audio(os.fsencode(path)) as audio:
        heard = np.concatenate([block.copy() for block in audio.blocks()])
    assert audio.info.codec == codec
    assert np.abs(heard).max() < 0.9


@pytest.mark.parametrize(
    ("kind", "subtype", "silence_sec"),
    [
        ("FLAC", "PCM_16", 0.0),
        ("AIFF", "PCM_16", 0.0),
        ("WAV", "PCM_24", 0.0),
        ("WAV", "PCM_16", 15.0),
        ("CAF", "PCM_16", 0.0),
    ],
)
def test_bitstreams_in_other_files_are_refused(kind: str, subtype: str, silence_sec: float, tmp_path: Path) -> None:
    """Where no decoder expects DTS words, they are named, also after silence."""
    words = np.concatenate((np.zeros((round(silence_sec * RATE), 2), np.int16), np.tile(words_of(DTS), (4, 1))))
    path = tmp_path / "disc"
    soundfile.write(path, words / np.float32(32768), RATE, format=kind, subtype=subtype)
    error = refusal(path)
    assert error.code == "unsupported"
    assert "DTS" in str(error)


@pytest.mark.parametrize(("kind", "subtype"), [("FLAC", "PCM_24"), ("WAV", "PCM_24"), ("AIFF", "PCM_32")])
def test_dsd_over_pcm_is_refused(kind: str, subtype: str, tmp_path: Path) -> None:
    """DSD over PCM is noise to a PCM decoder, so it is refused."""
    path = tmp_path / "disc"
    soundfile.write(path, dop(100_000), 176_400, format=kind, subtype=subtype)
    error = refusal(path)
    assert error.code == "unsupported"
    assert "DSD over PCM" in str(error)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("words", [(0x7FFE, 0x8001, 0xFC3C), (0x1FFF, 0xE800, 0x07F1), (0xF872, 0x4E1F, 0x0001)])
def test_sync_words_are_found_in_either_byte_order(words: tuple[int, ...], order: str) -> None:
    """16-bit and 14-bit DTS and IEC 61937 are found, with words in any channel and byte order."""
    stream = np.random.default_rng(2).integers(0, 1 << 16, 40_000).astype(np.uint16)
    for start in (1001, 12_004):
        stream[start : start + 3] = words
    samples = stream.astype(f"{order}u2").view(np.int16).reshape(-1, 2) / 32768
    assert find_bitstream(samples.astype(np.float32)) == ("IEC 61937" if words[0] == 0xF872 else "DTS")


def test_audio_is_not_taken_for_a_bitstream() -> None:
    """Music, noise, silence and full-scale square waves in anti-phase are audio."""
    loud = square(1000, 2.0, 1.0)
    edges = np.stack((loud * 32766, -loud * 32767), axis=1) / np.float32(32768)
    for samples in (tones(2.0), stereo(white(2.0)), np.zeros((RATE, 2), np.float32), edges.astype(np.float32)):
        assert find_bitstream(samples) is None
