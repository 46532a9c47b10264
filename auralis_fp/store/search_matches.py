"""The ids that a search matches, as SQL over the full-text index, the tags and the fingerprints."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from .. import schema
from .search_index import COLUMNS, INDEX, VOCABULARY, IndexState
from .search_query import Range, Search, Word

_TABLES: Final = {"p": ("fingerprints p", "p.file_id"), "tg": ("tags tg", "tg.file_id"), "f": ("files f", "f.id")}
_INDEXED: Final = ("p.tempo_bpm", "p.lufs", "tg.year")


class Matches(NamedTuple):
    """A SELECT of ids, or None if the search asks for nothing, with its parameters."""

    sql: str | None
    parameters: list[Any]


def matches(search: Search, state: IndexState) -> Matches:
    """Return a SELECT of the ids that a search matches.

    A search without words scans the table of its first range. A range of an indexed number is looked up in the index;
    other ranges are checked match by match.

    Parameters
    ----------
    search : Search
    state : IndexState
    """
    ranges = sorted(search.ranges, key=lambda each: each.expression not in _INDEXED)
    if search.words:
        sql, parameters = _with_words(search, state)
    elif ranges:
        first = ranges.pop(0)
        table, key = _TABLES[first.table]
        condition, parameters = _condition(first)
        sql = f"SELECT {key} AS id FROM {table} WHERE {condition}"
    else:
        return Matches(None, [])
    joined, conditions, values = dict[str, str](), list[str](), list[Any]()
    for each in ranges:
        condition, bounds = _condition(each)
        table, key = _TABLES[each.table]
        if each.expression in _INDEXED:
            condition = f"+h.id IN (SELECT {key} FROM {table} WHERE {condition})"
        else:
            joined[each.table] = f"CROSS JOIN {table} ON {key} = h.id"
        conditions.append(condition)
        values += bounds
    if conditions:
        sql = f"SELECT h.id AS id FROM ({sql}) h {' '.join(joined.values())} WHERE {' AND '.join(conditions)}"
    return Matches(sql, [*parameters, *values])


def _condition(each: Range) -> tuple[str, list[Any]]:
    """Return the condition of a range. A dimension that is undefined for a file has no value, so it is in no range."""
    ends = [(operator, end) for operator, end in ((">=", each.low), ("<=", each.high)) if end is not None]
    conditions = [f"{each.expression} {operator} ?" for operator, _ in ends]
    values: list[Any] = [end for _, end in ends]
    if each.dimension is not None:
        neutral = schema.neutral(each.dimension)
        if (each.low is None or each.low <= neutral) and (each.high is None or neutral <= each.high):
            conditions.append(f"({each.expression} <> ? OR instr(p.metadata, ?) = 0)")
            values += [neutral, f'"{each.dimension}"']
    return " AND ".join(conditions), values


def _with_words(search: Search, state: IndexState) -> tuple[str, list[Any]]:
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
