"""``search``: the files of the database that match words, fields and ranges."""

import argparse
import sys
from typing import Any, Final

from ..runtime.serialization import path_text, to_json
from ..settings import Settings
from ..store.database import open_database
from ..store.filters import FileQuery
from ..store.queries import Queries
from ..store.records import FileRecord
from ..store.tags import StoredTags, TagStore
from .output import print_table

_COLUMNS: Final = ("title", "artist", "album", "year", "file")
_SCANNED: Final = "This SQLite has no FTS5: the search read all text."


async def search(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the files that match a search, with their tags, in the order of their paths.

    A table on a terminal, tab-separated lines elsewhere, or JSON lines.

    Parameters
    ----------
    settings : Settings
    arguments : argparse.Namespace
        Those of the command.

    Returns
    -------
    int
        Exit code: 0, or 1 if nothing matches.

    Raises
    ------
    RequestError
        The text is not a search.
    """
    async with open_database(settings.database, read_only=True) as database:
        queries, wanted = Queries(database), FileQuery(query=" ".join(arguments.words), limit=arguments.limit)
        page = await queries.files(wanted)
        tags = await TagStore(database).of_files([record.id for record in page.items])
        total = await queries.number(wanted) if page.total is None else page.total
        indexed = (await queries.index_state()).usable
    found = [_match(record, tags.get(record.id)) for record in page.items]
    if arguments.json:
        for one in found:
            print(to_json(one))
    elif found:
        rows = [tuple(str(one[name] or "") for name in (*_COLUMNS[:-1], "path")) for one in found]
        print_table(f"{total} matches", _COLUMNS, rows)
    if len(found) < total:
        print(f"The first {len(found)} of {total} matches; --limit shows more.", file=sys.stderr)
    if not found:
        print("No matches.", file=sys.stderr)
    if not indexed:
        print(_SCANNED, file=sys.stderr)
    return 0 if found else 1


def _match(record: FileRecord, stored: StoredTags | None) -> dict[str, Any]:
    known = {} if stored is None else stored.tags.as_dict()
    return {"path": path_text(record.path), **{name: known.get(name) for name in _COLUMNS[:-1]}}
