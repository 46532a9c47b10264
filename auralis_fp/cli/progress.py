"""Progress bars on terminals."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

NAME_COLUMNS = 40  # maximum width of a file name


class ScanProgress(Protocol):
    """Receives the progress of a scan."""

    def name(self, path: str) -> None:
        """Set the name of the last finished file."""

    def counts(self, finished: int, total: int, eta_sec: float | None) -> None:
        """Set the number of finished files, of all files, and the remaining seconds if known.

        Parameters
        ----------
        finished, total : int
            Numbers of files.
        eta_sec : float or None
            Remaining seconds, None if unknown.
        """


class _Hidden:
    def name(self, path: str) -> None:
        """Do nothing."""

    def counts(self, finished: int, total: int, eta_sec: float | None) -> None:
        """Do nothing."""


@contextmanager
def file_progress(title: str, total: int | None, *, visible: bool = True) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on standard error, if that is a terminal.

    Parameters
    ----------
    title : str
        Label of the bar.
    total : int or None
        Number of files; None if unknown.
    visible : bool
        False for no bar, as when results are printed to the same terminal.

    Yields
    ------
    callable
        Call it with the name of each finished file.
    """
    if not (visible and sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console  # slow to import, and only needed on a terminal
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda name: bar.update(task, advance=1, description=f"{title} {_short_name(name)}")


@contextmanager
def scan_progress() -> Iterator[ScanProgress]:
    """Show a progress bar for a scan on a terminal; the total may grow during the scan."""
    if not sys.stderr.isatty():
        yield _Hidden()
        return
    from rich.console import Console  # slow to import, and only needed on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Scanning", total=None, left="")

        class Bar:
            def name(self, path: str) -> None:
                bar.update(task, description=f"Scanning {_short_name(path)}")

            def counts(self, finished: int, total: int, eta_sec: float | None) -> None:
                left = "" if eta_sec is None else f"{int(eta_sec) // 60}:{int(eta_sec) % 60:02} left"
                bar.update(task, completed=finished, total=total, left=left)

        yield Bar()


def _short_name(path: str) -> str:
    """Return a file name for a bar: short, printable, without markup."""
    from rich.markup import escape

    shown = Path(path).name.encode("utf-8", "replace").decode()[:NAME_COLUMNS]
    return escape("".join(char if char.isprintable() else "?" for char in shown))
