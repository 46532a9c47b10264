"""From arguments to the command that does the work; errors become one sentence and an exit code."""

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
from .signals import ending

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``auralis-fp`` with these arguments.

    Returns
    -------
    int
        0 all good, 1 something failed, 2 wrong use.
    """
    arguments = build_parser().parse_args(argv)
    set_up_logging(verbose=arguments.verbose)
    return run_command("auralis-fp", lambda: _dispatch(arguments))


def run_command(program: str, command: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run *command* to its end, wording its errors for a person; a signal ends it in good order."""
    try:
        return asyncio.run(_until_told(command))
    except AuralisError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed goes nowhere
        return EXIT_FAILED


async def _until_told(command: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run *command*; a signal cancels it."""
    loop, running = asyncio.get_running_loop(), asyncio.ensure_future(command())
    try:
        with ending.leads_to(lambda: loop.call_soon_threadsafe(running.cancel)):
            return await running
    except asyncio.CancelledError:
        return ending.tell()
    finally:
        ending.conclude()


def set_up_logging(*, verbose: bool) -> None:
    """Log to standard error: warnings, or with *verbose* everything of ours."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("auralis_fp").setLevel(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:  # what keeps the service from starting is the command's own last word
        logging.getLogger("auralis_fp.engine.service").setLevel(logging.CRITICAL)


async def rebuild(settings: Settings) -> None:
    """Set the database aside, so that a new one is made from the sidecars, and say where it is kept."""
    kept = await asyncio.to_thread(set_aside, settings.database)
    if kept is not None:
        print(f"The database is kept as {kept}", file=sys.stderr)


async def _dispatch(arguments: argparse.Namespace) -> int:
    settings = load_settings(settings_given(arguments))
    if getattr(arguments, "rebuild", False):
        await rebuild(settings)
    match arguments.command:  # each command's imports are its own: `analyze` needs no database, `status` no web
        case "analyze":
            from .analyze import analyze  # noqa: PLC0415

            return await analyze(arguments.files, settings)
        case "scan":
            from .scan import scan  # noqa: PLC0415

            return await scan(settings)
        case "serve":
            from .serve import serve_alone  # noqa: PLC0415

            return await serve_alone(settings, arguments.port)
        case "status" | "failures":
            from . import inspect  # noqa: PLC0415

            show = inspect.status if arguments.command == "status" else inspect.failures
            return await show(settings, as_json=arguments.json)
        case _:
            from . import transfer  # noqa: PLC0415

            move = transfer.export_results if arguments.command == "export" else transfer.import_file
            return await move(settings, arguments.file)
