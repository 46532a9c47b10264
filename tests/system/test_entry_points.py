"""One file has one fingerprint, by whatever door, in whatever company and order it comes in."""

import asyncio
import json
import os
from pathlib import Path

import pytest
import soundfile

from auralis_fp.analysis.analyze_file import fingerprint_file
from commands import auralis
from hosting import Plugin, eventually
from rhythms import drum_loop
from signals import RATE, saw, signal, sine, white

Fingerprint = dict[str, float]


@pytest.fixture
def songs(library: Path) -> dict[Path, Fingerprint]:
    """Four different files, and their fingerprints found one after the other in this process."""
    sounds = {
        "drums": signal(0.3 * drum_loop(96, 8.0), 0.2 * drum_loop(96, 8.0)),
        "tone": signal(sine(440, 1.0)),
        "chords": signal(saw(110, 5.0, 0.1), saw(138.6, 5.0, 0.1)),
        "noise": signal(white(3.0, seed=3), white(3.0, seed=4)),
    }
    found = {}
    for name, sound in sounds.items():
        path = library / f"{name}.wav"
        soundfile.write(path, sound, RATE, subtype="PCM_16")
        found[path] = fingerprint_file(os.fsencode(path)).fingerprint
    return found


@pytest.mark.parametrize("workers", ["1", "3"])
def test_commands_say_what_a_single_analysis_says(workers: str, songs: dict[Path, Fingerprint]) -> None:
    """With one worker and with several, in this order and in that one."""
    for order in (list(songs), list(songs)[::-1]):
        done = auralis("analyze", *order, "--workers", workers)
        for path, line in zip(order, done.stdout.splitlines(), strict=True):
            assert json.loads(line)["fingerprint"] == pytest.approx(songs[path], rel=1e-5, abs=1e-6)


async def test_the_service_says_the_same(plugin: Plugin, songs: dict[Path, Fingerprint]) -> None:
    """Asked over HTTP for all at once, and found in the scan; a second time too."""
    for _ in range(2):
        answers = await asyncio.gather(*(plugin.ask(path, number) for number, path in enumerate(songs)))
        for answer, expected in zip(answers, songs.values(), strict=True):
            assert answer["fingerprint"] == pytest.approx(expected, rel=1e-5, abs=1e-6)


async def test_what_is_undefined_is_said_everywhere(plugin: Plugin, songs: dict[Path, Fingerprint]) -> None:
    """In the answer and in the sidecar, as the analysis says it."""
    for number, path in enumerate(songs):
        expected = list(fingerprint_file(os.fsencode(path)).metadata.undefined)
        answer = await plugin.ask(path, number)
        assert answer["metadata"]["undefined"] == expected
        sidecar = Path(f"{path}.25d")
        await eventually(sidecar.exists)
        assert json.loads(sidecar.read_text(encoding="utf-8"))["metadata"]["undefined"] == expected
    assert "tempo_bpm" in expected
