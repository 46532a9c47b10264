"""Reader for compressed and unusual formats, through libav."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, groupby, islice
from typing import Any, Final, cast

import av
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Disposition
from numpy.typing import NDArray

from ...errors import DecodeError
from ...files.formats import DEMUXERS, Format
from ..types import FloatArray
from .reader import BLOCK_SAMPLES, AudioInfo, check_limits, usual_positions
from .source import Source

_PROBE_BYTES: Final = ("32768", "5000000")
_BUFFER_BYTES: Final = 65536
_MOST_FAILURES: Final = 64  # consecutive demuxer errors
_FRAMES_TO_VOTE: Final = 8
_GENERATE_TIMES: Final = 0x0001  # AVFMT_FLAG_GENPTS, which PyAV sets; it reads ahead
_MP3_LENGTHS: Final = (b"Xing", b"Info", b"VBRI")
_NO_POSITIONS: Final = ("NONE", "UN", "USR", "AMBI")

# Only these decoders ever run on a file: no playlists, pictures or video.
_DECODER_NAMES: Final = (
    "aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,alac,amrnb,amrwb,ape,dca,dsd_lsbf,"
    "dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,eac3,flac,g722,g726,g726le,gsm,gsm_ms,libopus,libspeex,libvorbis,mlp,mp1,"
    "mp1float,mp2,mp2float,mp3,mp3float,mpc7,mpc8,opus,pcm_alaw,pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,"
    "pcm_mulaw,pcm_s16be,pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be,"
    "pcm_s32le,pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_s8,pcm_s8_planar,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,"
    "pcm_u32be,pcm_u32le,pcm_u8,speex,truehd,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,wmavoice"
)
_DECODERS: Final = frozenset(_DECODER_NAMES.split(","))
_OPTIONS: Final = {
    "format_whitelist": ",".join(DEMUXERS),
    "codec_whitelist": _DECODER_NAMES,
    "protocol_whitelist": "data",  # a file cannot refer to another file
    "max_size": "131072",  # bytes per WAV packet
}

_SAMPLE_TYPES: Final[dict[str, tuple[type[np.generic], int, float]]] = {  # sample type, zero, full scale
    "u8": (np.uint8, 128, 2.0**7),
    "s16": (np.int16, 0, 2.0**15),
    "s32": (np.int32, 0, 2.0**31),
    "s64": (np.int64, 0, 2.0**63),
    "flt": (np.float32, 0, 1.0),
    "dbl": (np.float64, 0, 1.0),
}
DECODER: Final = "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))
_BRANDS: Final = {"qt": "mov", "3gp": "3gp", "3g2": "3gp", "M4A": "m4a", "M4B": "m4a"}


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
        self.info, self.length_stated = _describe(self._container, stream, self._model, source.head)

    def blocks(self) -> Iterator[FloatArray]:
        """Yield all samples, see ``Reader``."""
        queue = AudioFifo()
        for frame in self._in_shape():
            frame.pts = None  # the queue checks for gaps otherwise
            queue.write(frame)
            while (part := queue.read(BLOCK_SAMPLES)) is not None:
                yield _floats(part)
        if (rest := queue.read()) is not None:
            yield _floats(rest)

    def close(self) -> None:
        """Close the file."""
        self._frames = iter(())
        self._container.close()
        self._source.close()

    def _decoded(self, stream: Any) -> Iterator[AudioFrame]:
        """Decode packet by packet; bad data counts as damage only between good data."""
        begun = failed = False
        for packet in _packets(self._container, stream):
            try:
                frames = packet.decode()
            except MemoryError:  # av.MemoryError is an FFmpegError too
                raise
            except av.FFmpegError:
                failed = True
                continue
            for frame in frames:
                if frame.samples:
                    self.damaged |= begun and failed
                    begun = True
                    failed = frame.is_corrupt
                    yield frame

    def _in_shape(self) -> Iterator[AudioFrame]:
        for shape, frames in groupby(self._frames, _shape):
            if shape == self._shape:
                yield from frames
            else:
                self.reshaped = True
                yield from self._converted(frames)

    def _converted(self, frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
        rate, _, sample_type = self._shape
        resampler = AudioResampler(sample_type, self._model.layout, rate)
        for frame in chain(frames, [None]):
            try:
                converted = resampler.resample(frame)
            except MemoryError:
                raise
            except (av.FFmpegError, ValueError):  # ValueError: the channel layout changed or is unknown
                self.damaged = True
                continue
            for part in converted:
                if part.samples and _shape(part) == self._shape:
                    part.time_base = self._model.time_base  # the queue requires it
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
    return chosen


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


def _describe(container: InputContainer, stream: Any, frame: AudioFrame, head: bytes) -> tuple[AudioInfo, bool]:
    """Describe the stream that *frame* belongs to; return True with it if the file states its length."""
    codec = stream.codec_context.codec.canonical_name
    if codec.startswith("pcm_"):
        codec = codec.removesuffix("_planar").removesuffix("le").removesuffix("be")
    row = DEMUXERS[container.format.name.split(",")[0]]
    name = _variant(row.name, codec, container, head)
    declared_sec = _declared_sec(container, stream)
    info = AudioInfo(*_shape(frame)[:2], name, codec, declared_sec, DECODER, _positions(frame))
    return info, row.length_stated or any(mark in head for mark in _MP3_LENGTHS)


def _variant(name: str, codec: str, container: InputContainer, head: bytes) -> str:
    if name == "m4a":
        brand = container.metadata.get("major_brand", "").strip()
        return next((variant for start, variant in _BRANDS.items() if brand.startswith(start)), "mp4")
    if name == "matroska" and b"webm" in head[:64]:
        return "webm"
    return "mp2" if name == "mp3" and codec == "mp2" else name


def _declared_sec(container: InputContainer, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / av.time_base
    return seconds if seconds > 0 else None


def _positions(frame: AudioFrame) -> tuple[str, ...]:
    channels = frame.layout.nb_channels
    names = tuple(channel.name for channel in frame.layout.channels)
    if channels == 1 or any(not name or name.startswith(_NO_POSITIONS) for name in names):
        return usual_positions(channels)
    return names


def _floats(frame: AudioFrame) -> FloatArray:
    """Return the samples of a frame, (samples, channels), full scale 1, in the decoder's memory order."""
    count, channels = frame.samples, frame.layout.nb_channels
    name, planes = frame.format.name, cast("tuple[Any, ...]", frame.planes)  # the stubs lack the buffer protocol
    dtype, zero, full_scale = _SAMPLE_TYPES[name.removesuffix("p")]
    if name.endswith("p"):
        rows: FloatArray = np.empty((channels, count), np.float32)
        for channel, plane in enumerate(planes):
            _scale(np.frombuffer(plane, dtype, count), zero, full_scale, rows[channel])
        return rows.T
    block: FloatArray = np.empty((count, channels), np.float32)
    _scale(np.frombuffer(planes[0], dtype, count * channels).reshape(-1, channels), zero, full_scale, block)
    return block


def _scale(values: NDArray[Any], zero: int, full_scale: float, out: FloatArray) -> None:
    if zero:
        np.subtract(values, zero, out=out, dtype=np.float32, casting="unsafe")
        np.divide(out, full_scale, out=out)
    elif full_scale != 1.0:
        np.multiply(values, np.float32(1 / full_scale), out=out, dtype=np.float32, casting="unsafe")
    elif values.dtype == np.float32:
        out[...] = values
    else:
        with np.errstate(over="ignore", invalid="ignore"):  # doubles outside float32 become infinite
            np.copyto(out, values, casting="unsafe")
