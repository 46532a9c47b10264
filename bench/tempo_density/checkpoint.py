"""Keep the state of a training in a file, so that it goes on where it was interrupted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def save(path: Path, step: int, plan: str, arrays: Sequence[ArrayLike]) -> None:
    """Write the state after a step; *plan* says what is trained on.

    Parameters
    ----------
    path : Path
    step : int
    plan : str
    arrays : sequence of array_like
    """
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        named: dict[str, Any] = {f"array{index}": np.asarray(each) for index, each in enumerate(arrays)}
        np.savez(stream, step=step, plan=plan, **named)
    part.replace(path)


def load(path: Path, plan: str) -> tuple[int, list[NDArray[np.generic]]] | None:
    """Return the step and the arrays, or None if there is no state of the same plan.

    Parameters
    ----------
    path : Path
    plan : str
    """
    if not path.exists():
        return None
    with np.load(path) as stored:
        if str(stored["plan"]) != plan:
            return None
        return int(stored["step"]), [stored[f"array{index}"] for index in range(len(stored.files) - 2)]
