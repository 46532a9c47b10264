"""Files by their tags: artists, albums, genres and years, for filters of the similarity index."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from ..tags.clean import SEPARATOR
from ..tags.folding import fold
from ..tags.grouping import artist_id_of

Years = tuple[int | None, int | None]
_COLUMNS: Final = {"artist": "artist_id", "album": "album_id"}


def ids_tagged(
    connection: sqlite3.Connection,
    artists: Sequence[str] | None,
    albums: Sequence[str] | None,
    genres: Sequence[str] | None,
    years: Years,
) -> list[int]:
    """Return the ids of the files whose tags fit; a file without the tag fits nothing.

    Parameters
    ----------
    connection : sqlite3.Connection
    artists, albums : sequence of str or None
        Names, compared without case and accents, or ids; None for all.
    genres : sequence of str or None
        Names, one of which is among the genres of the file.
    years : tuple
        First and last year, None for no limit.
    """
    conditions, values = ["true"], list[Any]()
    if artists is not None:
        conditions.append("artist_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps([*artists, *map(artist_id_of, artists)]))
    if albums is not None:
        conditions.append("(album_id IN (SELECT value FROM json_each(?)) OR album IN (SELECT value FROM json_each(?)))")
        values += [json.dumps(list(albums)), json.dumps(_spellings(connection, "album", albums))]
    if genres is not None:
        conditions.append("genre IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(_spellings(connection, "genre", genres)))
    for limit, operator in zip(years, (">=", "<="), strict=True):
        if limit is not None:
            conditions.append(f"year {operator} ?")
            values.append(limit)
    return [row[0] for row in connection.execute(f"SELECT file_id FROM tags WHERE {' AND '.join(conditions)}", values)]


def ids_sharing(connection: sqlite3.Connection, kind: Literal["artist", "album"], file_ids: Iterable[int]) -> list[int]:
    """Return the ids of the files that have the artist or the album of any of some files.

    Parameters
    ----------
    connection : sqlite3.Connection
    kind : str
    file_ids : iterable of int
    """
    column = _COLUMNS[kind]
    rows = connection.execute(
        f"SELECT file_id FROM tags WHERE {column} IN"
        f" (SELECT {column} FROM tags WHERE file_id IN (SELECT value FROM json_each(?)))",
        (json.dumps(list(file_ids)),),
    )
    return [row[0] for row in rows]


def _spellings(connection: sqlite3.Connection, column: str, names: Sequence[str]) -> list[str]:
    """Return the values of a column that are one of the names, or list one of them."""
    wanted = {fold(name) for name in names}
    values = [row[0] for row in connection.execute(f"SELECT DISTINCT {column} FROM tags WHERE {column} IS NOT NULL")]
    return [one for one in values if wanted & {fold(one), *(fold(part) for part in one.split(SEPARATOR))}]
