"""Dispatch to the commands; errors become one sentence and an exit code."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from ..errors import AuralisError
from ..settings import Settings, load_settings
from ..store.recovery import set_aside
from .arguments import build_parser, settings_given
from .completion import SHELLS
from .signals import interruption

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``auralis-fp``.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the arguments of the process.

    Returns
    -------
    int
        0 success, 1 failures, 2 usage error.
    """
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command == "analyze" and not (arguments.files or arguments.files_from):
        parser.error("analyze: give at least one file, folder or list")
    if arguments.command == "completion":
        sys.stdout.write(SHELLS[arguments.shell](parser))
        return 0
    if arguments.command == "launch":
        from .launch import start

        return start("auralis-fp launch", arguments)
    set_up_logging(verbose=arguments.verbose)
    return run_command("auralis-fp", lambda: _dispatch(arguments))


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
    try:
        return asyncio.run(_until_interrupted(command))
    except AuralisError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:  # the reader of the output has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # discards buffered output at exit
        return 0


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
    """Log warnings to standard error; with *verbose* also debug messages of this package."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("auralis_fp").setLevel(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:  # the command itself prints why the service did not start
        logging.getLogger("auralis_fp.engine.service").setLevel(logging.CRITICAL)


async def rebuild(settings: Settings) -> None:
    """Move the database aside, so that it is rebuilt from the sidecars, and print where it is kept."""
    kept = await asyncio.to_thread(set_aside, settings.database)
    if kept is not None:
        print(f"The database is kept as {kept}", file=sys.stderr)


async def _dispatch(arguments: argparse.Namespace) -> int:
    settings = load_settings(settings_given(arguments))
    if getattr(arguments, "rebuild", False):
        await rebuild(settings)
    match arguments.command:  # each command imports only what it needs: `analyze` no database, `status` no web server
        case "analyze":
            from .analyze import Inputs, analyze

            inputs = Inputs(names=arguments.files, lists=arguments.files_from, null=arguments.null)
            return await analyze(inputs, settings, arguments.output)
        case "scan":
            from .scan import scan

            return await scan(settings)
        case "serve":
            from .serve import serve_alone

            return await serve_alone(settings, arguments.port)
        case "status" | "folders" | "failures" as name:
            from . import inspect

            show = {"status": inspect.status, "folders": inspect.folders, "failures": inspect.failures}[name]
            return await show(settings, as_json=arguments.json)
        case "similar" | "playlist":
            from .playlist import playlist
            from .similar import similar

            command = similar if arguments.command == "similar" else playlist
            return await command(settings, arguments)
        case _:
            from . import transfer

            move = transfer.export_results if arguments.command == "export" else transfer.import_file
            return await move(settings, arguments.file)
