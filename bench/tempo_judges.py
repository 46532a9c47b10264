"""Music of known tempo that no part of the tempo estimate was trained on: recordings, modules, songs, scores."""

import ctypes
import os
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from . import tempo_scores
from .tempo_render import Clip, play

_RATE: Final = 44_100
_SECONDS: Final = 30
_LONGEST_MODULE_SEC: Final = 60
_BANDS: Final = Path("/usr/share/games/fretsonfire/data/songs")  # Debian: fretsonfire-songs-muldjord, -sectoid
_MODULES: Final = (  # Debian: tecnoballz-data, pingus-data, bb
    Path("/usr/share/games/tecnoballz/musics"),
    Path("/usr/share/games/pingus/data/music"),
    Path("/usr/share/bb"),
)
_DRUM_MACHINE: Final = Path("/usr/share/hydrogen/data/demo_songs")  # Debian: hydrogen, hydrogen-data
_STEADY: Final = 0.01  # relative
_SLOWEST, _FASTEST = 40.0, 250.0
_JITTER_SEC: Final = 0.012
_BEAT_SEC: Final = 0.5  # in which the jitter is measured; scores are near 120 BPM
_DRIFT_BEATS: Final = 24
_OTHER_FONT: Final = Path("/usr/share/sounds/sf3/MuseScore_General.sf3")  # Debian: musescore-general-soundfont
_BLOCK: Final = 4410  # samples of a module between two readings of its tempo
Samples = NDArray[np.float32]


def clips(folder: Path) -> Iterator[Clip]:
    """Write the missing clips to *folder* and yield all of them."""
    yield from _bands(folder)
    yield from _modules(folder)
    yield from _drum_machine_songs(folder)
    yield from _scores(folder)


def _bands(folder: Path) -> Iterator[Clip]:
    """Yield two clips of each recorded song; the tempo is that of the game's note track."""
    for notes in sorted(_BANDS.glob("*/*/notes.mid")):
        tempi = [mido.tempo2bpm(message.tempo) for message in mido.MidiFile(notes) if message.type == "set_tempo"]
        if max(tempi) / min(tempi) > 1 + _STEADY:
            continue
        for part, share in enumerate((0.25, 0.6)):
            path = folder / f"band-{_stem(notes.parent.name)}-{part}.wav"
            if not path.exists():
                mix = _mixed(notes.parent)
                first = int(share * len(mix))
                _store(path, mix[first : first + _SECONDS * _RATE])
            yield Clip(notes.parent.name, "band recording", float(np.mean(tempi)), path)


def _mixed(song: Path) -> Samples:
    tracks = [soundfile.read(song / name, dtype="float32", always_2d=True)[0] for name in ("song.ogg", "guitar.ogg")]
    count = min(len(track) for track in tracks)
    return np.asarray(tracks[0][:count] + tracks[1][:count], dtype=np.float32)


