"""A file has one fingerprint, whichever interface computes it, in any order and company."""

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

NEAR = 1e-4  # matrix products round differently with other numbers of threads, and a median may move to the next frame


@pytest.fixture
def songs(library: Path) -> dict[Path, Fingerprint]:
    """Four different files, and their fingerprints computed one after the other in this process."""
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
def test_commands_agree_with_a_single_analysis(workers: str, songs: dict[Path, Fingerprint]) -> None:
    """With one worker and with several, in either order."""
    for order in (list(songs), list(songs)[::-1]):
        done = auralis("analyze", *order, "--workers", workers)
        for path, line in zip(order, done.stdout.splitlines(), strict=True):
            assert json.loads(line)["fingerprint"] == pytest.approx(songs[path], rel=NEAR, abs=1e-6)


async def test_the_service_agrees(plugin: Plugin, songs: dict[Path, Fingerprint]) -> None:
    """Requested over HTTP concurrently, found by the scan, and requested again."""
    for _ in range(2):
        answers = await asyncio.gather(*(plugin.ask(path, number) for number, path in enumerate(songs)))
        for answer, expected in zip(answers, songs.values(), strict=True):
            assert answer["fingerprint"] == pytest.approx(expected, rel=NEAR, abs=1e-6)


async def test_undefined_dimensions_are_listed_everywhere(plugin: Plugin, songs: dict[Path, Fingerprint]) -> None:
    """In the response and in the sidecar, as in the analysis."""
    for number, path in enumerate(songs):
        expected = list(fingerprint_file(os.fsencode(path)).metadata.undefined)
        answer = await plugin.ask(path, number)
        assert answer["metadata"]["undefined"] == expected
        sidecar = Path(f"{path}.25d")
        await eventually(sidecar.exists)
        assert json.loads(sidecar.read_text(encoding="utf-8"))["metadata"]["undefined"] == expected
    assert "tempo_bpm" in expected
