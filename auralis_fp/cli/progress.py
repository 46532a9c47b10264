"""Progress bars, on terminals only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

NAME_COLUMNS = 40  # of a file's name at most


class ScanProgress(Protocol):
    """What a scan tells about itself as it goes."""

    def name(self, path: str) -> None:
        """Tell which file was finished last."""

    def counts(self, finished: int, total: int, eta_sec: float | None) -> None:
        """Tell how far the scan is, and the seconds left if they are known."""


class _Unseen:
    def name(self, path: str) -> None:
        """Tell nobody."""

    def counts(self, finished: int, total: int, eta_sec: float | None) -> None:
        """Tell nobody."""


@contextmanager
def file_progress(title: str, total: int | None, *, visible: bool = True) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error while files are worked on, if that is a terminal.

    Parameters
    ----------
    title : str
        What is being done.
    total : int or None
        How many files; None while unknown.
    visible : bool
        False for no bar at all, as when the results themselves go to the same terminal.

    Yields
    ------
    callable
        To be called with the name of each finished file.
    """
    if not (visible and sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only needed on a terminal
    from rich.progress import (  # noqa: PLC0415
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
    """Show a bar for a scan, whose end moves while folders are still being looked through; on a terminal only."""
    if not sys.stderr.isatty():
        yield _Unseen()
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only needed on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

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
    """Return the name of a file as a bar shows it: short, printable, no markup."""
    from rich.markup import escape  # noqa: PLC0415 - as above

    shown = Path(path).name.encode("utf-8", "replace").decode()[:NAME_COLUMNS]
    return escape("".join(char if char.isprintable() else "?" for char in shown))
