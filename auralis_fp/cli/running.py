"""What every command shares: exit codes, errors as one sentence, cancellation by signals, logging."""

import asyncio
import errno
import logging
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from ..errors import AuralisError, StorageError
from ..runtime.logging import RepeatFilter
from ..settings import Settings
from ..store.database import open_database
from ..store.integrity import restore_backup
from ..store.recovery import set_aside
from ..store.salvage import all_results
from ..store.transfer import import_results, results_where
from .output import discard
from .signals import interruption

EXIT_USAGE: Final = 2
_NOT_WRITTEN: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def run_command(program: str, command: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a command to its end; errors are printed as one sentence, and a signal cancels it.

    Parameters
    ----------
    program : str
        Name of the program in messages.
    command : callable
        Returns the coroutine that runs the command.

    Returns
    -------
    int
        Exit code.
    """
    return report_errors(program, lambda: asyncio.run(_until_interrupted(command)))


def report_errors(program: str, action: Callable[[], int]) -> int:
    """Return the exit code of *action*; print an error, or that the output cannot be written, as one sentence.

    Parameters
    ----------
    program : str
        Name of the program in messages.
    action : callable
        Returns an exit code; writes to standard output.
    """
    try:
        try:
            code = action()
        finally:  # also where the parser exits after --help or --version
            sys.stdout.flush()
    except AuralisError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:  # the reader of the output has closed the pipe
        discard(sys.stdout)
        return 0
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            raise
        discard(sys.stdout)
        print(f"{program}: the output cannot be written: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    return code


async def _until_interrupted(command: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run *command*; a signal cancels it."""
    loop, running = asyncio.get_running_loop(), asyncio.ensure_future(command())
    try:
        with interruption.calls(lambda: loop.call_soon_threadsafe(running.cancel)):
            return await running
    except asyncio.CancelledError:
        return interruption.report()
    finally:
        interruption.conclude()


def set_up_logging(*, verbose: bool) -> None:
    """Log warnings to standard error; with *verbose* also debug messages of this package.

    Handlers that others have installed stay as they are, and are used instead.
    """
    handler = logging.StreamHandler()
    handler.addFilter(RepeatFilter())
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING, handlers=[handler]
    )
    logging.getLogger("auralis_fp").setLevel(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:  # the command itself prints why the service did not start
        logging.getLogger("auralis_fp.engine.service").setLevel(logging.CRITICAL)


async def rebuild(settings: Settings) -> None:
    """Move the database aside, so that it is rebuilt from its backup and the sidecars, and print where it is kept."""
    kept = await asyncio.to_thread(set_aside, settings.database)
    if kept is not None:
        print(f"The database is kept as {kept}", file=sys.stderr)
        if await asyncio.to_thread(restore_backup, settings.database):
            print("Its latest backup is used; newer results come from the sidecars", file=sys.stderr)
        salvaged = await _salvage(kept, settings.database)
        if salvaged:
            print(f"{salvaged} further results were read from the damaged database", file=sys.stderr)


async def _salvage(damaged: Path, database: Path) -> int:
    """Copy the results that can be read in a damaged database, and are not known, to another; return their number."""
    salvaged = 0
    try:
        async with open_database(damaged, read_only=True) as source, open_database(database) as target:
            async for found in all_results(source, results_where, lambda _: None):
                salvaged += (await import_results(target, found)).stored
    except StorageError as error:
        print(f"Nothing more can be read from the damaged database: {error}", file=sys.stderr)
    return salvaged