def _modules(folder: Path) -> Iterator[Clip]:
    """Yield a clip of each tracker module whose tempo, ticks and rows per beat stay the same."""
    sources = (path for each in _MODULES for path in sorted(each.glob("*")))
    for source in (path for path in sources if path.suffix in {".mod", ".s3m", ".xm", ".it"}):
        path = folder / f"module-{_stem(source.name)}.wav"
        noted = path.with_suffix(".bpm")
        if not noted.exists():
            samples, tempi = _play_module(source.read_bytes())
            first = min(20, len(samples) // _RATE // 3)
            inside = tempi[first * 10 : (first + _SECONDS) * 10]
            steady = len(inside) > 100 and np.ptp(inside) <= _STEADY * np.median(inside)
            noted.write_text(str(np.median(inside) if steady else 0.0))
            _store(path, samples[first * _RATE : (first + _SECONDS) * _RATE])
        bpm = float(noted.read_text())
        if _SLOWEST <= bpm <= _FASTEST:
            yield Clip(source.name, "tracker module", bpm, path)


def _play_module(data: bytes) -> tuple[Samples, NDArray[np.float64]]:
    """Return samples, shape (samples, 2), and the tempo that libopenmpt derives from the module every 0.1 s."""
    library = ctypes.CDLL("libopenmpt.so.0")
    library.openmpt_module_create_from_memory2.restype = ctypes.c_void_p
    library.openmpt_module_get_current_estimated_bpm.restype = ctypes.c_double
    library.openmpt_module_read_interleaved_float_stereo.restype = ctypes.c_size_t
    module = ctypes.c_void_p(library.openmpt_module_create_from_memory2(data, ctypes.c_size_t(len(data)), *[None] * 7))
    buffer = (ctypes.c_float * (2 * _BLOCK))()
    blocks: list[Samples] = [np.zeros((0, 2), dtype=np.float32)]
    tempi = []
    for _ in range(_LONGEST_MODULE_SEC * _RATE // _BLOCK):
        count = library.openmpt_module_read_interleaved_float_stereo(
            module, ctypes.c_int32(_RATE), ctypes.c_size_t(_BLOCK), buffer
        )
        if not count:
            break
        blocks.append(np.ctypeslib.as_array(buffer)[: 2 * count].reshape(-1, 2).copy())
        tempi.append(library.openmpt_module_get_current_estimated_bpm(module))
    library.openmpt_module_destroy(module)
    return np.concatenate(blocks), np.array(tempi)


def _drum_machine_songs(folder: Path) -> Iterator[Clip]:
    """Yield the demo songs of the drum machine Hydrogen."""
    for song in sorted(_DRUM_MACHINE.glob("*.h2song")):
        written = re.search(r"<bpm>([\d.]+)", song.read_text(encoding="utf-8", errors="replace"))
        path = folder / f"drum-machine-{_stem(song.stem)}.wav"
        if not path.exists():
            with tempfile.TemporaryDirectory() as home:
                wave = Path(home) / "song.wav"
                subprocess.run(
                    ["h2cli", "-d", "null", "-s", str(song), "-o", str(wave), "-r", str(_RATE)],
                    check=True, capture_output=True, timeout=300,
                    env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": home},
                )  # fmt: skip
                samples, _ = soundfile.read(wave, dtype="float32", always_2d=True)
            _store(path, samples[: _SECONDS * _RATE])
        if written:
            yield Clip(song.stem, "drum machine song", float(written[1]), path)


def _scores(folder: Path) -> Iterator[Clip]:
    """Yield scores with a metronome mark as they are written, and every other one as if played, in other sounds."""
    written = (clip for clip in tempo_scores.clips(folder) if clip.kind.startswith("marked"))
    for index, clip in enumerate(each for each in written if each.path.stem.endswith("-1.0")):
        yield clip
        if index % 2 == 0:
            yield _as_played(clip)


def _as_played(clip: Clip) -> Clip:
    """Return a clip with notes 12 ms early or late and a tempo that drifts by 2 %, rendered with another sound font."""
    path = clip.path.with_name(f"played-{clip.path.name}")
    midi = path.with_suffix(".mid")
    if not midi.exists():
        _loosen(clip.path.with_suffix(".mid"), midi)
    if not path.exists():
        play(path, _OTHER_FONT)
    return clip._replace(kind=f"played {clip.kind}", path=path)


def _loosen(source: Path, target: Path) -> None:
    random = np.random.default_rng(zlib.crc32(source.name.encode()))
    song = mido.MidiFile(source)
    drift, now, events = random.uniform(0, 2 * np.pi), 0.0, []
    for message in mido.merge_tracks(song.tracks):
        now += message.time / song.ticks_per_beat
        moved = now + 0.02 * _DRIFT_BEATS / (2 * np.pi) * np.sin(2 * np.pi * now / _DRIFT_BEATS + drift)
        if message.type == "note_on":
            moved += random.normal(0, _JITTER_SEC) / _BEAT_SEC
        events.append((max(0.0, moved + 0.5), message))
    track, last = mido.MidiTrack(), 0
    for beat, message in sorted(events, key=lambda event: event[0]):
        tick = round(beat * song.ticks_per_beat)
        track.append(message.copy(time=tick - last))
        last = tick
    mido.MidiFile(tracks=[track], ticks_per_beat=song.ticks_per_beat).save(target)


def _store(path: Path, samples: Samples) -> None:
    loudest = float(np.abs(samples).max(initial=1e-9))
    unfinished = path.with_suffix(".part.wav")
    soundfile.write(unfinished, 0.7 / loudest * samples, _RATE)
    unfinished.replace(path)


def _stem(name: str) -> str:
    return re.sub(r"\W+", "_", name)
