"""The command line parser; options for settings use the help texts of the settings."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

from .._version import __version__
from ..errors import SettingsError
from ..runtime.kernels import kernels_in_use
from ..settings import Settings, Sidecars
from .cluster_arguments import add_manifest, add_mounts
from .completion import SHELLS
from .output import TableFormat

AddCommand = Callable[[str, str], argparse.ArgumentParser]

HOST_PORT: Final = 8765  # of the player's backend; its frontend expects it there
_HELP: Final = {spec.name: spec.metadata["help"] for spec in fields(Settings)}
_OPTIONS: Final = {
    "data_dir": (str, "DIR"), "workers": (int, "N"), "sidecars": (str, "WHERE"), "cluster": (str, "ADDRESS"),
    "memory_limit_mb": (int, "MIB"),
}  # fmt: skip


def add_settings(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add options for settings; None if not given, so that the next source applies.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    *names : str
        Names of settings.
    """
    for name in names:
        if name == "libraries":
            parser.add_argument(
                "--library", dest="libraries", metavar="DIR", action="append", help="music folder; can be repeated"
            )
            continue
        kind, metavar = _OPTIONS[name]
        choices = get_args(Sidecars) if name == "sidecars" else None
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, type=kind, metavar=metavar, choices=choices, help=_HELP[name])


def add_names(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name files."""
    parser.add_argument(
        "files", nargs="*", metavar="PATH", help="audio file, folder, playlist, or - for standard input"
    )
    parser.add_argument(
        "-T",
        "--files-from",
        metavar="FILE",
        action="append",
        default=[],
        help="read names from FILE, one per line; can be repeated",
    )
    parser.add_argument("-0", "--null", action="store_true", help="names in lists end with NUL, as of find -print0")


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name files to analyse, and the output format."""
    add_names(parser)
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", dest="output", action="store_const", const="json", help="print JSON lines")
    output.add_argument("--table", dest="output", action="store_const", const="table", help="print a table")


def port_number(text: str) -> int:
    """Parse a port number; 0 selects a free port."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and 65535")
    return port


def track_count(text: str) -> int:
    """Parse a number of tracks."""
    count = int(text)
    if not 1 <= count <= 1000:
        raise argparse.ArgumentTypeError(f"{count} is not between 1 and 1000")
    return count


class _Version(argparse.Action):
    """Print the version, and the kernels that the environment chooses."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        try:
            kernels = kernels_in_use()
        except SettingsError as error:
            parser.error(str(error))
        print(f"{parser.prog} {__version__} (kernels: {kernels})")
        parser.exit()


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add ``--version``."""
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and the kernels in use, and exit")


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Add ``--verbose``."""
    parser.add_argument("-v", "--verbose", action="store_true", help="write debug messages to standard error")


def add_rebuild(parser: argparse.ArgumentParser) -> None:
    """Add ``--rebuild``."""
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="move the database aside and rebuild it from the .25d files; files without one are analysed again",
    )


def add_socket(parser: argparse.ArgumentParser) -> None:
    """Add ``--socket``."""
    parser.add_argument("--socket", type=Path, metavar="PATH", help="listen on this Unix socket instead of a port")


def add_launch(parser: argparse.ArgumentParser) -> None:
    """Add the options of the launcher, except ``--verbose``."""
    parser.add_argument("--dev", action="store_true", help="accept requests from the frontend's development server")
    parser.add_argument("--port", type=port_number, default=HOST_PORT, help="port (default %(default)s; 0: any)")
    add_socket(parser)
    parser.add_argument("--no-browser", action="store_true", help="do not open the status page")
    parser.add_argument(
        "--auralis", type=Path, metavar="DIR", help="start the backend of this Auralis checkout with the plugin"
    )
    add_settings(parser, "libraries", "data_dir", "workers", "sidecars", "cluster")
    add_rebuild(parser)


