"""The reference signal: what a machine computes for it shows whether its numerical libraries agree with others.

It is made of integers, so it is the same on every machine.
"""

import json
import wave
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .. import schema

VALUES: Final = Path(__file__).with_name("reference.json")
"""Written by ``make docs``."""
RATE: Final = 22_050
SECONDS: Final = 12
_BEAT: Final = RATE // 2
_STEPS: Final = (220, 262, 330, 392, 440, 330)  # hertz


def write_signal(path: Path) -> None:
    """Write the reference signal as a stereo WAV file of 16 bits: triangles, pulses and noise."""
    samples, noise = array("h"), 1
    for frame in range(RATE * SECONDS):
        noise = (noise * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        beat = frame % _BEAT
        step = _STEPS[frame // _BEAT % len(_STEPS)]
        tone = abs(frame * step * 4 // RATE * 4096 % 16_384 - 8192) - 4096 + (frame * step % RATE) * 4096 // RATE
        click = ((noise >> 16) % 16_384 - 8192) * max(0, 2000 - beat) // 2000
        samples.extend((tone + click, tone // 2 - click))
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def expected() -> dict[str, float]:
    """Return the values of the reference signal."""
    values: dict[str, float] = json.loads(VALUES.read_text(encoding="ascii"))
    return values


def deviation(found: Mapping[str, float]) -> float:
    """Return the largest difference from the reference, as a share of the range of the dimension.

    Parameters
    ----------
    found : mapping of str to float
        Values by dimension.
    """
    known = expected()
    return max(abs(found[each.name] - known[each.name]) / (each.high - each.low) for each in schema.DIMENSIONS)
