"""Plain samples through libsndfile: up to twice as fast as libav there, with the same numbers."""

import sys
from collections.abc import Iterator
from typing import Final, Self

import numpy as np
import soundfile

from ..types import FloatArray
from .reader import BLOCK_SAMPLES, AudioInfo, check_limits, usual_positions
from .source import Source

FORMATS: Final = frozenset({"wav", "w64", "aiff", "caf"})
SECOND_TRY: Final = frozenset({"ogg", "flac"})  # where libsndfile may know a file that libav gives up
_CODECS: Final = {"PCM_16": "pcm_s16", "FLOAT": "pcm_f32"}
_OTHER_CODECS: Final = {"VORBIS": "vorbis", "OPUS": "opus"}
_LONGEST_SEC: Final = 1e6  # chained files are said to be endless
_SCALE_16: Final = np.float32(2**-15)


class SndfileReader:
    """16-bit and float samples of one or two channels, and what libav cannot open; everything else is libav's.

    Parameters
    ----------
    source : Source
    sound : SoundFile
        The same file, of 16-bit or float samples.
    name : str
        The format's name.
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
        self.info = AudioInfo(rate, channels, name, codec, declared, usual_positions(channels))

    @classmethod
    def open(cls, source: Source, name: str) -> Self | None:
        """Open *source* if this reader is the right one for it.

        Parameters
        ----------
        source : Source
        name : str
            The format's name, of ``FORMATS`` or, for a second try, of ``SECOND_TRY``.

        Returns
        -------
        SndfileReader or None
            None if libav does better or libsndfile makes nothing of the file.

        Raises
        ------
        DecodeError
            ``limits``.
        """
        if source.start or sys.platform == "win32":  # there, descriptors are not shared between C libraries
            return None
        source.seek(0)
        try:
            sound = soundfile.SoundFile(source.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            return None
        plain = sound.subtype in _CODECS and sound.channels <= 2
        if not (plain or name in SECOND_TRY) or sound.frames <= 0:
            sound.close()
            return None
        check_limits(sound.samplerate, sound.channels)
        return cls(source, sound, name)

    def blocks(self) -> Iterator[FloatArray]:
        """Hand out all samples, see ``Reader``."""
        is_integer = self._sound.subtype == "PCM_16"
        raw = np.empty((BLOCK_SAMPLES, self._sound.channels), np.int16)
        while True:
            try:
                if is_integer:
                    block: FloatArray = np.multiply(self._sound.read(out=raw), _SCALE_16)
                else:
                    block = self._sound.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                if self._plain:  # there is nothing to be damaged in plain samples: the disk failed
                    self._source.error = OSError(0, str(error.error_string))
                self.damaged = True
                return
            if not len(block):
                return
            yield block

    def close(self) -> None:
        """Let go of the file."""
        self._sound.close()
        self._source.close()
