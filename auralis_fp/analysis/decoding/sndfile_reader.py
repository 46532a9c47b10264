"""Reader for uncompressed samples, through libsndfile: up to twice as fast as libav, with the same samples."""

import sys
from collections.abc import Iterator
from typing import Final, Self

import numpy as np
import soundfile

from ..types import FloatArray
from .reader import BLOCK_SAMPLES, AudioInfo, check_limits, usual_positions
from .source import Source

FORMATS: Final = frozenset({"wav", "w64", "aiff", "caf"})
FALLBACK: Final = frozenset({"ogg", "flac"})  # libsndfile reads some files that libav rejects
_CODECS: Final = {"PCM_16": "pcm_s16", "FLOAT": "pcm_f32"}
_OTHER_CODECS: Final = {
    "VORBIS": "vorbis",
    "OPUS": "opus",
    "MPEG_LAYER_III": "mp3",
    "PCM_U8": "pcm_u8",
    "PCM_24": "pcm_s24",
    "PCM_32": "pcm_s32",
    "DOUBLE": "pcm_f64",
    "ULAW": "pcm_mulaw",
    "ALAW": "pcm_alaw",
}
DECODER: Final = f"libsndfile {soundfile.__libsndfile_version__}"
_LONGEST_SEC: Final = 1e6  # chained files have no known length
_SAMPLE_BYTES: Final = 2  # at least
_PEEK_BLOCKS: Final = 16
_SCALE_16: Final = np.float32(2**-15)


class SndfileReader:
    """Read 16-bit and float samples of one or two channels, and files that libav rejects or misreads.

    Parameters
    ----------
    source : Source
    sound : SoundFile
        The same file, opened by libsndfile.
    name : str
        Name of the format.
    """

    def __init__(self, source: Source, sound: soundfile.SoundFile, name: str) -> None:
        self._plain = name in FORMATS
        self.length_stated = True
        self.damaged = False
        self.reshaped = False
        self._source = source
        self._sound = sound
        rate, channels = sound.samplerate, sound.channels
        seconds = sound.frames / rate
        codec = (_CODECS | _OTHER_CODECS).get(sound.subtype, name)
        declared = seconds if seconds < _LONGEST_SEC else None
        self.info = AudioInfo(rate, channels, name, codec, declared, DECODER, usual_positions(channels))

    @classmethod
    def open(cls, source: Source, name: str, *, fallback: bool = False) -> Self | None:
        """Open a source if this reader is the right one for it.

        Parameters
        ----------
        source : Source
        name : str
            Name of the format.
        fallback : bool
            Whether libav cannot read the file: read any codec and number of channels.

        Returns
        -------
        SndfileReader or None
            None if libav is the better reader or libsndfile cannot read the file.

        Raises
        ------
        DecodeError
            ``limits``.
        """
        shares_descriptor = not source.start and sys.platform != "win32"  # C libraries do not share them there
        if not (shares_descriptor or fallback):
            return None
        source.seek(0)
        try:
            sound = soundfile.SoundFile(source.fileno() if shares_descriptor else source, closefd=False)
        except soundfile.LibsndfileError:
            return None
        plain = sound.subtype in _CODECS and sound.channels <= 2
        if not (plain or fallback) or sound.frames <= 0:
            sound.close()
            return None
        check_limits(sound.samplerate, sound.channels)
        return cls(source, sound, name)

    def peek(self) -> FloatArray:
        """Return the first samples that are not silent, shape (samples, channels), without advancing."""
        samples: FloatArray = np.empty((0, self.info.channels), np.float32)
        with np.errstate(invalid="ignore"):
            for _ in range(_PEEK_BLOCKS):
                samples = self._sound.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                if not len(samples) or samples.any():
                    break
        self._sound.seek(0)
        return samples

    def blocks(self) -> Iterator[FloatArray]:
        """Yield all samples, see ``Reader``."""
        is_integer = self._sound.subtype == "PCM_16"
        raw = np.empty((BLOCK_SAMPLES, self._sound.channels), np.int16)
        while True:
            try:
                if is_integer:
                    block: FloatArray = np.multiply(self._sound.read(out=raw), _SCALE_16)
                else:
                    block = self._sound.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                if self._plain:  # uncompressed samples cannot be damaged: this is an I/O error
                    self._source.error = OSError(0, str(error.error_string))
                self.damaged = True
                return
            if not len(block):
                return
            yield block

    @property
    def unread_bytes(self) -> int:
        """Bytes of the samples that the file holds but that could not be read."""
        missing = int(self._sound.frames - self._sound.tell()) if self._plain else 0
        return max(0, missing) * self.info.channels * _SAMPLE_BYTES

    def close(self) -> None:
        """Close the decoder. May be called twice."""
        self._sound.close()
