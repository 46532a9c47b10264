"""Choice of the reader that decodes a file correctly, the faster one if both do."""

from typing import Final

from ...errors import DecodeError
from ...files.formats import Format, recognise
from . import sndfile_reader
from .av_reader import AvReader
from .bitstream import BitstreamDetector
from .declared_length import DeclaredLength
from .mpeg_header import read_mpeg_header
from .reader import AudioInfo, Reader
from .sndfile_reader import SndfileReader
from .source import Source
from .wave_format import WaveFormat, is_big_endian, read_wave_format

_CONTRADICTION: Final = "No decoder reads the samples as the header of the file states them."


def choose_reader(source: Source, length: DeclaredLength | None) -> Reader:
    """Open the reader for a file's content.

    Parameters
    ----------
    source : Source
    length : DeclaredLength or None
        Declared length of an uncompressed file.

    Raises
    ------
    DecodeError
        ``unsupported``, ``no_audio``, ``corrupt`` or ``limits``.
    """
    recognised = recognise(source.head)
    if is_big_endian(source.head):  # libav takes it for little-endian
        return _by_sndfile(
            source, "wav", "The file is a big-endian WAV file (RIFX) with a codec that is not supported."
        )
    if length is not None and length.overrun:
        return AvReader(source, recognised, {"ignore_length": "1"})
    header = None if recognised else read_mpeg_header(source.head)
    if header is not None and header.free_format:
        return _by_sndfile(source, "mp3", "The file is a free-format MP3 file, which could not be decoded.")
    return _plain(source, recognised) or _checked(source, recognised, read_wave_format(source))


def _plain(source: Source, recognised: Format | None) -> Reader | None:
    """Return libsndfile's reader for PCM samples; None for everything else, and for bitstreams in PCM samples."""
    if recognised is None or recognised.name not in sndfile_reader.FORMATS:
        return None
    plain = SndfileReader.open(source, recognised.name)
    if plain is None or BitstreamDetector(plain.info.codec).check(plain.peek()) is None:
        return plain
    plain.close()
    return None


def _checked(source: Source, recognised: Format | None, stated: WaveFormat | None) -> Reader:
    """Return libav's reader, or libsndfile's where libav fails or contradicts the header."""
    try:
        reader = AvReader(source, recognised)
    except DecodeError as error:
        if error.code != "corrupt" or recognised is None or recognised.name not in sndfile_reader.FALLBACK:
            raise
        other = SndfileReader.open(source, recognised.name, fallback=True)
        if other is None:
            raise
        return other
    if stated is None or not _contradicts(reader.info, stated):
        return reader
    reader.close()
    other = _by_sndfile(source, recognised.name if recognised else "wav", _CONTRADICTION)
    if _contradicts(other.info, stated):
        other.close()
        raise DecodeError("unsupported", _CONTRADICTION)
    return other


def _contradicts(info: AudioInfo, stated: WaveFormat) -> bool:
    """Return True if a decoder takes PCM samples for others than the header states."""
    found = WaveFormat(info.codec, info.sample_rate, info.channels)
    return info.codec.startswith("pcm_") and found != stated


def _by_sndfile(source: Source, name: str, refusal: str) -> SndfileReader:
    reader = SndfileReader.open(source, name, fallback=True)
    if reader is None:
        raise DecodeError("unsupported", refusal)
    return reader
