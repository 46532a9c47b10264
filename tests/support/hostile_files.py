"""Hostile files and their expected outcomes."""

import os
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from audio_files import (
    RATE,
    RECIPES,
    FloatArray,
    Recipe,
    encode,
    film,
    id3_tag,
    rng,
    tones,
    write_recipe,
    write_wav,
)

DONE: Final = "done"
UNSEEN: Final = "unseen"  # not a file of the library
NOT_AUDIO: Final = frozenset({"unsupported", "no_audio", "corrupt"})
ANY: Final = NOT_AUDIO | {DONE, "limits", "too_short", "non_finite"}
REFUSED: Final = ANY - {DONE}


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file: its name in the library, its writer, and the accepted outcomes."""

    name: bytes
    make: Callable[[bytes], object]
    outcomes: frozenset[str]


def hostile_files() -> Iterator[Hostile]:
    """Yield all files; their names differ."""
    for maker in (_no_music, _numbers, _headers, _containers, _links_and_kinds, _names, _cut_short):
        yield from maker()


def plant(library: Path, files: Iterator[Hostile]) -> dict[bytes, Hostile]:
    """Write files into a library and return them by path."""
    planted = {}
    for file in files:
        path = os.path.join(os.fsencode(library), file.name)  # noqa: PTH118 - bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - bytes
        file.make(path)
        planted[path] = file
    return planted


def mutations(count: int, seed: int, seconds: float = 0.7) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of damaged files of every format, repeatable for a seed."""
    contents: dict[Recipe, bytes] = {}
    for number in range(count):
        recipe = RECIPES[number % len(RECIPES)]
        if recipe not in contents:
            contents[recipe] = _content(recipe, tones(seconds, recipe.channels, recipe.rate))
        chance = rng(f"{seed} {number}")
        yield f"{number}.{recipe.suffix}", damaged(contents[recipe], chance, in_head=number // len(RECIPES) % 2 == 0)


def damaged(content: bytes, chance: Random, *, in_head: bool) -> bytes:
    """Return a copy with some bytes changed, and perhaps truncated or repeated."""
    copy = bytearray(content)
    span = min(200, len(copy)) if in_head else len(copy)
    for _ in range(chance.choice((1, 3, 10, 40))):
        copy[chance.randrange(span)] = chance.choice((0, 0x7F, 0xFF, chance.randrange(256)))
    way = chance.randrange(4)
    if way == 0:
        del copy[chance.randrange(len(copy)) :]
    elif way == 1:
        at = chance.randrange(len(copy))
        copy[at:at] = copy[: chance.randrange(1000)]
    return bytes(copy)


def with_sizes(wav: bytes, riff: int, data: int) -> bytes:
    """Return the WAV file with other sizes in its header."""
    at = wav.index(b"data")
    return wav[:4] + struct.pack("<I", riff) + wav[8 : at + 4] + struct.pack("<I", data) + wav[at + 8 :]


def wav(
    *,
    rate: int = RATE,
    channels: int = 2,
    bits: int = 16,
    kind: int = 1,
    align: int | None = None,
    seconds: float = 1.0,
) -> bytes:
    """Return a 16-bit stereo WAV file with arbitrary header fields."""
    data = (tones(seconds) * 32767).astype("<i2").tobytes()
    unit = channels * bits // 8 if align is None else align
    layout = struct.pack("<HHIIHH", kind, channels, rate, rate * unit & 0xFFFFFFFF, unit & 0xFFFF, bits)
    parts = b"fmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WAVE" + parts


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def _content(recipe: Recipe, sound: FloatArray) -> bytes:
    if not recipe.container.isupper():
        return encode(sound, recipe)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track"
        write_recipe(path, recipe, sound)
        return path.read_bytes()


def _of(title: str, seconds: float = 1.0) -> bytes:
    recipe = next(recipe for recipe in RECIPES if recipe.title == title)
    return _content(recipe, tones(seconds, recipe.channels, recipe.rate))


def _writes(content: bytes) -> Callable[[bytes], object]:
    def make(path: bytes) -> None:
        with open(path, "wb") as file:  # noqa: PTH123 - bytes
            file.write(content)

    return make


def _file(name: str | bytes, content: bytes, *outcomes: str) -> Hostile:
    return Hostile(os.fsencode(name), _writes(content), frozenset(outcomes))


def _no_music() -> Iterator[Hostile]:
    """Files with audio suffixes that are not audio."""
    yield _file("empty.wav", b"", "no_audio")
    yield _file("ten bytes.mp3", b"0123456789", *NOT_AUDIO)
    yield _file("text.mp3", b"This is not music.\n" * 500, *NOT_AUDIO)
    yield _file("text.wav", b"This is not music.\n" * 500, "unsupported")
    yield _file("picture.flac", png(), "unsupported")
    yield _file("zeros.flac", bytes(100_000), *NOT_AUDIO)
    yield _file("noise.ogg", rng(3).randbytes(100_000), *ANY)
    yield _file("program.m4a", b"\x7fELF" + rng(4).randbytes(5000), *ANY)
    for name, text in (
        ("list.wav", "#EXTM3U\n/etc/passwd\n"),
        ("concat.mp3", "ffconcat version 1.0\nfile '/etc/passwd'\n"),
        ("session.m4a", "v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n"),
        ("stream.flac", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n"),
    ):
        yield _file(name, text.encode("ascii"), "unsupported")


def _numbers() -> Iterator[Hostile]:
    """Non-finite samples and degenerate lengths."""
    for name, value in (("nan", np.nan), ("infinity", np.inf), ("minus infinity", -np.inf), ("1e30", 1e30)):
        for place in ("first", "last"):
            sound = tones(1.0)
            sound[0 if place == "first" else -1, 1] = value
            yield Hostile(f"{name} {place}.wav".encode(), _sound(sound, "FLOAT"), frozenset({"non_finite"}))
    yield Hostile(b"denormal.wav", _sound(np.full((RATE, 2), 1e-42, np.float32), "FLOAT"), frozenset({DONE}))
    yield Hostile(b"loud.wav", _sound(tones(1.0) * 100, "FLOAT"), frozenset({DONE}))
    for samples in (0, 1, 100, 2047, 2048, RATE // 2 - 1):
        outcomes = frozenset({"too_short"} if samples else {"corrupt", "no_audio", "too_short"})
        yield Hostile(f"{samples} samples.wav".encode(), _sound(tones(1.0)[:samples], "PCM_16"), outcomes)


def _sound(sound: FloatArray, subtype: str) -> Callable[[bytes], object]:
    return lambda path: write_wav(Path(os.fsdecode(path)), sound, subtype=subtype)


def _headers() -> Iterator[Hostile]:
    """Headers with wrong size, sample rate, channels or bit depth."""
    true = wav()
    for riff, data in ((0xFFFFFFFF, 0xFFFFFFFF), (0, 0), (1, 1), (0x7FFFFFFF, 0x7FFFFFFE), (100, 0xFFFFFFF0)):
        outcomes = (DONE,) if data != 1 else (DONE, "too_short")
        yield _file(f"size {riff:x} {data:x}.wav", with_sizes(true, riff, data), *outcomes)
    for rate in (0, 1, 999, 1_000_001, 0x7FFFFFFF, 0xFFFFFFFF):
        yield _file(f"rate {rate}.wav", wav(rate=rate), *REFUSED)
    for channels in (0, 33, 255, 65535):
        yield _file(f"channels {channels}.wav", wav(channels=channels), *REFUSED)
    for channels in (1, 3, 31, 32):
        yield _file(f"channels {channels}.wav", wav(channels=channels), DONE, "too_short")
    for bits in (0, 1, 7, 255, 65535):
        yield _file(f"bits {bits}.wav", wav(bits=bits), *ANY)
    for align in (0, 1, 3, 65535):
        yield _file(f"align {align}.wav", wav(align=align), *ANY)
    for kind in (0, 2, 3, 0x55, 0x161, 0xFFFE, 0xFFFF):
        yield _file(f"kind {kind}.wav", wav(kind=kind), *ANY)
    yield _file("format chunk.wav", true[:16] + b"\xff\xff\xff\xff" + true[20:], *ANY)
    yield _file("no format.wav", true[:12] + true[36:], *NOT_AUDIO)
    yield _file("chunks.wav", true[:36] + b"LIST\0\0\0\0" * 50_000 + true[36:], *ANY)
    content = bytearray(_of("flac-pcm_16"))
    content[21:26] = bytes([content[21] | 0x0F, 0xFF, 0xFF, 0xFF, 0xFF])
    yield _file("endless.flac", bytes(content), DONE)
    content[18:21] = bytes(3)
    yield _file("no rate.flac", bytes(content), *ANY)


def _containers() -> Iterator[Hostile]:
    """Valid but unusual containers."""
    large = bytearray(_of("rf64-pcm_16"))
    yield _file("sizes.rf64", bytes(large), DONE)
    large[large.index(b"ds64") : large.index(b"ds64") + 4] = b"JUNK"
    yield _file("no sizes.rf64", bytes(large), *ANY)
    mp3 = _of("mp3-mpeg_layer_iii")
    yield _file("picture.mp3", id3_tag(12 << 20) + mp3, DONE)
    yield _file("endless tag.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + mp3, *ANY)
    yield _file("tags in tags.mp3", id3_tag(100) * 40 + mp3, *ANY)
    yield _file("wave.mp3", wav(), DONE)
    yield _file("mp3.wav", mp3, DONE)
    for title in ("ogg-vorbis", "opus-libopus"):
        link = _of(title, 1.0)
        yield _file(f"chained {title}", link * 3, UNSEEN)  # without a suffix it is ignored
        yield _file(f"chained {title}.ogg", link * 3, DONE)
        second = link.index(b"OggS", 1)
        yield _file(f"no second page {title}.ogg", link[:second] + link[second + 300 :], *ANY)
        yield _file(f"bad sums {title}.ogg", link.replace(b"OggS\0\0", b"OggS\0\1"), *ANY)
        yield _file(f"no end {title}.ogg", link[:-200] + link[:-200], *ANY)
        yield _file(f"pages only {title}.ogg", link[:second] * 200, *ANY)
    yield _file("film.mkv", film(), "no_audio")
    yield _file("film with sound.mkv", film(tones(1.0)), DONE)
    asf = _of("wma-wmav2")
    for size in (0, 23, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):  # size of the first object
        yield _file(f"object {size}.wma", asf[:16] + struct.pack("<Q", size) + asf[24:], *ANY)
    yield _file("element.mka", _of("mka-flac")[:4] + b"\x01\xff\xff\xff\xff\xff\xff\xfe" + bytes(999), *ANY)
    box = struct.pack(">I4sI", 0, b"ftyp", 0)
    yield _file("boxes.m4a", struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + b"\0\0\0\x08moov" * 20_000, *ANY)
    yield _file("endless box.m4a", box + b"\0\0\0\1moov\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(5000), *ANY)


def _links_and_kinds() -> Iterator[Hostile]:
    """Links, folders and special files."""
    unseen = frozenset({UNSEEN})
    yield Hostile(b"pipe.wav", os.mkfifo, unseen)
    yield Hostile(b"folder.wav", os.mkdir, unseen)
    yield _file("folder.wav/song.wav", wav(seconds=1.1), DONE)
    yield Hostile(b"passwd.wav", _links_to(b"/etc/passwd"), unseen)
    yield Hostile(b"endless.wav", _links_to(b"/dev/zero"), unseen)
    yield Hostile(b"nowhere.wav", _links_to(b"nowhere"), unseen)
    yield Hostile(b"loop a.wav", _links_to(b"loop b.wav"), unseen)
    yield Hostile(b"loop b.wav", _links_to(b"loop a.wav"), unseen)
    yield Hostile(b"self.wav", _links_to(b"self.wav"), unseen)
    yield Hostile(b"up", _links_to(b".."), unseen)
    yield Hostile(b"here", _links_to(b"."), unseen)
    yield Hostile(b"to a song.wav", _links_to(b"folder.wav/song.wav"), frozenset({DONE}))
    private = frozenset({DONE} if os.access("/root", os.R_OK) else {"unreadable"})  # root can read everything
    yield Hostile(b"private.wav", _private, private)


def _links_to(target: bytes) -> Callable[[bytes], object]:
    return lambda path: Path(os.fsdecode(path)).symlink_to(os.fsdecode(target))


def _private(path: bytes) -> None:
    _writes(wav(seconds=1.2))(path)
    os.chmod(path, 0)  # noqa: PTH101 - bytes


def _names() -> Iterator[Hostile]:
    """Difficult file names; the audio is valid and different in each."""
    hidden = [".hidden.wav", ".wav", "._apple.wav"]
    names: list[str | bytes] = [
        "new\nline.wav", "return\r.wav", "tab\t.wav", "bell\a.wav", "\x1b[31mred.wav", "🎵 émoji.wav", "\u202er.wav",
        "-i.wav", "--help.wav", "concat:a|b.wav", "file:c.wav", "http:d.wav", "%s%n%x.wav", "';DROP TABLE f;--.wav",
        '"><script>alert(1)<.wav', " .wav", "a  .WAV", "*.wav", "$(id).wav", "e\u0301.wav", "\u00e9.wav", "b\\s.wav",
        b"\xff\xfe\xe9.wav", b"\xed\xa0\x80.wav", b"n" * 251 + b".wav", "ü" * 125 + "e.wav", "a.wav.25d.wav", "CON.wav",
        "...wav",
    ]  # fmt: skip
    for number, name in enumerate(names):
        yield _file(name, wav(seconds=0.6 + number / 100), DONE)
    for name in hidden:
        yield _file(name, wav(), UNSEEN)
    yield _file(b"/".join([b"d" * 200] * 6) + b"/deep.wav", wav(seconds=0.95), DONE)


def _cut_short() -> Iterator[Hostile]:
    """Every format, truncated at many points."""
    for number, recipe in enumerate(RECIPES):
        content = _content(recipe, tones(1.0 + number / 1000, recipe.channels, recipe.rate))
        for share in (0.001, 0.02, 0.3, 0.7, 0.97):
            cut = content[: max(1, round(share * len(content)))]
            yield _file(f"cut/{recipe.title} {share}.{recipe.suffix}", cut, *ANY)
