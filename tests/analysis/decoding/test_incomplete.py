"""Results that would cover only part of a healthy file are failures."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from audio_files import RATE, Recipe, encode, tones, write_wav
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import FileError
from signals import stereo, white

PACKED = {
    "flac": Recipe("", "flac", "flac", "", ""),
    "m4a": Recipe("", "ipod", "alac", "", "", sample_type="s16p"),
}


def failure(path: Path, cut_to: int | None = None) -> str:
    """Return the code of the error that decoding ends with; *cut_to*: cut the file after the first block."""
    with open_audio(os.fsencode(path)) as audio:
        blocks = audio.blocks()
        next(blocks)
        if cut_to is not None:
            os.truncate(path, cut_to)
        with pytest.raises(FileError) as refused:
            list(blocks)
    return refused.value.code


@pytest.mark.parametrize("kind", ["wav", "wav24", "flac", "m4a"])
def test_a_file_cut_while_it_is_read_has_changed(kind: str, tmp_path: Path) -> None:
    """A file that becomes shorter while it is decoded gives no result of its first part."""
    path, sound = tmp_path / "song", stereo(white(20.0, 0.1))
    if kind in PACKED:
        path.write_bytes(encode(sound, PACKED[kind]))
    else:
        write_wav(path, sound, subtype="PCM_24" if kind == "wav24" else "PCM_16")
    assert failure(path, path.stat().st_size // 2) in {"file_changed", "io_error"}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_a_decoder_that_stops_early_is_incomplete(share: float, tmp_path: Path) -> None:
    """A file whose sample table ends before its audio is not taken as a complete result."""
    content = bytearray(encode(stereo(white(20.0, 0.1)), PACKED["m4a"]))
    at = content.index(b"stsz") + 12
    count = struct.unpack_from(">I", content, at)[0]
    struct.pack_into(">I", content, at, round(share * count))
    path = tmp_path / "song.m4a"
    path.write_bytes(content)
    assert failure(path) == "incomplete"


def test_a_truncated_file_is_still_analysed(tmp_path: Path) -> None:
    """Half of a download holds no more than what is decoded: a result with a warning."""
    path = tmp_path / "song.flac"
    content = encode(tones(20.0), PACKED["flac"])
    path.write_bytes(content[: len(content) // 2])
    with open_audio(os.fsencode(path)) as audio:
        heard = np.concatenate([block.copy() for block in audio.blocks()])
    assert 5 < len(heard) / RATE < 15
    assert audio.warnings == ("truncated",)
