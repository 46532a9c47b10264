"""Mix the training set, train the network and write its weights: ``python -m bench.tempo_density``.

This needs JAX, FluidSynth, MMA, the drum samples of LMMS, three sound fonts, and the MIDI files of three games;
docs/decisions/0003 names the Debian packages.
"""

import argparse
import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from auralis_fp.analysis.rhythm import tempo_network

from . import examples
from .train import Run, train

_WEIGHTS: Final = Path(tempo_network.__file__).with_name("tempo_network.npz")
_STEPS: Final = 8000
_QUICK_STEPS: Final = 300
_QUICK_SHARE: Final = 0.05


def main() -> None:
    """Train the network and write its weights."""
    arguments = _parser().parse_args()
    share = _QUICK_SHARE if arguments.quick else 1.0
    made = {
        source: examples.make(arguments.set, source, max(1, round(share * count)), arguments.processes)
        for source, count in examples.COUNTS.items()
        if source not in arguments.without
    }
    print("Examples:", *(f"{source} {len(found.bpm)}" for source, found in made.items()), flush=True)
    if arguments.mix_only:
        return
    steps = arguments.steps or (_QUICK_STEPS if arguments.quick else _STEPS)
    run = Run(steps, arguments.set / "state.npz", arguments.start, arguments.seed)
    weights: dict[str, Any] = dict(train(made, run))
    np.savez_compressed(arguments.output, **weights)
    print(f"wrote {arguments.output}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.tempo_density", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--set", type=Path, default=Path("tempo-density"), help="folder of the training set (default: %(default)s)")
    add("--output", type=Path, default=_WEIGHTS, help="default: the weights of the package")
    add("--without", nargs="*", default=[], choices=list(examples.COUNTS), help="sources to leave out")
    add("--steps", type=int, help=f"batches (default: {_STEPS})")
    add("--start", type=Path, help="weights to begin with (default: random)")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--processes", type=int, default=os.cpu_count(), help="clips mixed at once (default: processors)")
    add("--quick", action="store_true", help=f"{_QUICK_STEPS} batches of few examples, to try the command")
    add("--mix-only", action="store_true", help="mix what is missing and stop")
    return parser


if __name__ == "__main__":
    main()
