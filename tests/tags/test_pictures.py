"""Pictures by content, within limits."""

import io
import struct
import zlib

import pytest
from PIL import Image

from auralis_fp.errors import CoverError
from auralis_fp.tags.pictures import is_usable, thumbnail
from tagged_files import picture


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_usual_kinds_become_webp(kind: str) -> None:
    """Every usual kind of picture is reduced to 320 pixels."""
    with Image.open(io.BytesIO(thumbnail(picture(1000, 500, kind)))) as image:
        assert (image.format, image.size) == ("WEBP", (320, 160))


def test_small_pictures_keep_their_size() -> None:
    """Nothing is enlarged."""
    with Image.open(io.BytesIO(thumbnail(picture(20, 10)))) as image:
        assert image.size == (20, 10)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bomb(50_000, 50_000), "limits"),
        (bomb(30_000, 1), "limits"),
        (bytes(33 << 20), "limits"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "unsupported"),
        (b"", "unsupported"),
        (b"<html>", "unsupported"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported"),
        (picture()[:100], "unsupported"),
        (picture()[:-2000], "corrupt"),
    ],
    ids=["bomb", "long", "large", "svg", "empty", "html", "eps", "header only", "cut short"],
)
def test_refused_pictures(data: bytes, code: str) -> None:
    """Bombs, vector graphics and damaged pictures are refused."""
    with pytest.raises(CoverError) as refused:
        thumbnail(data)
    assert refused.value.code == code
    assert is_usable(data) is (code == "corrupt")  # only its header is looked at there


def test_orientation_and_transparency_are_kept() -> None:
    """A photograph on its side is turned upright; transparent parts stay transparent."""
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (100, 50)).save(made, "JPEG", exif=exif)
    with Image.open(io.BytesIO(thumbnail(made.getvalue()))) as image:
        assert image.size == (50, 100)
    made = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(made, "PNG")
    with Image.open(io.BytesIO(thumbnail(made.getvalue()))) as image:
        assert image.mode == "RGBA"
