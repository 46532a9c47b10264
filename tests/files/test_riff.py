"""Chunks of RIFF and its relatives."""

import struct

from test_id3 import reader

from auralis_fp.files.riff import AIFF, CAF, RIFF, Chunk, read_chunks, read_w64_chunks


def test_odd_chunks_are_padded() -> None:
    """In RIFF and AIFF; in CAF they are not."""
    for layout, head, pad in ((RIFF, 8, 1), (AIFF, 8, 1), (CAF, 12, 0)):
        first = struct.pack(layout, b"fmt ", 3) + bytes(3 + pad)
        content = bytes(4) + first + struct.pack(layout, b"data", 10)
        chunks = list(read_chunks(reader(content), 4, layout, 100))
        assert chunks == [Chunk(b"fmt ", 4 + head, 3), Chunk(b"data", 4 + len(first) + head, 10)]


def test_the_number_of_chunks_is_limited() -> None:
    """A file of empty chunks ends the iteration early."""
    content = struct.pack(RIFF, b"junk", 0) * 1000
    assert len(list(read_chunks(reader(content), 0, RIFF, 256))) == 256


def test_wave64_chunks_are_aligned_to_eight_bytes() -> None:
    """Their sizes include the header; a size smaller than that is passed over."""
    chunk = b"fmt " + bytes(12) + struct.pack("<Q", 24 + 5) + bytes(8)
    tiny = b"tiny" + bytes(12) + struct.pack("<Q", 0)
    content = bytes(40) + chunk + tiny + b"data" + bytes(12) + struct.pack("<Q", 24 + 16)
    assert list(read_w64_chunks(reader(content), 100)) == [
        Chunk(b"fmt ", 64, 5),
        Chunk(b"tiny", 96, 0),
        Chunk(b"data", 120, 16),
    ]
