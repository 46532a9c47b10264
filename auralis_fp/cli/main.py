"""Dispatch to the commands; errors become one sentence and an exit code."""

import argparse
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from ..settings import Settings, load_server_settings, load_settings
from .arguments import build_parser, settings_given
from .cluster_arguments import check_inputs
from .completion import SHELLS
from .running import rebuild, report_errors, run_command, set_up_logging


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
    return report_errors("auralis-fp", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command == "analyze":
        check_inputs(parser, arguments)
    if arguments.command == "chromaprint" and not (arguments.files or arguments.files_from):
        parser.error("chromaprint: give at least one file, folder or list")
    if arguments.command == "completion":
        sys.stdout.write(SHELLS[arguments.shell](parser))
        return 0
    if arguments.command == "launch":
        from .launch import start

        return start("auralis-fp launch", arguments)
    set_up_logging(verbose=arguments.verbose)
    return run_command("auralis-fp", lambda: _dispatch(arguments))


async def _dispatch(arguments: argparse.Namespace) -> int:
    load = load_server_settings if arguments.command == "serve" else load_settings
    settings = load(settings_given(arguments))
    if getattr(arguments, "rebuild", False):
        await rebuild(settings)
    match arguments.command:  # each command imports only what it needs: `analyze` no database, `status` no web server
        case "analyze":
            return await _analyze(settings, arguments)
        case "chromaprint" | "scan" | "serve" | "worker" | "cluster" as name:
            return await _working_command(name)(settings, arguments)
        case "status" | "folders" | "failures" as name:
            from . import inspect

            show = {"status": inspect.status, "folders": inspect.folders, "failures": inspect.failures}[name]
            return await show(settings, as_json=arguments.json)
        case "search" | "similar" | "playlist" | "duplicates" | "prune" as name:
            return await _library_command(name)(settings, arguments)
        case _:
            from . import transfer

            if arguments.command == "export":
                return await transfer.export_results(settings, arguments.file, arguments.format)
            return await transfer.import_file(settings, arguments.file)


async def _analyze(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.manifest is None:
        from .analyze import analyze
        from .inputs import Inputs

        inputs = Inputs(names=arguments.files, lists=arguments.files_from, null=arguments.null)
        return await analyze(inputs, settings, arguments.output)
    from .manifest import analyze_manifest

    lines, null = arguments.part_lines, arguments.null
    return await analyze_manifest(settings, arguments.manifest, arguments.output_folder, part_lines=lines, null=null)


def _working_command(name: str) -> Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]:
    """Return one of the commands that analyse files, or that show who does."""
    if name == "chromaprint":
        from .chromaprint import chromaprint

        return chromaprint
    if name == "scan":
        from .scan import scan

        return lambda settings, _: scan(settings)
    if name == "serve":
        from .serve import serve_alone

        return lambda settings, arguments: serve_alone(settings, arguments.socket or arguments.port)
    if name == "cluster":
        from .cluster import cluster

        return lambda settings, arguments: cluster(settings, arguments.scheduler, as_json=arguments.json)
    from .worker import work

    return lambda settings, arguments: work(settings, arguments.scheduler, arguments.name)


def _library_command(name: str) -> Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]:
    """Return one of the commands that work with the analysed library."""
    if name == "search":
        from .search import search

        return search
    if name == "prune":
        from .prune import prune

        return prune
    if name == "similar":
        from .similar import similar

        return similar
    if name == "duplicates":
        from .duplicates import duplicates

        return duplicates
    from .playlist import playlist

    return playlist
