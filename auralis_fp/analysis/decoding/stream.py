"""From the bytes of any sound file to blocks of float32: the one door to both decoding libraries."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from ...errors import DecodeError
from ...files.formats import recognise
from ..types import FloatArray
from . import sndfile_reader as decode_sndfile
from .av_reader import AvReader
from .declared_length import DeclaredLength, read_promise
from .reader import AudioInfo, Reader
from .source import Source

__all__ = ["AudioInfo", "AudioStream", "open_audio"]

_TOLERANCE: Final = 0.01
_TOLERANCE_SEC: Final = 0.5


class AudioStream:
    """The samples of one file, in order; a context manager.

    Parameters
    ----------
    source : Source
        The open file; closed with the stream.
    reader : Reader
        What decodes it.
    promise : DeclaredLength or None
        What the header of an uncompressed file claims.
    """

    def __init__(self, source: Source, reader: Reader, promise: DeclaredLength | None) -> None:
        self.info = reader.info
        self.frames = 0
        self.warnings: tuple[str, ...] = ()
        self._source = source
        self._reader = reader
        self._stated_sec = reader.info.declared_sec if reader.length_stated else None
        self._lack = 1.0 if promise is None else promise.lack
        self._goes_on = promise is not None and promise.goes_on

    def blocks(self) -> Iterator[FloatArray]:
        """Decode the file; to be called once.

        ``frames`` counts as it goes; ``warnings`` is final when it ends: ``truncated`` (clearly less than the file
        states), ``header_mismatch`` (clearly more, or parts of another rate or channel count), ``decode_errors``
        (bad data skipped in the middle).

        Yields
        ------
        ndarray, shape (samples, channels), float32
            Full scale is 1.0; 1 to 32,768 samples, each of the file once. In memory samples or channels lie side by
            side, as they do in what the decoder gives.

        Raises
        ------
        ScanError
            ``io_error``: the disk or network failed on the way.
        DecodeError
            ``corrupt``: nothing could be decoded.
        """
        for block in self._reader.blocks():
            self.frames += len(block)
            yield block
        self._source.check()
        if not self.frames:
            raise DecodeError("corrupt", "Nothing in the file could be decoded.")
        self.warnings = tuple(self._warnings())

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        self._reader.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _warnings(self) -> Iterator[str]:
        decoded_sec = self.frames / self.info.sample_rate
        stated_sec = max(self._stated_sec or decoded_sec, decoded_sec * self._lack)
        tolerance = max(_TOLERANCE_SEC, _TOLERANCE * stated_sec)
        if decoded_sec < stated_sec - tolerance:
            yield "truncated"
        if self._reader.damaged:
            yield "decode_errors"
        if self._reader.reshaped or self._goes_on or decoded_sec > stated_sec + tolerance:
            yield "header_mismatch"


def open_audio(path: bytes, bounds: Sequence[bytes] = ()) -> AudioStream:
    """Open a sound file of any known format; its content decides how it is read, never its name.

    Parameters
    ----------
    path : bytes
        As the operating system spells it.
    bounds : sequence of bytes
        Folders, free of links, one of which the file must lie below once it is open; none: anywhere.

    Returns
    -------
    AudioStream

    Raises
    ------
    ScanError
        ``missing``, ``outside_roots``, ``unreadable``, ``io_error``, ``not_regular``.
    DecodeError
        ``unsupported``: not audio, or no decoder for it; ``no_audio``: empty, or a video without sound; ``corrupt``:
        nothing of it decodes; ``limits``: more than 32 channels, or a rate outside 1 kHz to 1 MHz.
    """
    source = Source(path, bounds)
    try:
        return _open(source)
    except BaseException:
        source.close()
        raise


def _open(source: Source) -> AudioStream:
    try:
        if not source.head:
            raise DecodeError("no_audio", "The file is empty.")
        promise = read_promise(source)
        return AudioStream(source, _reader(source, promise), promise)
    except DecodeError:
        source.check()  # a disk that fails is not the file's fault
        raise


def _reader(source: Source, promise: DeclaredLength | None) -> Reader:
    """Choose the fastest reader that is right for the file's content."""
    recognised = recognise(source.head)
    if promise is not None and promise.goes_on:
        return AvReader(source, recognised, {"ignore_length": "1"})
    if recognised and recognised.name in decode_sndfile.FORMATS:
        plain = decode_sndfile.SndfileReader.open(source, recognised.name)
        if plain is not None:
            return plain
    try:
        return AvReader(source, recognised)
    except DecodeError as error:
        if error.code != "corrupt" or recognised is None or recognised.name not in decode_sndfile.SECOND_TRY:
            raise
        other = decode_sndfile.SndfileReader.open(source, recognised.name)
        if other is None:
            raise
        return other
