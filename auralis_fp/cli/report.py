"""How ``analyze`` prints outcomes: JSON lines for programs, tables for people."""

import shutil
import sys
from typing import Final, Protocol

from .. import schema
from ..models import Analysed, Rejected
from ..runtime.serialization import outcome_record, to_json
from .output import printable

COLUMNS: Final = ("lufs", "crest_db", "tempo_bpm", "spectral_centroid", "harmonic_ratio", "stereo_width")
MIN_NAME_COLUMNS: Final = 16
_NUMBER_COLUMNS: Final = 9
_WIDTH_IN_PIPE: Final = 120


class Report(Protocol):
    """Prints outcomes one by one."""

    def add(self, name: str, outcome: Analysed | Rejected) -> None:
        """Print the outcome of a file.

        Parameters
        ----------
        name : str
            As given on the command line.
        outcome : Analysed or Rejected
        """


class JsonLines:
    """One JSON object per file."""

    def add(self, name: str, outcome: Analysed | Rejected) -> None:
        """Print the record of a file."""
        print(to_json(outcome_record(name, outcome)), flush=True)


class Rows:
    """One line per file with duration and the dimensions in ``COLUMNS``."""

    def __init__(self) -> None:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_IN_PIPE
        self._name_columns = max(MIN_NAME_COLUMNS, width - (_NUMBER_COLUMNS + 1) * (1 + len(COLUMNS)))
        self._headed = False

    def add(self, name: str, outcome: Analysed | Rejected) -> None:
        """Print the line of a file, and the headings before the first."""
        if not self._headed:
            self._headed = True
            dimensions = [schema.BY_NAME[column] for column in COLUMNS]
            self._line("", ["", *(_heading(dimension.title) for dimension in dimensions)])
            self._line("file", ["duration", *(dimension.unit for dimension in dimensions)])
        if isinstance(outcome, Rejected):
            print(f"{self._fitted(name)} {outcome.code}: {printable(_last_line(outcome.reason))}", flush=True)
            return
        values = [_number(column, outcome.fingerprint[column]) for column in COLUMNS]
        self._line(name, [_duration(outcome.metadata.duration_sec), *values])

    def _line(self, name: str, cells: list[str]) -> None:
        print(self._fitted(name), *(cell[:_NUMBER_COLUMNS].rjust(_NUMBER_COLUMNS) for cell in cells), flush=True)

    def _fitted(self, name: str) -> str:
        """Return the end of a name, padded to the width of its column."""
        from rich.cells import cell_len, set_cell_size  # slow to import

        shown = printable(name)
        while cell_len(shown) > self._name_columns:
            shown = "…" + shown[2:]
        return set_cell_size(shown, self._name_columns)


class Details:
    """All dimensions of a file, with the typical range of music."""

    def add(self, name: str, outcome: Analysed | Rejected) -> None:
        """Print the table of a file."""
        print(printable(name))
        if isinstance(outcome, Rejected):
            print(f"  {outcome.code}: {printable(_last_line(outcome.reason))}", flush=True)
            return
        track = outcome.metadata
        print(f"  {_duration(track.duration_sec)}, {track.sample_rate} Hz, {track.channels} channels, {track.codec}")
        for dimension in schema.DIMENSIONS:
            low, high = (_number(dimension.name, value) for value in dimension.typical)
            value = _number(dimension.name, outcome.fingerprint[dimension.name])
            note = "undefined" if dimension.name in track.undefined else f"typical {low} to {high}"
            print(f"  {dimension.title:<24}{value:>10} {dimension.unit:<10}  {note}")
        if track.warnings:
            print(f"  warnings: {', '.join(track.warnings)}")
        sys.stdout.flush()


def _heading(title: str) -> str:
    """Return a title that fits a column."""
    short = title.removeprefix("Spectral ").removesuffix(" factor").removesuffix(" ratio").removesuffix(" width")
    return short[0].upper() + short[1:]


def _number(name: str, value: float) -> str:
    span = schema.BY_NAME[name].high - schema.BY_NAME[name].low
    return f"{value:.0f}" if span > 1000 else f"{value:.1f}" if span > 10 else f"{value:.3f}"


def _duration(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _last_line(reason: str) -> str:
    return reason.strip().splitlines()[-1] if reason.strip() else ""
