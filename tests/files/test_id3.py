"""Tags around the audio of a file."""

from pathlib import Path

import pytest

import auralis_fp
from audio_files import id3_tag
from auralis_fp.files.id3 import ReadAt, ape_items, audio_span, id3v2_end

AUDIO = b"\xff\xfb\x90\x64" * 100
APE_FOOTER = b"APETAGEX" + (2000).to_bytes(4, "little") + (50).to_bytes(4, "little") + bytes(16)
APE = bytes(18) + APE_FOOTER
LYRICS = b"LYRICSBEGIN" + b"IND0000210" + b"000021LYRICS200"
ID3V1 = b"TAG" + bytes(125)


def reader(content: bytes) -> ReadAt:
    """Return a function that reads parts of *content*."""
    return lambda position, size: content[position : position + size]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (id3_tag(500), b""),
        (id3_tag(500) + id3_tag(20), b""),
        (b"", ID3V1),
        (b"", APE),
        (b"", LYRICS + ID3V1),
        (id3_tag(1), APE + ID3V1),
    ],
)
def test_the_span_excludes_tags_on_both_sides(before: bytes, after: bytes) -> None:
    """In every usual order and number."""
    content = before + AUDIO + after
    assert audio_span(reader(content), len(content)) == (len(before), len(before) + len(AUDIO))


@pytest.mark.parametrize("after", [b"", ID3V1, LYRICS, LYRICS + ID3V1, ID3V1 + ID3V1])
def test_the_items_of_an_ape_tag(after: bytes) -> None:
    """They are found behind the audio, whatever tags follow."""
    content = AUDIO + APE + after
    assert ape_items(reader(content), len(content), 1000) == bytes(18)


@pytest.mark.parametrize(
    "content",
    [b"", APE_FOOTER[:-1], AUDIO + APE_FOOTER[8:], APE_FOOTER, AUDIO + ID3V1, AUDIO + bytes(1000) + APE],
    ids=["nothing", "cut off", "no mark", "longer than the file", "another tag", "longer than wanted"],
)
def test_no_ape_tag(content: bytes) -> None:
    """A damaged or missing footer, or a tag that is too long, has no items."""
    assert ape_items(reader(content), len(content), 17) == b""


def test_a_tag_longer_than_the_file_leaves_all_of_it() -> None:
    """A damaged size does not hide the audio."""
    content = b"ID3\4\0\0\x7f\x7f\x7f\x7f" + AUDIO
    assert audio_span(reader(content), len(content)) == (0, len(content))


def test_the_number_of_tags_is_limited_on_request() -> None:
    """A file of nothing but tags is read only so far."""
    content = id3_tag(10) * 30
    assert id3v2_end(reader(content)) == len(content)
    assert id3v2_end(reader(content), 16) == len(content) // 30 * 16


def test_tags_and_chunks_are_parsed_in_one_module_each() -> None:
    """Sizes of ID3 tags and headers of chunks and footers of APEv2 are decoded in one module each."""
    package = Path(auralis_fp.__file__).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    assert [name for name, text in sources.items() if "<< 21" in text] == ["id3.py"]
    assert [name for name, text in sources.items() if "APETAGEX" in text] == ["id3.py"]
    assert [name for name, text in sources.items() if '"<4sI"' in text or '">4sI"' in text] == ["riff.py"]
