"""Results of measurements over time: one JSON file for each commit and machine, and a plot."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from auralis_fp.runtime.kernels import kernels_in_use

from . import machine
from .page import DOCS
from .plot import line

FOLDER: Final = Path(__file__).parent / "history"
PLOT: Final = DOCS / "images" / "speed-history.svg"
Values = Mapping[str, Any]


def store(part: str, values: Values, folder: Path = FOLDER) -> Path:
    """Add the values of a part to the file of this commit and machine.

    Parameters
    ----------
    part : str
        Name of the measurement.
    values : mapping
        Its results.
    folder : Path, optional

    Returns
    -------
    Path
        The file.
    """
    commit, date = _git("%h"), _git("%cI")
    path = folder / f"{commit}-{machine.label()}.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    described = {
        "commit": commit,
        "date": date,
        "machine": machine.description(),
        "kernels": kernels_in_use(),
        "parts": {**known.get("parts", {}), part: dict(values)},
    }
    folder.mkdir(exist_ok=True)
    path.write_text(json.dumps(described, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def runs(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return all stored runs, the oldest commit first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(found, key=lambda run: str(run["date"]))


def series(part: str, *keys: str, folder: Path = FOLDER) -> list[tuple[str, float]]:
    """Return commit and value of each run that has the value, on the machine and with the kernels of the latest one.

    Parameters
    ----------
    part : str
        Name of the measurement.
    *keys : str
        Path to the value in the results.
    folder : Path, optional
    """
    found: list[tuple[str, float]] = []
    known = runs(folder)
    for run in known:
        if any(run[name] != known[-1][name] for name in ("machine", "kernels")):
            continue
        value: Any = run["parts"].get(part)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int | float):
            found.append((str(run["commit"]), float(value)))
    return found


def plot(points: Sequence[tuple[str, float]], what: str, path: Path = PLOT) -> bool:
    """Draw a value over commits. Return False if there are fewer than two runs.

    Parameters
    ----------
    points : sequence of (str, float)
        Commit and value.
    what : str
        Label of the vertical axis.
    path : Path, optional
        The SVG file.
    """
    if len(points) < 2:
        return False
    places = [(float(place), value) for place, (_, value) in enumerate(points, start=1)]
    line(path, places, [commit for commit, _ in points], ("commit", what), logarithmic=False)
    return True


def _git(form: str) -> str:
    command = ["git", "log", "-1", f"--format={form}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
