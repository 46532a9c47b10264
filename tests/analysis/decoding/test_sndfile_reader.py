"""libsndfile as the fallback reader of compressed files."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auralis_fp.analysis.decoding.sndfile_reader import SndfileReader
from auralis_fp.analysis.decoding.source import Source
from signals import RATE, sine, stereo


@pytest.mark.parametrize(("name", "subtype"), [("ogg", "VORBIS"), ("flac", "PCM_24")])
def test_reads_what_the_first_reader_may_give_up(tmp_path: Path, name: str, subtype: str) -> None:
    """Compressed files decode completely through libsndfile."""
    path = tmp_path / f"tone.{name}"
    soundfile.write(path, stereo(sine(440.0, 2.0)), RATE, format=name.upper(), subtype=subtype)
    source = Source(os.fsencode(path))
    reader = SndfileReader.open(source, name, fallback=True)
    assert reader is not None
    blocks = np.concatenate([block.copy() for block in reader.blocks()])
    reader.close()
    source.close()
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(blocks, expected)
    assert (reader.info.format, reader.info.sample_rate, reader.info.channels) == (name, RATE, 2)
    assert not reader.damaged


def test_damage_in_a_compressed_file_is_not_the_disk(tmp_path: Path) -> None:
    """A read error is damage in compressed files and an I/O error in uncompressed ones."""
    path = tmp_path / "tone.flac"
    soundfile.write(path, stereo(sine(440.0, 4.0)), RATE, format="FLAC")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = bytes(4000)
    path.write_bytes(content)
    source = Source(os.fsencode(path))
    reader = SndfileReader.open(source, "flac", fallback=True)
    assert reader is not None
    assert sum(map(len, reader.blocks())) < 4 * RATE
    assert source.error is None
    reader.close()
    source.close()
