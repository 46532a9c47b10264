"""Let madmom estimate the tempo of rendered clips; run with a Python that has madmom, as it needs an old NumPy.

`python bench/madmom_peer.py CLIPS` adds the answers to the JSON files next to the clips, which `bench.tempo` reads.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Answer for each clip of the folder that has answers of other programs and none of madmom."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_answer, sorted(Path(sys.argv[1]).glob("*.wav"))))


def _answer(clip: Path) -> None:
    kept = clip.with_suffix(".json")
    said: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
    who, activation, decode = _madmom()
    if said and who not in said:
        moments = decode(activation(str(clip)))
        said[who] = float(60 / np.median(np.diff(moments))) if len(moments) > 2 else 0.0
        kept.write_text(json.dumps(said))


@cache
def _madmom() -> tuple[str, Any, Any]:
    """Return the name with its version, the network and the decoder of beats."""
    madmom: Any = import_module("madmom")
    beats: Any = import_module("madmom.features.beats")
    return f"madmom {madmom.__version__} RNN DBN", beats.RNNBeatProcessor(), beats.DBNBeatTrackingProcessor(fps=100)


if __name__ == "__main__":
    main()
