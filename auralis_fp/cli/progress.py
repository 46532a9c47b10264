"""Progress bars, on terminals only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


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
    from rich.markup import escape  # noqa: PLC0415
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

        def advance(name: str) -> None:
            shown = Path(name).name.encode("utf-8", "replace").decode()
            bar.update(task, advance=1, description=f"{title} {escape(shown[:40])}")

        yield advance
