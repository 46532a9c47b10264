"""Filters of file listings, as SQL: states, folders, ids, albums, and searches."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from .. import schema
from ..files.paths import sort_range
from .fingerprints import duration
from .observations import below
from .records import STATES
from .search_index import IndexState
from .search_matches import Matches, matches
from .search_query import parse_search

PRESENT: Final = "f.missing_since IS NULL"
JOINED: Final = (
    "JOIN file_states s ON s.file_id = f.id LEFT JOIN fingerprints p ON p.file_id = f.id"
    " LEFT JOIN failures x ON x.file_id = f.id LEFT JOIN tags tg ON tg.file_id = f.id"
)
_FOLDER: Final = "rtrim(CAST(f.path AS TEXT), replace(CAST(f.path AS TEXT), '/', ''))"
SORTS: Final[dict[str, str]] = {
    "path": "f.path",
    "name": f"CAST(lower(substr(CAST(f.path AS TEXT), length({_FOLDER}) + 1)) AS BLOB)",
    "size": "f.size",
    "duration_sec": duration("p"),
    "analysed_at": "p.analysed_at",
    "failed_at": "x.failed_at",
    **{name: f"tg.{name}" for name in ("title", "artist", "album", "year")},
    "track": "CASE WHEN tg.file_id IS NOT NULL THEN coalesce(tg.disc, 1) * 100000 + coalesce(tg.track, 99999) END",
    **{name: f"p.{name}" for name in schema.NAMES},
}
SORT_NAMES: Final = tuple(SORTS)
DENSE: Final = 10_000  # matches beyond which walking the files in order is faster than sorting the matches
_LEFT: Final = ("pending", "outdated", "running", "failed")  # states with an index: of most libraries, few files


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuery:
    """Filter and order of a listing.

    Parameters
    ----------
    state : str, optional
        One of ``STATES``; None lists all files that are present.
    code : str, optional
        Code of a failure.
    query : str, optional
        A search, see ``search_query``.
    folder : bytes, optional
        Only files below this folder.
    path : bytes, optional
        Only the file at this path.
    ids : tuple of int, optional
        Only files with these ids.
    album, artist : str, optional
        Only files of this album or by this artist, by their ids.
    sort : str
        One of ``SORTS``; files without a value to sort by are left out.
    descending : bool
    after : str, optional
        Cursor: the ``next`` of the previous page.
    offset : int
        Number of files to skip, for lists that show any part at once.
    limit : int
        Most files per page.

    Raises
    ------
    RequestError
        400: *query* is not a search.
    """

    state: str | None = None
    code: str | None = None
    query: str | None = None
    folder: bytes | None = None
    path: bytes | None = None
    ids: tuple[int, ...] | None = None
    album: str | None = None
    artist: str | None = None
    sort: str = "path"
    descending: bool = False
    after: str | None = None
    offset: int = 0
    limit: int = 100

    def __post_init__(self) -> None:
        parse_search(self.query or "")

    @property
    def is_kept(self) -> bool:
        """True if the number of matching files is kept: all files, or those in a state, perhaps with one code."""
        kept = FileQuery(state=self.state, code=self.code if self.state else None)
        asked = replace(self, descending=kept.descending, after=kept.after, offset=kept.offset, limit=kept.limit)
        return self.state != "missing" and asked == kept


@dataclass(slots=True)
class Filter:
    """Conditions over ``files f`` joined with ``JOINED``, and the ids that a search matches.

    Parameters
    ----------
    conditions : list of str
    parameters : list
        Of the conditions.
    matches : str, optional
        A SELECT of ids; None without a search.
    match_parameters : list
        Of ``matches``.
    """

    conditions: list[str]
    parameters: list[Any]
    matches: str | None
    match_parameters: list[Any]

    @property
    def is_plain(self) -> bool:
        """True if the search is the only restriction on files that are present."""
        return self.matches is not None and self.conditions == [PRESENT]

    def select(self, columns: str) -> tuple[str, list[Any]]:
        """Return a SELECT of *columns* of the files that pass, with its parameters; more conditions may follow."""
        where = " AND ".join(self.conditions)
        if self.matches is None:
            return f"SELECT {columns} FROM files f {JOINED} WHERE {where}", list(self.parameters)
        sql = f"SELECT {columns} FROM ({self.matches}) h CROSS JOIN files f ON f.id = h.id {JOINED} WHERE {where}"
        return sql, [*self.match_parameters, *self.parameters]

    def plain_page(self, *, descending: bool, limit: int, after: tuple[Any, int] | None) -> tuple[str, list[Any]]:
        """Return a SELECT of ``id``, ``key`` (the path) and ``total`` of a page of a plain search, ordered by path.

        The matches are found once. Few are sorted; with many it is faster to walk the files in the order of their paths
        and to look each up in the matches.

        Parameters
        ----------
        descending : bool
        limit : int
            Most rows.
        after : tuple, optional
            Path and id that the page begins after.
        """
        way, sign = ("DESC", "<") if descending else ("ASC", ">")
        beyond = f"AND (f.path, f.id) {sign} (?, ?)" if after else ""
        pages = (
            f"SELECT * FROM (SELECT f.id AS id, f.path AS key FROM {tables} AND {PRESENT} {beyond}"
            f" ORDER BY f.path {way}, f.id {way} LIMIT (SELECT iif(number {condition} {DENSE}, ?, 0) FROM counted))"
            for condition, tables in (
                ("<=", "found h CROSS JOIN files f ON f.id = h.id WHERE TRUE"),
                (">", "files f WHERE +f.id IN (SELECT id FROM found)"),
            )
        )
        missing = "SELECT count(*) FROM files g WHERE g.missing_since IS NOT NULL AND +g.id IN (SELECT id FROM found)"
        sql = (
            f"WITH found (id) AS MATERIALIZED ({self.matches}), counted AS (SELECT count(*) AS number FROM found)"
            f" SELECT id, key, (SELECT number FROM counted) - ({missing}) AS total FROM ({' UNION ALL '.join(pages)})"
            f" ORDER BY key {way}, id {way}"
        )
        return sql, [*self.match_parameters, *2 * [*(after or ()), limit]]


def file_filter(wanted: FileQuery, state: IndexState) -> Filter:
    """Return the filter of a listing.

    Parameters
    ----------
    wanted : FileQuery
    state : IndexState

    Raises
    ------
    ValueError
        The state or the sort order is invalid.
    """
    if wanted.state is not None and wanted.state not in STATES:
        raise ValueError(f"there is no state {wanted.state!r}; states are {', '.join(STATES)}")
    conditions, parameters = [PRESENT], list[Any]()
    matching = matches(parse_search(wanted.query or ""), state)
    code = wanted.code
    if wanted.state == "missing":
        conditions = ["f.missing_since IS NOT NULL AND f.forgotten_at IS NULL"]
    elif wanted.state in _LEFT and matching.sql is None:
        matching, code = _left(wanted.state, code), None
    elif wanted.state is not None:
        conditions.append("s.state = ?")
        parameters.append(wanted.state)
    if wanted.sort != "path":
        conditions.append(f"{sort_expression(wanted.sort)} IS NOT NULL")
    equal = {"x.code": code, "f.path": wanted.path, "tg.album_id": wanted.album, "tg.artist_id": wanted.artist}
    for column, value in equal.items():
        if value:
            conditions.append(f"{column} = ?")
            parameters.append(value)
    if wanted.ids is not None:
        conditions.append("f.id IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(wanted.ids))
    if wanted.folder is not None:
        conditions.append(below("f.path"))
        parameters += sort_range(wanted.folder)
    return Filter(conditions, parameters, matching.sql, matching.parameters)


def _left(state: str, code: str | None) -> Matches:
    """Return a SELECT of the ids of the files in a state, by its index."""
    sql = "SELECT file_id AS id FROM file_states WHERE state NOT IN ('done', 'missing') AND state = ?"
    return Matches(sql, [state]) if code is None else Matches(f"{sql} AND code = ?", [state, code])


def sort_expression(sort: str) -> str:
    """Return the SQL expression of a sort order; ``ValueError`` if there is none of this name."""
    if sort not in SORTS:
        raise ValueError(f"there is no order by {sort!r}")
    return SORTS[sort]
