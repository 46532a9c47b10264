"""Render the training set, fit the networks, and write their weights: ``python -m bench.tempo_training``."""

import argparse
import os
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import corpus, fit
from .examples import Example, load

_VARIANTS: Final = {"song": 4, "drums": 24, "mma": 1, "tune": 1, "further drums": 12}
_USED: Final = ("song", "drums", "mma")  # for the weights of the package


def main() -> None:
    """Print the accuracy on what was held out, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m bench.tempo_training", description=__doc__)
    parser.add_argument(
        "--set", type=Path, default=Path("tempo-training"), help="folder of the training set (default %(default)s)"
    )
    parser.add_argument(
        "--sources", nargs="+", default=list(_USED), choices=list(_VARIANTS), help="default: %(default)s"
    )
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count(), help="clips rendered at once (default: processors)"
    )
    parser.add_argument("--render-only", action="store_true", help="render what is missing and stop")
    parser.add_argument("--rendered", action="store_true", help="fit with what has been rendered")
    arguments = parser.parse_args()
    variants = {source: _VARIANTS[source] for source in arguments.sources}
    paths = (
        sorted((arguments.set / "curves").glob("*.npz"))
        if arguments.rendered
        else corpus.prepare(arguments.set, variants, arguments.processes)
    )
    print(f"{len(paths)} clips")
    if arguments.render_only:
        return
    examples = load(paths)
    print("Examples:", *(f"{source} {count}" for source, count in Counter(each.source for each in examples).items()))
    found, scores = fit.cross_validate(examples)
    _print_accuracy("groups", found, scores)
    found, scores = fit.across_sources(examples)
    _print_accuracy("sources", found, scores)
    temperature = fit.temperature(found, scores)
    fit.save(fit.fit(examples), temperature)
    print(f"temperature {temperature:.2f}; wrote {fit.WEIGHTS}")


def _print_accuracy(left_out: str, found: list[Example], scores: list[NDArray[np.float64]]) -> None:
    for source in sorted({each.source for each in found}):
        some = [(each, score) for each, score in zip(found, scores, strict=True) if each.source == source]
        first, second = fit.accuracy([each for each, _ in some], [score for _, score in some])
        print(f"{source}, {left_out} held out: accuracy 1 {first:.3f}, accuracy 2 {second:.3f}")


if __name__ == "__main__":
    main()