def settings_given(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments that are settings."""
    names = {spec.name for spec in fields(Settings)}
    return {name: value for name, value in vars(arguments).items() if name in names}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``auralis-fp``."""
    parser = argparse.ArgumentParser(
        prog="auralis-fp",
        description="Compute 25-number audio fingerprints: analyse files, scan folders, serve the results.",
        epilog="Settings are also read from AURALIS_FP_* variables and from auralis-fp.toml in the working directory."
        " Exit codes: 0 success, 1 failures, 2 usage error, 128 plus the signal number when interrupted (Ctrl-C: 130).",
    )
    add_version(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add_verbosity(sub)
        return sub

    _add_analysis(command)
    _add_listings(command)
    _add_search(command)
    _add_similarity(command)
    _add_cluster(command)
    _add_tools(command)
    return parser


def _add_analysis(command: AddCommand) -> None:
    add_launch(command("launch", "start the Auralis web host with the plugin"))

    analyze = command("analyze", "print the fingerprints of files without storing them")
    add_inputs(analyze)
    add_settings(analyze, "workers", "cluster")
    add_manifest(analyze)

    chromaprint = command("chromaprint", "print the Chromaprint values of files, as AcoustID takes them; needs fpcalc")
    add_names(chromaprint)
    chromaprint.add_argument("--json", action="store_true", help="print JSON lines")
    add_settings(chromaprint, "workers")

    scan = command("scan", "fingerprint all files under folders; can be interrupted and resumed")
    scan.add_argument("libraries", nargs="+", metavar="DIR", help="music folders")
    add_settings(scan, "data_dir", "workers", "sidecars", "cluster")
    add_mounts(scan, "name of a music folder in a cluster; can be repeated")
    add_rebuild(scan)

    server = command("serve", "serve the HTTP API on the loopback interface")
    server.add_argument("--port", type=port_number, default=8766, help="port to listen on (default %(default)s)")
    add_socket(server)
    add_settings(server, "libraries", "data_dir", "workers", "sidecars", "cluster")
    add_rebuild(server)


def _add_listings(command: AddCommand) -> None:
    status = command("status", "show the number of files by state")
    status.add_argument("--json", action="store_true", help="print JSON")
    add_settings(status, "data_dir")

    folders = command("folders", "list the music folders with what was left out and why")
    folders.add_argument("--json", action="store_true", help="print JSON lines")
    add_settings(folders, "data_dir")

    failures = command("failures", "list failed files with the reason")
    failures.add_argument("--json", action="store_true", help="print JSON lines")
    add_settings(failures, "data_dir")


def _add_search(command: AddCommand) -> None:
    search = command("search", "list files by title, artist, album, genre or path")
    search.add_argument(
        "words",
        nargs="+",
        metavar="WORD",
        help="text to find; also artist:NAME, album:NAME, year:1990..1999, tempo:120..130",
    )
    search.add_argument("--limit", type=track_count, default=100, metavar="N", help="files (default %(default)s)")
    search.add_argument("--json", action="store_true", help="print JSON lines")
    add_settings(search, "data_dir")


def _add_similarity(command: AddCommand) -> None:
    similar = command("similar", "list the tracks that sound like a file")
    similar.add_argument("file", metavar="FILE", help="a file that has been scanned")
    similar.add_argument("--limit", type=track_count, default=20, metavar="N", help="tracks (default %(default)s)")
    similar.add_argument("--json", action="store_true", help="print JSON lines")
    add_settings(similar, "data_dir")

    playlist = command("playlist", "write a playlist of tracks that sound like files, as M3U8")
    playlist.add_argument("files", nargs="+", metavar="FILE", help="files that have been scanned")
    length = playlist.add_mutually_exclusive_group()
    length.add_argument("--tracks", type=track_count, metavar="N", help="length in tracks (default 20; of a path 10)")
    length.add_argument("--minutes", type=float, metavar="M", help="length in minutes")
    kind = playlist.add_mutually_exclusive_group()
    kind.add_argument("--to", metavar="FILE", help="lead from the one given file to this one")
    kind.add_argument("--sort", action="store_true", help="only order the given files for small steps")
    playlist.add_argument("--number", type=int, default=0, metavar="N", help="choose another list (default 0)")
    playlist.add_argument("--curve", choices=("flat", "rise", "fall", "arc"), help="energy over the list")
    playlist.add_argument("--relative-to", metavar="DIR", help="write paths relative to this folder")
    playlist.add_argument("--json", action="store_true", help="print JSON instead of M3U8")
    add_settings(playlist, "data_dir")

    duplicates = command("duplicates", "list files with the same recording, a group a paragraph")
    duplicates.add_argument("--json", action="store_true", help="print JSON lines")
    add_settings(duplicates, "data_dir")


def _add_cluster(command: AddCommand) -> None:
    worker = command("worker", "analyse files for the services of a Dask scheduler")
    worker.add_argument("scheduler", metavar="ADDRESS", help="address of the scheduler, such as tcp://host:8786")
    add_mounts(worker, "where a music folder lies on this machine; can be repeated")
    worker.add_argument("--slots", dest="workers", type=int, metavar="N", help=_HELP["workers"])
    worker.add_argument("--name", metavar="NAME", help="name of this machine (default: its host name)")
    add_settings(worker, "memory_limit_mb")

    cluster = command("cluster", "list the machines of a cluster, what they do, and why some are refused")
    cluster.add_argument("scheduler", nargs="?", metavar="ADDRESS", help=_HELP["cluster"])
    cluster.add_argument("--json", action="store_true", help="print JSON lines")


def _add_tools(command: AddCommand) -> None:
    export = command("export", "write all results as JSON lines, CSV or Parquet")
    export.add_argument(
        "--format", choices=get_args(TableFormat), default="ndjson", help="format (default %(default)s)"
    )
    export.add_argument("file", nargs="?", default="-", metavar="FILE", help="output file (default: standard output)")
    add_settings(export, "data_dir")

    imported = command("import", "read results written by export")
    imported.add_argument("file", nargs="?", default="-", metavar="FILE", help="input file (default: standard input)")
    add_settings(imported, "data_dir")

    prune = command("prune", "show the results of files that are gone for long, or delete them")
    prune.add_argument("--yes", action="store_true", help="delete what is shown")
    add_settings(prune, "data_dir")

    completion = command("completion", "print a completion script for a shell")
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
