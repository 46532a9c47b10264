"""Filters of file listings, as SQL: states, folders, ids, albums, and searches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import schema
from ..files.paths import sort_range
from .fingerprints import duration
from .observations import below
from .records import STATES
from .search_index import COLUMNS, INDEX, VOCABULARY, IndexState
from .search_query import Range, Search, Word, parse_search

PRESENT: Final = "f.missing_since IS NULL"
JOINED: Final = (
    "LEFT JOIN jobs j ON j.file_id = f.id LEFT JOIN fingerprints p ON p.file_id = f.id"
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
DENSE: Final = 10_000  # matches, from which on it is faster to walk the files in their order than to sort the matches
_STATE_CONDITIONS: Final = {
    "missing": "f.missing_since IS NOT NULL AND f.forgotten_at IS NULL",
    "running": f"{PRESENT} AND j.claim IS NOT NULL",
    "outdated": f"{PRESENT} AND j.file_id IS NOT NULL AND j.claim IS NULL AND p.file_id IS NOT NULL",
    "pending": f"{PRESENT} AND j.file_id IS NOT NULL AND j.claim IS NULL AND p.file_id IS NULL",
    "failed": f"{PRESENT} AND j.file_id IS NULL AND x.file_id IS NOT NULL",
    "done": f"{PRESENT} AND j.file_id IS NULL AND x.file_id IS NULL",
}


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
    limit: int = 100

    def __post_init__(self) -> None:
        parse_search(self.query or "")


@dataclass(slots=True)
class Filter:
    """Conditions over ``files f`` joined with ``JOINED``, and the ids that the words of a search match.

    Parameters
    ----------
    conditions : list of str
    parameters : list
        Of the conditions.
    matches : str, optional
        A SELECT of ids; None if there are no words.
    match_parameters : list
        Of ``matches``.
    """

    conditions: list[str]
    parameters: list[Any]
    matches: str | None
    match_parameters: list[Any]

    @property
    def is_plain(self) -> bool:
        """True if the words of a search are all that is asked for of files that are present."""
        return self.matches is not None and self.conditions == [PRESENT]

    def count(self) -> tuple[str, list[Any]]:
        """Return a SELECT of the number of files that pass, with its parameters."""
        if not self.is_plain:
            return self.select("count(*)")
        gone = f"SELECT count(*) FROM files g WHERE g.missing_since IS NOT NULL AND g.id IN ({self.matches})"
        return f"SELECT (SELECT count(*) FROM ({self.matches})) - ({gone})", 2 * self.match_parameters

    def select(self, columns: str, *, dense: bool = False) -> tuple[str, list[Any]]:
        """Return a SELECT of *columns* of the files that pass, with its parameters; more conditions may follow.

        Parameters
        ----------
        columns : str
        dense : bool
            Walk through all files and look each up in the matches, instead of starting from the matches.
        """
        where = " AND ".join(self.conditions)
        if self.matches is None:
            return f"SELECT {columns} FROM files f {JOINED} WHERE {where}", list(self.parameters)
        if dense:
            sql = f"SELECT {columns} FROM files f {JOINED} WHERE +f.id IN ({self.matches}) AND {where}"
        else:
            sql = f"SELECT {columns} FROM ({self.matches}) h CROSS JOIN files f ON f.id = h.id {JOINED} WHERE {where}"
        return sql, [*self.match_parameters, *self.parameters]


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
    conditions = [_STATE_CONDITIONS.get(wanted.state or "", PRESENT)]
    parameters: list[Any] = []
    if wanted.sort != "path":
        conditions.append(f"{sort_expression(wanted.sort)} IS NOT NULL")
    equal = {"x.code": wanted.code, "f.path": wanted.path, "tg.album_id": wanted.album, "tg.artist_id": wanted.artist}
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
    search = parse_search(wanted.query or "")
    for each in search.ranges:
        conditions += _range_conditions(each, parameters)
    matches, values = _matches(search, state) if search.words else _in_ranges(search)
    return Filter(conditions, parameters, matches, values)


def _in_ranges(search: Search) -> tuple[str | None, list[Any]]:
    """Return a SELECT of the ids whose dimensions lie in the ranges; None without such ranges.

    One pass through the table of fingerprints is faster than a look-up for each file.
    """
    values: list[Any] = []
    conditions = [
        one for each in search.ranges if each.expression.startswith("p.") for one in _range_conditions(each, values)
    ]
    if not conditions:
        return None, []
    return f"SELECT p.file_id AS id FROM fingerprints p WHERE {' AND '.join(conditions)}", values


def sort_expression(sort: str) -> str:
    """Return the SQL expression of a sort order; ``ValueError`` if there is none of this name."""
    if sort not in SORTS:
        raise ValueError(f"there is no order by {sort!r}")
    return SORTS[sort]


def _range_conditions(each: Range, parameters: list[Any]) -> list[str]:
    ends = ((">=", each.low), ("<=", each.high))
    parameters += [end for _, end in ends if end is not None]
    return [f"{each.expression} {operator} ?" for operator, end in ends if end is not None]


def _matches(search: Search, state: IndexState) -> tuple[str, list[Any]]:
    """Return a SELECT of the ids whose text has all words, with its parameters.

    Files whose tags have not been read yet are not in the index; their paths are searched.
    """
    looked_up = [word for word in search.words if state.usable and not (len(word.text) == 1 and word.text.isascii())]
    scanned = [word for word in search.words if word not in looked_up]
    sql, parameters = "searchable s", list[Any]()
    if looked_up:
        expression, parameters = _expression(looked_up)
        sql = f"(SELECT rowid AS id FROM {INDEX} WHERE {INDEX} MATCH {expression})"
        sql += " m CROSS JOIN searchable s ON s.file_id = m.id" if scanned else ""
    sql = f"SELECT {'s.file_id AS id' if scanned else 'id'} FROM {sql}"
    if scanned:
        sql += " WHERE " + " AND ".join(_contains(word) for word in scanned)
        parameters += [word.text for word in scanned for _ in _columns(word)]
    if state.incomplete and all(word.column in {None, "path"} for word in search.words):
        paths = " AND ".join("CAST(u.path AS TEXT) LIKE ? ESCAPE '\\'" for _ in search.words)
        unread = f"SELECT d.file_id FROM tags_due d CROSS JOIN files u ON u.id = d.file_id WHERE {paths}"
        sql += f" UNION ALL {unread} AND NOT EXISTS (SELECT 1 FROM searchable k WHERE k.file_id = d.file_id)"
        parameters += [_like(word.typed) for word in search.words]
    return sql, parameters


def _expression(words: Sequence[Word]) -> tuple[str, list[Any]]:
    """Return the SQL expression of a full-text query, with its parameters.

    A word of one or two letters has no trigram; it stands for all trigrams that begin with it.
    """
    parts: list[str] = []
    parameters: list[Any] = []
    for word in words:
        column = "" if word.column is None else f"{word.column} : "
        if len(word.text) > 2:
            parts.append("?")
            parameters.append(f"({column}{_quoted(word.text)})")
        else:
            trigrams = f"SELECT group_concat({_QUOTED_TERM}, ' OR ') FROM {VOCABULARY} WHERE term >= ? AND term < ?"
            parts.append(f"'({column}(' || coalesce(({trigrams}), '{_NOTHING}') || '))'")
            parameters += [word.text, word.text + "\U0010ffff"]
    return " || ' AND ' || ".join(parts), parameters


_NOTHING: Final = '"\ue000\ue000\ue000"'  # private characters, which tags do not have
_QUOTED_TERM: Final = "'\"' || replace(term, '\"', '\"\"') || '\"'"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _contains(word: Word) -> str:
    return "(" + " OR ".join(f"instr(s.{column}, ?)" for column in _columns(word)) + ")"


def _columns(word: Word) -> tuple[str, ...]:
    return COLUMNS if word.column is None else (word.column,)


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
