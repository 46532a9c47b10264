"""The command line: what can be asked, with the settings' own help texts."""

import argparse
from dataclasses import fields
from typing import Any, Final

from .._version import __version__
from ..settings import Settings

_HELP: Final = {spec.name: spec.metadata["help"] for spec in fields(Settings)}


def add_settings(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add options that stand for settings; left out, they are None and the next source decides."""
    for name in names:
        if name == "libraries":
            parser.add_argument(
                "--library", dest="libraries", metavar="DIR", action="append", help="folder of music; may be repeated"
            )
            continue
        kind, metavar = {"data_dir": (str, "DIR"), "workers": (int, "N"), "sidecars": (str, "WHERE")}[name]
        parser.add_argument("--" + name.replace("_", "-"), type=kind, metavar=metavar, help=_HELP[name])


def port_number(text: str) -> int:
    """Read a port; 0 lets the system choose."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and 65535")
    return port


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Add ``--verbose``."""
    parser.add_argument("-v", "--verbose", action="store_true", help="log what goes on to standard error")


def add_rebuild(parser: argparse.ArgumentParser) -> None:
    """Add ``--rebuild``."""
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="set the database aside (it is kept) and make a new one from the .25d files; what has none is redone",
    )


def settings_given(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return those arguments that are settings."""
    names = {spec.name for spec in fields(Settings)}
    return {name: value for name, value in vars(arguments).items() if name in names}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``auralis-fp``."""
    parser = argparse.ArgumentParser(
        prog="auralis-fp",
        description="Describe how music sounds in 25 numbers: analyse files, scan folders, serve the results.",
        epilog="Settings can also come from AURALIS_FP_* variables or from auralis-fp.toml in the working folder."
        " Exit codes: 0 all good, 1 something failed, 2 wrong use, 128 and the signal's number when broken off"
        " (Ctrl-C: 130).",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add_verbosity(sub)
        return sub

    analyze = command("analyze", "print one JSON object a line for each file, nothing stored")
    analyze.add_argument("files", nargs="+", metavar="FILE", help="audio files")
    add_settings(analyze, "workers")

    scan = command("scan", "fingerprint everything under the folders into database and sidecars; interrupt any time")
    scan.add_argument("libraries", nargs="+", metavar="DIR", help="folders of music")
    add_settings(scan, "data_dir", "workers", "sidecars")
    add_rebuild(scan)

    server = command("serve", "answer fingerprint requests over HTTP on this machine only")
    server.add_argument("--port", type=port_number, default=8766, help="port to listen on (default %(default)s)")
    add_settings(server, "libraries", "data_dir", "workers", "sidecars")
    add_rebuild(server)

    status = command("status", "show what is in the database")
    status.add_argument("--json", action="store_true", help="as JSON")
    add_settings(status, "data_dir")

    failures = command("failures", "list the files that could not be used, and why")
    failures.add_argument("--json", action="store_true", help="one JSON object a line")
    add_settings(failures, "data_dir")

    export = command("export", "write all results as JSON, one a line")
    export.add_argument("file", nargs="?", default="-", metavar="FILE", help="where to (default: standard output)")
    add_settings(export, "data_dir")

    take_in = command("import", "read results that export wrote")
    take_in.add_argument("file", nargs="?", default="-", metavar="FILE", help="where from (default: standard input)")
    add_settings(take_in, "data_dir")
    return parser
