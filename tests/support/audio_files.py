"""Audio files of every format, written with the decoding libraries."""

import base64
import io
import struct
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import av
import numpy as np
import soundfile
from av.stream import Disposition
from numpy.typing import NDArray
from scipy import signal

FloatArray = NDArray[np.float32]

RATE: Final = 44100
SPEEX_TONE: Final = base64.b64decode(  # 0.6 s of 440 Hz, 8 kHz mono: no installed library writes Speex
    "T2dnUwACAAAAAAAAAAAAAAAAAAAAAEJoZisBUFNwZWV4ICAgMS4yLjEAAAAAAAAAAAAAAAAAAAABAAAAUAAAAEAfAAAAAAAABAAAAAEAAAA+Fw"
    "AAoAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAT2dnUwAAAAAAAAAAAAAAAAAAAQAAANnNLHsBJwYAAABmZm1wZWcBAAAAFQAAAGVuY29kZXI9TGF2"
    "YyBsaWJzcGVleE9nZ1MABJgSAAAAAAAAAAAAAAIAAABdEFM2Hg8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDxBUiAZA7u4E1DnG7Lbcah"
    "BUiAXd+Ijfsz7m/DsuoBBUiAXbqIiVREd8UeQAABBUiAXdt7/Y+sdqXjeizhBUiAXbB5DoPIMrIiVTUBBUiAXHBgc8vIXkIA9TUBBUiAXHqHiX"
    "2L6l5C8hABBUiAXHqag7y8HCpc8vLhBUiAXHkIA9S8aqHg/xLhBUiAXHl5eUgHnqag9S8BBUiAXHCgc8vIHkIA9TUBBUiAXHqHg4VLnl5c8hAB"
    "BUiAXHqXjVQ8H+Jc8vLhBUiAXHkIA9S8aqHjftzhBUiAXHl5C8hAEpag9S8BBUiAXH+Jc8vLnkIA9S8BBUiAXaqHg/xLnl5eUgHhBUiAXHqag9"
    "S8HCgc8vIBBUiAXHkIA9TUHqHg4VLhBUiAXHl5c8hAHqXjVQ8BBUiAXH+Jc8vLnkIA9S8BBUiAXSqIg7wDnl5C8hABBUiAXHqag9Q8HCpc8vLh"
    "BUiAXHkIA9S8aqHg/xLhBUiAXHl5c8hAHqXiVREBBUiAXHeAc8vIXkIA9TUBBUiAXHqHg4VLnl5c8hABBUiAXHqXjVQ8H+Jc8vLhBUiAXHkIAl"
    "QcHqHg/xLhBUiAXHl5c8hAHqXjVQ8A=="
)
LAYOUTS: Final = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to write one kind of audio file.

    ``container`` and ``codec`` in capitals are names of soundfile, others of libav. ``exact`` is True for lossless
    formats.
    """

    suffix: str
    container: str
    codec: str
    format: str
    reported_codec: str
    exact: bool = True
    rate: int = RATE
    channels: int = 2
    sample_type: str = ""
    bit_rate: int = 0

    @property
    def title(self) -> str:
        """Name in test reports."""
        return f"{self.suffix}-{self.codec.lower()}"

    @property
    def bits(self) -> int:
        """Resolution of the samples in bits."""
        return {"PCM_U8": 8, "PCM_S8": 8, "PCM_24": 24, "PCM_32": 24, "FLOAT": 24, "DOUBLE": 24}.get(self.codec, 16)


def _plain(suffix: str, container: str, codec: str, name: str, reported: str, *, exact: bool = True) -> Recipe:
    return Recipe(suffix, container, codec, name, reported, exact)


ALIASES: Final = (  # further suffixes of the same formats
    Recipe("bwf", "WAV", "PCM_16", "wav", "pcm_s16"),
    Recipe("fla", "FLAC", "PCM_16", "flac", "flac"),
    Recipe("ogx", "ogg", "flac", "ogg", "flac"),
    Recipe("ogv", "ogg", "flac", "ogg", "flac"),
    Recipe("ogm", "ogg", "flac", "ogg", "flac"),
    *(Recipe(suffix, "ipod", "alac", "m4a", "alac", sample_type="s16p") for suffix in ("m4r", "m4p", "m4v")),
    *(Recipe(suffix, "mp4", "aac", "mp4", "aac", exact=False) for suffix in ("f4a", "f4v")),
    Recipe("qt", "mov", "pcm_s16le", "mov", "pcm_s16"),
    Recipe("3gpp", "3gp", "aac", "3gp", "aac", exact=False),
    Recipe("3g2", "3g2", "aac", "3gp", "aac", exact=False),
    Recipe("weba", "webm", "libopus", "webm", "opus", exact=False, rate=48000),
    Recipe("wmv", "asf", "wmav2", "wma", "wmav2", exact=False, bit_rate=128_000),
    Recipe("mpga", "MP3", "MPEG_LAYER_III", "mp3", "mp3", exact=False),
    *(Recipe(suffix, "mp2", "mp2", "mp2", "mp2", exact=False) for suffix in ("mpa", "m2a", "mp1")),
    Recipe("adts", "adts", "aac", "aac", "aac", exact=False),
    Recipe("ec3", "eac3", "eac3", "eac3", "eac3", exact=False),
)
RECIPES: Final = (
    _plain("wav", "WAV", "PCM_U8", "wav", "pcm_u8"),
    _plain("wav", "WAV", "PCM_16", "wav", "pcm_s16"),
    _plain("wave", "WAVEX", "PCM_24", "wav", "pcm_s24"),
    _plain("wav", "WAV", "PCM_32", "wav", "pcm_s32"),
    _plain("wav", "WAV", "FLOAT", "wav", "pcm_f32"),
    _plain("wav", "WAV", "DOUBLE", "wav", "pcm_f64"),
    _plain("wav", "WAV", "ALAW", "wav", "pcm_alaw", exact=False),
    _plain("wav", "WAV", "ULAW", "wav", "pcm_mulaw", exact=False),
    _plain("wav", "WAV", "IMA_ADPCM", "wav", "adpcm_ima_wav", exact=False),
    _plain("wav", "WAV", "MS_ADPCM", "wav", "adpcm_ms", exact=False),
    _plain("rf64", "RF64", "PCM_16", "wav", "pcm_s16"),
    _plain("w64", "W64", "PCM_16", "w64", "pcm_s16"),
    _plain("w64", "W64", "PCM_24", "w64", "pcm_s24"),
    _plain("aiff", "AIFF", "PCM_16", "aiff", "pcm_s16"),
    _plain("aif", "AIFF", "PCM_24", "aiff", "pcm_s24"),
    _plain("aiff", "AIFF", "PCM_S8", "aiff", "pcm_s8"),
    _plain("aifc", "AIFF", "FLOAT", "aiff", "pcm_f32"),
    _plain("au", "AU", "PCM_16", "au", "pcm_s16"),
    _plain("snd", "AU", "PCM_24", "au", "pcm_s24"),
    _plain("caf", "CAF", "PCM_16", "caf", "pcm_s16"),
    _plain("caf", "CAF", "PCM_32", "caf", "pcm_s32"),
    _plain("flac", "FLAC", "PCM_S8", "flac", "flac"),
    _plain("flac", "FLAC", "PCM_16", "flac", "flac"),
    _plain("flac", "FLAC", "PCM_24", "flac", "flac"),
    _plain("mp3", "MP3", "MPEG_LAYER_III", "mp3", "mp3", exact=False),
    _plain("ogg", "OGG", "VORBIS", "ogg", "vorbis", exact=False),
    Recipe("oga", "ogg", "flac", "ogg", "flac"),
    Recipe("opus", "ogg", "libopus", "ogg", "opus", exact=False, rate=48000),
    Recipe("mp2", "mp2", "mp2", "mp2", "mp2", exact=False),
    Recipe("m4a", "ipod", "aac", "m4a", "aac", exact=False),
    Recipe("m4a", "ipod", "alac", "m4a", "alac", sample_type="s16p"),
    Recipe("m4b", "ipod", "alac", "m4a", "alac", sample_type="s32p"),
    Recipe("mp4", "mp4", "aac", "mp4", "aac", exact=False),
    Recipe("mov", "mov", "pcm_s16le", "mov", "pcm_s16"),
    Recipe("3gp", "3gp", "aac", "3gp", "aac", exact=False),
    Recipe("aac", "adts", "aac", "aac", "aac", exact=False),
    Recipe("wma", "asf", "wmav2", "wma", "wmav2", exact=False, bit_rate=128_000),
    Recipe("asf", "asf", "wmav1", "wma", "wmav1", exact=False, bit_rate=128_000),
    Recipe("mka", "matroska", "flac", "matroska", "flac"),
    Recipe("mkv", "matroska", "ac3", "matroska", "ac3", exact=False),
    Recipe("webm", "webm", "libopus", "webm", "opus", exact=False, rate=48000),
    Recipe("wv", "wv", "wavpack", "wavpack", "wavpack", sample_type="s16p"),
    Recipe("tta", "tta", "tta", "tta", "tta", sample_type="s16"),
    Recipe("ac3", "ac3", "ac3", "ac3", "ac3", exact=False),
    Recipe("eac3", "eac3", "eac3", "eac3", "eac3", exact=False),
    Recipe("avi", "avi", "mp2", "avi", "mp2", exact=False),
    Recipe("voc", "voc", "pcm_s16le", "voc", "pcm_s16"),
)

NARROW: Final = Recipe("amr", "amr", "libopencore_amrnb", "amr", "amr_nb", exact=False, rate=8000, channels=1)


def tones(seconds: float, channels: int = 2, rate: int = RATE, bits: int = 16) -> FloatArray:
    """Return swelling chords, different in each channel, (samples, channels), quantised to *bits*."""
    time = np.arange(round(seconds * rate)) / rate
    sound = np.empty((len(time), channels))
    for channel in range(channels):
        root = 110 * 1.2**channel
        chord = sum(np.sin(2 * np.pi * root * ratio * time + channel) for ratio in (1, 1.5, 2.5))
        sound[:, channel] = chord * (0.15 + 0.1 * np.sin(2 * np.pi * (1.3 + 0.4 * channel) * time))
    quantised: FloatArray = (np.round(sound * 2 ** (bits - 1)) / 2 ** (bits - 1)).astype(np.float32)
    return quantised


def likeness(heard: FloatArray, truth: FloatArray, rate: int) -> tuple[float, float]:
    """Return the highest correlation of two channels over all shifts, and its shift in seconds."""
    products = signal.correlate(heard, truth, method="fft")
    at = int(np.argmax(products))
    shift = at - (len(truth) - 1)
    return float(products[at] / np.linalg.norm(heard) / np.linalg.norm(truth)), shift / rate


def write_recipe(path: Path, recipe: Recipe, sound: FloatArray) -> None:
    """Write *sound*, (samples, channels), according to *recipe*."""
    if recipe.container.isupper():
        soundfile.write(path, sound, recipe.rate, subtype=recipe.codec, format=recipe.container)
    else:
        path.write_bytes(encode(sound, recipe))


def write_wav(path: Path, sound: FloatArray, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    """Write a WAV file and return its path."""
    soundfile.write(path, sound, rate, subtype=subtype, format="WAV")
    return path


def encode(sound: FloatArray, recipe: Recipe, *, start_sec: float = 0.0) -> bytes:
    """Encode 16-bit *sound* with libav; its time stamps begin at *start_sec*."""
    target = io.BytesIO()
    with av.open(target, "w", format=recipe.container) as output:
        container: Any = output
        stream = container.add_stream(recipe.codec, rate=recipe.rate, layout=LAYOUTS[sound.shape[1]])
        if recipe.sample_type:
            stream.format = recipe.sample_type
        if recipe.bit_rate:
            stream.bit_rate = recipe.bit_rate
        _add_sound(container, stream, sound, recipe.rate, round(start_sec * recipe.rate))
    return target.getvalue()


def _add_sound(container: Any, stream: Any, sound: FloatArray, rate: int, first: int = 0) -> None:
    samples = np.round(sound * 32768).clip(-32768, 32767).astype(np.int16)
    for start in range(0, len(samples), 4096):
        part = np.ascontiguousarray(samples[start : start + 4096])
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="s16", layout=LAYOUTS[sound.shape[1]])
        frame.sample_rate = rate
        frame.pts = first + start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def film(*sounds: FloatArray, default: int | None = None) -> bytes:
    """Return a Matroska video with these audio tracks; *default* is the default one."""
    target = io.BytesIO()
    with av.open(target, "w", format="matroska") as output:
        container: Any = output
        pictures = container.add_stream("mpeg4", rate=10, width=64, height=48)
        tracks = [container.add_stream("pcm_s16le", rate=RATE, layout=LAYOUTS[each.shape[1]]) for each in sounds]
        for number, track in enumerate(tracks):
            track.disposition = Disposition.default if number == default else Disposition(0)
        for shade in range(0, 200, 20):
            picture = np.full((48, 64, 3), shade, np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(pictures.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            _add_sound(container, track, sound, RATE)
    return target.getvalue()


def rng(seed: int | str) -> Random:
    """Return a seeded random generator."""
    return Random(seed)  # noqa: S311 - no secret


def id3_tag(size: int) -> bytes:
    """Return an ID3v2.4 tag with *size* bytes after its header."""
    length = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + length + b"\xff\xfb\x90\x64" * (size // 4) + bytes(size % 4)


def delta_sigma(seconds: float, frequency_hz: float, rate: int) -> NDArray[np.uint8]:
    """Return a tone as one-bit samples."""
    tone = 0.4 * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate)
    first = second = 0.0
    bits = np.empty(len(tone), np.uint8)
    for index, value in enumerate(tone.tolist()):
        output = 1.0 if second >= 0 else -1.0
        first += value - output
        second += first - output
        bits[index] = output > 0
    return bits


def dsf(seconds: float, frequency_hz: float) -> bytes:
    """Return a DSF file: a mono tone in one-bit samples at 2.8224 MHz."""
    rate, block = 2_822_400, 4096
    bits = delta_sigma(seconds, frequency_hz, rate)
    packed = np.packbits(bits, bitorder="little").tobytes()
    packed += bytes(-len(packed) % block)
    layout = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, rate, 1, len(bits), block, 0)
    data = struct.pack("<4sQ", b"data", 12 + len(packed)) + packed
    return struct.pack("<4sQQQ", b"DSD ", 28, 28 + len(layout) + len(data), 0) + layout + data


def dff(seconds: float, frequency_hz: float) -> bytes:
    """Return a DSDIFF file: a mono tone in one-bit samples at 2.8224 MHz."""
    rate = 2_822_400
    packed = np.packbits(delta_sigma(seconds, frequency_hz, rate)).tobytes()

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">4sQ", name, len(content)) + content + bytes(len(content) % 2)

    properties = b"SND " + chunk(b"FS  ", struct.pack(">I", rate)) + chunk(b"CHNL", struct.pack(">H4s", 1, b"C   "))
    properties += chunk(b"CMPR", b"DSD \x0enot compressed\0")
    return chunk(b"FRM8", b"DSD " + chunk(b"FVER", b"\1\5\0\0") + chunk(b"PROP", properties) + chunk(b"DSD ", packed))
