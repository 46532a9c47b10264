"""Options of commands that use a cluster."""

import argparse
from pathlib import Path


def add_mounts(parser: argparse.ArgumentParser, text: str) -> None:
    """Add ``--mount``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    text : str
        Its help.
    """
    parser.add_argument("--mount", dest="mounts", metavar="NAME=DIR", action="append", help=text)


def add_manifest(analyze: argparse.ArgumentParser) -> None:
    """Add the options of ``analyze --manifest``."""
    add_mounts(analyze, "a folder in which paths of the manifest lie, and its name in the cluster; can be repeated")
    analyze.add_argument(
        "--manifest", metavar="FILE", help="analyse the paths and addresses in FILE in a cluster, to parts in Parquet"
    )
    analyze.add_argument(
        "--output", dest="output_folder", type=Path, metavar="DIR", help="folder of the parts; a second run continues"
    )
    analyze.add_argument(
        "--part-lines", type=positive, default=1000, metavar="N", help="lines of a part (default %(default)s)"
    )


def positive(text: str) -> int:
    """Parse a number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def check_inputs(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """End with a usage error unless ``analyze`` is given files or a complete manifest.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    arguments : argparse.Namespace
    """
    if arguments.manifest is None:
        if not (arguments.files or arguments.files_from):
            parser.error("analyze: give at least one file, folder or list")
        if arguments.cluster or arguments.output_folder:
            parser.error("analyze: --cluster and --output need --manifest")
    elif arguments.files or arguments.files_from:
        parser.error("analyze: give either files or --manifest")
    elif not arguments.output_folder:
        parser.error("analyze: --manifest needs --output")
