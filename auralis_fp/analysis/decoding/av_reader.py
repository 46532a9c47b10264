"""Reader for compressed and unusual formats, through libav."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Disposition

from ...errors import DecodeError
from ...files.formats import DEMUXERS, Format
from ..types import FloatArray
from .av_description import HeaderFacts, describe
from .av_samples import SampleBuffer
from .reader import check_limits
from .source import Source

_PROBE_BYTES: Final = ("32768", "5000000")
_BUFFER_BYTES: Final = 65536
_MOST_FAILURES: Final = 64  # consecutive demuxer errors
_FRAMES_TO_VOTE: Final = 8
_GENERATE_TIMES: Final = 0x0001  # AVFMT_FLAG_GENPTS, which PyAV sets; it reads ahead
_ESCAPE, _USAC = 31, 42  # audio object types of ISO/IEC 14496-3

# Only these decoders ever run on a file: no playlists, pictures or video.
_DECODER_NAMES: Final = (
    "aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,alac,amrnb,amrwb,ape,atrac1,"
    "atrac3,atrac3al,atrac3plus,atrac3plusal,cook,dca,dsd_lsbf,dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,eac3,flac,"
    "g722,g726,g726le,gsm,gsm_ms,libopus,libspeex,libvorbis,mlp,mp1,mp1float,mp2,mp2float,mp3,mp3float,mpc7,mpc8,"
    "opus,pcm_alaw,pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,"
    "pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be,pcm_s32le,"
    "pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_s8,pcm_s8_planar,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,"
    "pcm_u32le,pcm_u8,qcelp,ralf,real_144,real_288,shorten,sipr,speex,truehd,tta,vorbis,wavpack,wmalossless,wmapro,"
    "wmav1,wmav2,wmavoice"
)
_DECODERS: Final = frozenset(_DECODER_NAMES.split(","))
_OPTIONS: Final = {
    "format_whitelist": ",".join(DEMUXERS),
    "codec_whitelist": _DECODER_NAMES,
    "protocol_whitelist": "data",  # a file cannot refer to another file
    "max_size": "131072",  # bytes per WAV packet
}


_Shape = tuple[int, int, str]  # sample rate, channels, sample type


class AvReader:
    """Read one audio stream of a file packet by packet; packets that do not decode are skipped.

    Parts whose sample rate, channel count or sample type differs from the start (chained streams) are converted.

    Parameters
    ----------
    source : Source
    recognised : Format or None
        Format of the first bytes.
    options : dict, optional
        Additional demuxer options.

    Raises
    ------
    DecodeError
        ``unsupported``, ``no_audio``, ``corrupt`` or ``limits``.
    """

    def __init__(self, source: Source, recognised: Format | None, options: dict[str, str] | None = None) -> None:
        self.damaged = False
        self.reshaped = False
        self._source = source
        self._read_to = 0  # end of the latest packet
        header = HeaderFacts.of(source)  # before libav reads: it keeps its own position
        for probe_bytes in _PROBE_BYTES:
            source.seek(0)
            self._container = open_container(source, recognised, {"probesize": probe_bytes, **(options or {})})
            stream = _audio_stream(self._container)
            self._frames: Iterator[AudioFrame] = self._decoded(stream)
            first = list(islice(self._frames, _FRAMES_TO_VOTE))
            if first:
                break
            self._container.close()
        else:
            raise DecodeError("corrupt", "No audio could be decoded.")
        self._frames = chain(first, self._frames)
        self._model = _typical(first)
        self._shape = _shape(self._model)
        check_limits(*self._shape[:2])
        self.info, self.length_stated = describe(self._container, stream, self._model, header)

    def blocks(self) -> Iterator[FloatArray]:
        """Yield all samples, see ``Reader``."""
        _, channels, sample_type = self._shape
        return SampleBuffer(channels, sample_type).blocks(self._in_shape())

    @property
    def unread_bytes(self) -> int:
        """Bytes after the latest packet, 0 if the demuxer does not tell positions."""
        return self._source.size - self._source.start - self._read_to if self._read_to else 0

    def close(self) -> None:
        """Close the decoder. May be called twice."""
        self._frames = iter(())
        self._container.close()

    def _decoded(self, stream: Any) -> Iterator[AudioFrame]:
        """Decode packet by packet; bad data counts as damage only between good data."""
        begun = failed = False
        for packet in _packets(self._container, stream):
            position = packet.pos
            if position is not None and position >= 0 and position + packet.size > self._read_to:
                self._read_to = position + packet.size
            try:
                frames = packet.decode()
            except MemoryError:  # av.MemoryError is an FFmpegError too
                raise
            except av.FFmpegError:
                failed = True
                continue
            for frame in frames:
                if frame.samples:
                    if failed:
                        self.damaged |= begun
                    begun = True
                    failed = frame.is_corrupt
                    yield frame

    def _in_shape(self) -> Iterator[AudioFrame]:
        """Yield the frames in the shape of the typical one; runs of another shape are converted."""
        rate, channels, sample_type = self._shape
        current, resampler = self._shape, None
        for frame in self._frames:
            if (  # compared without a tuple: some frames take only 10 µs to decode
                resampler is None
                and frame.sample_rate == rate
                and frame.layout.nb_channels == channels
                and frame.format.name == sample_type
            ):
                yield frame
                continue
            self.reshaped = True
            if _shape(frame) != current:
                yield from self._converted(None, resampler)
                current = _shape(frame)
                resampler = None if current == self._shape else AudioResampler(sample_type, self._model.layout, rate)
            yield from self._converted(frame, resampler)
        yield from self._converted(None, resampler)

    def _converted(self, frame: AudioFrame | None, resampler: AudioResampler | None) -> Iterator[AudioFrame]:
        """Convert a frame, or yield what the resampler still holds; without one, yield the frame as it is."""
        if resampler is None:
            if frame is not None:
                yield frame
            return
        try:
            converted = resampler.resample(frame)
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError):  # ValueError: the channel layout changed or is unknown
            self.damaged = True
            return
        for part in converted:
            if part.samples and _shape(part) == self._shape:
                yield part


def open_container(source: Source, recognised: Format | None, options: dict[str, str]) -> InputContainer:
    """Open a file with libav, confined to known formats, codecs and the file itself.

    Parameters
    ----------
    source : Source
    recognised : Format or None
        The format that the first bytes mark; None lets libav probe.
    options : dict of str to str
        Further options of the demuxer.

    Raises
    ------
    DecodeError
        ``corrupt`` or ``unsupported``.
    """
    try:
        container: Any = av.open(
            source,
            format=recognised.demuxer if recognised else None,
            container_options={**_OPTIONS, **options},
            metadata_errors="surrogateescape",
            buffer_size=_BUFFER_BYTES,
        )
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError) as error:  # ValueError: raised by PyAV itself
        if recognised:
            raise DecodeError("corrupt", f"The file is damaged: it cannot be read as {recognised.name}.") from error
        raise DecodeError("unsupported", "The file is not in a known audio format.") from error
    container.flags &= ~_GENERATE_TIMES
    opened: InputContainer = container
    return opened


def _audio_stream(container: InputContainer) -> Any:
    """Return the stream to analyse: the default stream, else the first that can be decoded."""
    streams: tuple[Any, ...] = container.streams.audio  # without a decoder, codec_context is None
    if not streams:
        raise DecodeError("no_audio", "The file contains no audio.")
    usable = [each for each in streams if each.codec_context and each.codec_context.codec.name in _DECODERS]
    if not usable:
        raise DecodeError("unsupported", "There is no decoder for the audio in this file.")
    chosen = max(usable, key=lambda each: bool(each.disposition & Disposition.default))
    chosen.codec_context.thread_count = 1
    if chosen.codec_context.codec.canonical_name == "aac" and _object_type(chosen.codec_context.extradata) == _USAC:
        raise DecodeError("unsupported", "The audio is xHE-AAC (USAC), which is not decoded reliably.")
    return chosen


def _object_type(configuration: bytes | None) -> int:
    """Return the audio object type of an MPEG-4 AudioSpecificConfig; 0 without one."""
    bits = int.from_bytes((configuration or b"")[:2].ljust(2, b"\0"), "big")
    return bits >> 11 if bits >> 11 != _ESCAPE else 32 + (bits >> 5 & 63)


def _packets(container: InputContainer, stream: Any) -> Iterator[Any]:
    """Demux, continuing after bad data as long as packets follow."""
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
        except MemoryError:
            raise
        except av.FFmpegError:
            failures += 1
        else:
            return


def _shape(frame: AudioFrame) -> _Shape:
    return frame.sample_rate, frame.layout.nb_channels, frame.format.name


def _typical(frames: list[AudioFrame]) -> AudioFrame:
    """Return a frame of the most common shape; the first one may be garbage."""
    shapes = [_shape(frame) for frame in frames]
    return frames[shapes.index(Counter(shapes).most_common(1)[0][0])]
