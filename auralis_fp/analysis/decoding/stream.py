"""Decoding of any supported file to blocks of float32 samples."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from ...errors import DecodeError
from ..types import FloatArray
from .bitstream import BitstreamDetector
from .declared_length import DeclaredLength, read_declared_length
from .reader import AudioInfo, Reader
from .selection import choose_reader
from .source import Source

__all__ = ["AudioInfo", "AudioStream", "open_audio"]

_TOLERANCE: Final = 0.01
_UNREAD_BYTES: Final = 1 << 17
_TOLERANCE_SEC: Final = 0.5


class AudioStream:
    """The samples of one file. A context manager.

    Parameters
    ----------
    source : Source
        The open file; closed with the stream.
    reader : Reader
        Decodes it.
    length : DeclaredLength or None
        Declared length of an uncompressed file.
    """

    def __init__(self, source: Source, reader: Reader, length: DeclaredLength | None) -> None:
        self.info = reader.info
        self.frames = 0
        self.warnings: tuple[str, ...] = ()
        self._source = source
        self._reader = reader
        self._stated_sec = reader.info.declared_sec if reader.length_stated else None
        self._shortfall = 1.0 if length is None else length.shortfall
        self._overrun = length is not None and length.overrun

    def blocks(self) -> Iterator[FloatArray]:
        """Decode the file, once.

        ``frames`` counts the samples decoded. ``warnings`` is final afterwards: ``truncated`` (less audio than the file
        states), ``header_mismatch`` (more audio, or parts with another sample rate or channel count),
        ``decode_errors`` (bad data skipped).

        Yields
        ------
        ndarray, shape (samples, channels), float32
            1 to 32,768 samples, full scale 1.0, in the memory order of the decoder; valid until the next step of the
            iteration.

        Raises
        ------
        ScanError
            ``io_error``: the disk or network failed.
        DecodeError
            ``corrupt``: no audio could be decoded; ``unsupported``: the samples are a bitstream, not PCM audio;
            ``incomplete``: decoding stopped although the file holds more audio.
        """
        detector = BitstreamDetector(self.info.codec)
        for block in self._reader.blocks():
            self.frames += len(block)
            found = detector.check(block)
            if found is not None:
                raise DecodeError("unsupported", f"The samples are not audio, but a bitstream in PCM: {found}.")
            yield block
        self._source.check()
        if not self.frames:
            raise DecodeError("corrupt", "No audio could be decoded.")
        if self._is_incomplete():
            raise DecodeError("incomplete", "Decoding stopped before the end of the audio.")
        self.warnings = tuple(self._warnings())

    def payload_digest(self) -> bytes | None:
        """Return the digest of every byte of the audio payload; None if the file changed since it was opened.

        Raises
        ------
        ScanError
            ``io_error``: the disk or network failed.
        """
        return self._source.payload_digest()

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._reader.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lengths(self) -> tuple[float, float, float]:
        """Return decoded and stated length and the tolerated difference, in seconds."""
        decoded_sec = self.frames / self.info.sample_rate
        stated_sec = max(self._stated_sec or decoded_sec, decoded_sec * self._shortfall)
        return decoded_sec, stated_sec, max(_TOLERANCE_SEC, _TOLERANCE * stated_sec)

    def _is_incomplete(self) -> bool:
        """Return True if the decoder stopped early although the file is neither cut nor damaged."""
        decoded_sec, stated_sec, tolerance = self._lengths()
        if decoded_sec >= stated_sec - tolerance or self._reader.damaged or self._shortfall > 1:
            return False
        return self._reader.unread_bytes > max(_UNREAD_BYTES, _TOLERANCE * self._source.size)

    def _warnings(self) -> Iterator[str]:
        decoded_sec, stated_sec, tolerance = self._lengths()
        if decoded_sec < stated_sec - tolerance:
            yield "truncated"
        if self._reader.damaged:
            yield "decode_errors"
        if self._reader.reshaped or self._overrun or decoded_sec > stated_sec + tolerance:
            yield "header_mismatch"


def open_audio(file: bytes | int, bounds: Sequence[bytes] = ()) -> AudioStream:
    """Open an audio file of any supported format, detected from its content.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which the stream closes.
    bounds : sequence of bytes
        Folders without symbolic links; a file opened by its path must lie below one of them. Empty: no restriction.

    Returns
    -------
    AudioStream

    Raises
    ------
    ScanError
        ``missing``, ``outside_roots``, ``unreadable``, ``io_error``, ``not_regular``.
    DecodeError
        ``unsupported``: not audio, or no decoder for it; ``protected``: encrypted; ``no_audio``: empty, or a video
        without sound; ``corrupt``: no audio could be decoded; ``limits``: more than 32 channels, or a sample rate
        outside 1 kHz to 1 MHz.
    """
    source = Source(file, bounds)
    try:
        return _open(source)
    except BaseException:
        source.close()
        raise


def _open(source: Source) -> AudioStream:
    try:
        if not source.head:
            raise DecodeError("no_audio", "The file is empty.")
        scheme = source.encryption
        if scheme is not None:
            raise DecodeError("protected", f"The audio is encrypted ({scheme}).")
        length = read_declared_length(source)
        return AudioStream(source, choose_reader(source, length), length)
    except DecodeError:
        source.check()  # an I/O error takes precedence
        raise
