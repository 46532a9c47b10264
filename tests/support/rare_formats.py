"""Files in formats without an encoder, written bit by bit: Shorten, QCELP, DTS-HD, ATRAC1 and ATRAC3."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

ATRAC_RATE: Final = 44_100
ATRAC1_UNIT: Final = 512  # samples
ATRAC3_FRAME: Final = 1024
LINE: Final = 5  # of the lowest eight lines of the transform, which holds the tone
_ATRAC1_BYTES: Final = 212
_ATRAC3_BYTES: Final = 192  # of one channel
_BLOCK: Final = 225  # samples of a Shorten block


class Bits:
    """Bits, the most significant first."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def put(self, value: int, width: int) -> "Bits":
        """Append a number; return the bits."""
        self._text.append(f"{value:0{width}b}" if width else "")
        return self

    def rice(self, value: int, k: int) -> "Bits":
        """Append a number in the Rice code of Shorten: a run of zeros, a one, *k* bits."""
        self._text.append("0" * (value >> k) + "1")
        return self.put(value & (1 << k) - 1, k)

    def number(self, value: int) -> "Bits":
        """Append a number with its own width, as Shorten writes its header."""
        width = value.bit_length()
        return self.rice(width, 2).rice(value, width)

    def to_bytes(self, size: int | None = None) -> bytes:
        """Return the bits, padded with zeros to whole bytes or to *size* bytes."""
        text = "".join(self._text)
        size = size or (len(text) + 7) // 8
        assert len(text) <= 8 * size
        return int(text.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")


def shorten(samples: NDArray[np.int16], rate: int) -> bytes:
    """Return a Shorten 2 file of 16-bit samples, shape (samples, channels), in whole blocks of 225 samples."""
    length, channels = samples.shape
    assert length % _BLOCK == 0
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + samples.nbytes, b"WAVE", b"fmt ", 16, 1, channels, rate,
        2 * channels * rate, 2 * channels, 16, b"data", samples.nbytes,
    )  # fmt: skip
    bits = Bits()
    for value in (5, channels, _BLOCK, 0, 0, 0):  # signed 16-bit little-endian; no LPC, no mean, no bytes to skip
        bits.number(value)
    bits.rice(9, 2).rice(len(header), 5)  # verbatim
    for byte in header:
        bits.rice(byte, 8)
    before = np.zeros(channels, np.int64)
    for start in range(0, length, _BLOCK):
        for channel in range(channels):
            part = samples[start : start + _BLOCK, channel].astype(np.int64)
            residual = np.diff(part, prepend=before[channel])
            before[channel] = part[-1]
            folded = np.where(residual < 0, ~(residual << 1), residual << 1)
            k = max(1, int(np.mean(folded)).bit_length())
            bits.rice(1, 2).rice(k - 1, 3)  # differences of first order
            for value in folded:
                bits.rice(int(value), k)
    return b"ajkg\x02" + bits.rice(4, 2).to_bytes()


def qcelp(frames: int) -> bytes:
    """Return a QCP file of full-rate QCELP frames (20 ms each) whose parameters are 0."""
    guid = bytes.fromhex("416d7f5e15b1d011ba9100805fb4b97e")
    name = b"QCELP-13K".ljust(80, b"\0")
    rates = struct.pack("<I16s20x", 4, bytes((34, 4, 16, 3, 7, 2, 3, 1)).ljust(16, b"\0"))
    form = struct.pack("<BB16sH80sHHHHH", 1, 0, guid, 1, name, 14_000, 35, 160, 8000, 16) + rates
    data = b"".join(b"\x04" + bytes(33) + b"\0" for _ in range(frames))
    chunks = b"".join(
        struct.pack("<4sI", mark, len(content)) + content
        for mark, content in ((b"fmt ", form), (b"vrat", struct.pack("<II", 1, frames)), (b"data", data))
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"QLCM") + chunks


def dts_hd(stream: bytes, rate: int, frames: int, frame_samples: int) -> bytes:
    """Return a DTS-HD file with the frames of a DTS stream.

    Parameters
    ----------
    stream : bytes
    rate : int
    frames, frame_samples : int
        Number of frames, and samples of each.
    """
    header = bytes(3) + rate.to_bytes(3, "big") + struct.pack(">IH5sHH", frames, frame_samples, bytes(5), 3, 0)
    chunks = ((b"DTSHDHDR", bytes(12)), (b"AUPR-HDR", header + bytes(2)), (b"STRMDATA", stream))
    return b"".join(name + struct.pack(">Q", len(content)) + content for name, content in chunks)


def atrac1(units: int, band: int = 0) -> bytes:
    """Return an AEA file (ATRAC1, mono) with a tone in one of the 20 lowest bands."""
    bits = Bits().put(0b10_10_11, 6).put(0, 2)  # one long block in each of three bands
    bits.put(0, 3).put(0, 5)  # 20 bands
    for one in range(20):
        bits.put(15 if one == band else 0, 4)
    for one in range(20):
        bits.put(50 if one == band else 0, 6)
    for line in range(8):
        bits.put(8000 if line == LINE else 0, 16)
    unit = bytearray(bits.to_bytes(_ATRAC1_BYTES))
    unit[-2:] = unit[1], unit[0]
    header = struct.pack("<I256sI", 0x800, b"made by a test", units).ljust(264, b"\0") + b"\x01"
    return header.ljust(2048, b"\0") + bytes(unit) * units


def atrac3_frame() -> bytes:
    """Return a frame of ATRAC3 with a tone in the lowest of its subbands, both channels alike."""
    bits = Bits().put(0x28, 6).put(0, 2).put(0, 3)  # one band, no gain control
    bits.put(0, 5)  # no tonal components
    bits.put(3, 5).put(1, 1)  # four subbands, in fixed lengths
    for selector in (7, 0, 0, 0):
        bits.put(selector, 3)
    bits.put(40, 6)
    for line in range(8):
        bits.put(20 if line == LINE else 0, 6)
    return bits.to_bytes(_ATRAC3_BYTES) * 2


def oma(frames: Iterable[bytes]) -> bytes:
    """Return an OpenMG file of ATRAC3 frames."""
    content = list(frames)
    parameters = (1 << 13 | len(content[0]) // 8).to_bytes(3, "big")  # 44.1 kHz, no joint stereo
    header = b"EA3\x02\x00\x60\xff\xff".ljust(32, b"\0") + b"\0" + parameters
    return header.ljust(96, b"\0") + b"".join(content)


def at3(frames: Sequence[bytes]) -> bytes:
    """Return a WAV file of ATRAC3 frames, as portable players write it."""
    align, data = len(frames[0]), b"".join(frames)
    extra = struct.pack("<HIHHHH", 1, ATRAC3_FRAME, 0, 0, 1, 0)
    form = struct.pack("<HHIIHHH", 0x270, 2, ATRAC_RATE, ATRAC_RATE * align // ATRAC3_FRAME, align, 0, len(extra))
    chunks = b"".join(
        struct.pack("<4sI", mark, len(content)) + content
        for mark, content in (
            (b"fmt ", form + extra),
            (b"fact", struct.pack("<II", len(frames) * ATRAC3_FRAME, ATRAC3_FRAME)),
            (b"data", data),
        )
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks
