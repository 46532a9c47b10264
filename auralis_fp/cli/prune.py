"""``prune``: delete the results of files that have been gone for long."""

import argparse
import sys

from ..settings import Settings
from ..store import forgetting
from ..store.database import open_database


async def prune(settings: Settings, arguments: argparse.Namespace) -> int:
    """Show what would be deleted; delete it with ``--yes``.

    Parameters
    ----------
    settings : Settings
    arguments : argparse.Namespace

    Returns
    -------
    int
        Exit code, 0.
    """
    async with open_database(settings.database, read_only=not arguments.yes) as database:
        found = await forgetting.prunable(database)
        for path in found.examples:
            print(path.decode("ascii", "backslashreplace"))
        if found.files > len(found.examples):
            print(f"... and {found.files - len(found.examples)} more")
        results = f"{found.results} results" + (f" and {found.former} of replaced audio" if found.former else "")
        if arguments.yes:
            deleted = await forgetting.prune(database)
            print(f"{deleted} forgotten files deleted with {results}", file=sys.stderr)
        else:
            print(f"{found.files} forgotten files with {results} would be deleted; repeat with --yes", file=sys.stderr)
    return 0
