"""Read-only queries: filtered and sorted listings, counts, and the cost of recent analyses."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ..errors import CORRUPT, StorageError
from ..files.paths import sort_range
from ..schema import NAMES
from .cursors import decode_cursor, encode_cursor
from .damaged_pages import rows_of, rows_of_all
from .database import Database
from .filters import PRESENT, FileQuery, Filter, file_filter, sort_expression
from .fingerprints import duration
from .observations import below
from .records import SELECT_FILES, SELECT_PATHS, FileRecord, Page, damaged_record, file_record
from .search_index import IndexState, index_state
from .vectors import TAG_NAMES, Points, points_version, read_points, tags_version

MOST_FACETS: Final = 100
_WAITING: Final = "('pending', 'outdated', 'running')"
_SAMPLE: Final = 1_000  # newest analyses that the cost estimate averages


class Minute(NamedTuple):
    """Analyses that ended in the minute starting at *at*, in Unix seconds."""

    at: int
    tracks: int
    audio_sec: float
    failed: int


class Cost(NamedTuple):
    """Average duration and processing time of one track, over the *measured* most recent analyses."""

    measured: int
    audio_sec: float
    processing_sec: float


class Facet(NamedTuple):
    """A value of a tag, and the number of files that have it."""

    value: str | int
    number: int


class Queries:
    """Read-only access to files, jobs and results.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def files(self, wanted: FileQuery) -> Page:
        """Return a page of files.

        Raises
        ------
        ValueError
            The state, the sort order or the cursor is invalid.
        """
        filtered = await self._filter(wanted)
        after = await decode_cursor(self._database, wanted.after, wanted.sort) if wanted.after else None
        if filtered.is_plain and wanted.sort == "path" and not wanted.offset:
            sql, parameters = filtered.plain_page(descending=wanted.descending, limit=wanted.limit + 1, after=after)
        else:
            sql, parameters = _page(filtered, wanted, after)
        try:
            found = await self._database.read(sql, parameters)
        except StorageError as error:
            if error.code != CORRUPT:
                raise
            return await self._around_damage(wanted, after)
        total = 0 if filtered.matches is not None and after is None and not wanted.offset else None
        if found and "total" in found[0].keys():  # noqa: SIM118 - rows have no __contains__ for names
            total = found[0]["total"]
        shown = found[: wanted.limit]
        ids = [row["id"] for row in shown]
        items = await self.records(ids)
        more = len(found) > wanted.limit and shown
        following = encode_cursor(wanted.sort, shown[-1]["key"], ids[-1]) if more else None
        return Page(items, following, total, _without(ids, items))

    async def _around_damage(self, wanted: FileQuery, after: tuple[Any, int] | None) -> Page:
        """Return a page of the files that can be read, sorted here, where damaged pages prevent the query."""
        sql, parameters = (await self._filter(wanted)).select(f"f.id AS id, {sort_expression(wanted.sort)} AS key")
        found, unreadable = await rows_of_all(self._database, sql, parameters)
        places = sorted(((_collated(row["key"]), row["id"]) for row in found), reverse=wanted.descending)
        if after is not None:
            last = _collated(after[0]), after[1]
            places = [place for place in places if (place < last if wanted.descending else place > last)]
        shown = places[wanted.offset : wanted.offset + wanted.limit]
        ids = [file_id for _, file_id in shown]
        items = await self.records(ids)
        more = shown and len(places) > wanted.offset + wanted.limit
        following = encode_cursor(wanted.sort, shown[-1][0][1], ids[-1]) if more else None
        return Page(items, following, len(found), [*unreadable, *_without(ids, items)])

    async def _filter(self, wanted: FileQuery) -> Filter:
        return file_filter(wanted, await self.index_state())

    async def index_state(self) -> IndexState:
        """Return what searches can rely on."""
        return await index_state(self._database)

    async def records(self, ids: Sequence[int]) -> list[FileRecord]:
        """Return the files with these ids in the order of the ids; unknown and unreadable ones are left out.

        Of a file whose result is on a damaged page of the database, the record says so.
        """
        rows, unreadable = await rows_of(self._database, ids, f"{SELECT_FILES} WHERE f.id")
        known = {row["id"]: file_record(row) for row in rows}
        if unreadable:
            rest = await rows_of(self._database, unreadable, f"{SELECT_PATHS} WHERE f.id")
            known |= {row["id"]: damaged_record(row) for row in rest.rows}
        return [known[file_id] for file_id in ids if file_id in known]

    async def all_files(self, wanted: FileQuery) -> AsyncIterator[FileRecord]:
        """Yield the files of the page that *wanted* describes and of all following pages."""
        after: str | None = wanted.after
        bulk = Queries(self._database.bulk)
        while True:
            page = await bulk.files(replace(wanted, after=after))
            for record in page.items:
                yield record
            after = page.next
            if after is None:
                return

    async def next_up(self, limit: int) -> list[FileRecord]:
        """Return the queued files in the order in which they will be claimed."""
        # two walks along the index: sorted by the column between, its order would not help
        halves = " UNION ALL ".join(
            "SELECT * FROM (SELECT f.id AS id, j.suspect, j.priority, j.queued_at FROM jobs j CROSS JOIN files f"
            f" ON f.id = j.file_id WHERE {PRESENT} AND j.claim IS NULL AND j.sidecar_checked = {checked}"
            " ORDER BY j.suspect, j.priority DESC, j.queued_at DESC LIMIT :limit)"
            for checked in (0, 1)
        )
        rows = await self._database.read(
            f"SELECT id FROM ({halves}) ORDER BY suspect, priority DESC, queued_at DESC LIMIT :limit", {"limit": limit}
        )
        return await self.records([row["id"] for row in rows])

    async def failure_codes(self) -> dict[str, int]:
        """Count the failed files by failure code, the most frequent first."""
        rows = await self._database.read(
            "SELECT code, number FROM state_counts WHERE state = 'failed' AND number > 0 ORDER BY number DESC, code"
        )
        return {row["code"]: row["number"] for row in rows}

    async def ids(self, wanted: FileQuery) -> list[int]:
        """Return the ids of all matching files, across all pages."""
        sql, parameters = (await self._filter(wanted)).select("f.id AS id")
        rows = await self._database.read(sql, parameters)
        return [row["id"] for row in rows]

    async def number(self, wanted: FileQuery) -> int:
        """Count the matching files, across all pages."""
        if wanted.is_kept:
            (row,) = await self._database.read(
                "SELECT coalesce(sum(number), 0) FROM state_counts"
                " WHERE state != 'missing' AND state = coalesce(:state, state) AND code = coalesce(:code, code)",
                {"state": wanted.state, "code": wanted.code},
            )
            return int(row[0])
        filtered = await self._filter(wanted)
        try:
            (row,) = await self._database.read(*filtered.select("count(*)"))
        except StorageError as error:
            if error.code != CORRUPT:
                raise
            return len((await rows_of_all(self._database, *filtered.select("f.id AS id"))).rows)
        return int(row[0])

    async def facets(self, wanted: FileQuery) -> tuple[list[Facet], list[Facet]]:
        """Return the genres and the decades (by their first year) of the matching files; the most frequent first."""
        genres, decades = [await self._facet(wanted, column) for column in ("tg.genre", "tg.year / 10 * 10")]
        return genres, sorted(decades)

    async def _facet(self, wanted: FileQuery, column: str) -> list[Facet]:
        filtered = await self._filter(wanted)
        filtered.conditions.append(f"{column} IS NOT NULL")
        sql, parameters = filtered.select(f"{column} AS value, count(*) AS number")
        rows = await self._database.read(f"{sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_FACETS}", parameters)
        return [Facet(*row) for row in rows]

    async def points_version(self, columns: Sequence[str] = ()) -> str:
        """Return a short text that changes whenever the result of ``points`` for these columns changes."""
        version = await points_version(self._database)
        return f"{version}-{await tags_version(self._database)}" if {*columns} & {*TAG_NAMES} else version

    async def points(self, columns: Sequence[str] = NAMES, since: str | None = None) -> Points:
        """Return current fingerprints in columns.

        Parameters
        ----------
        columns : sequence of str
            Names of dimensions and of tags.
        since : str, optional
            A version: only what has changed after it.
        """
        return await read_points(self._database.bulk, columns, since)

    async def minutes(self, since: float, step: int = 1) -> list[Minute]:
        """Return the minutes in which analyses ended, oldest first; reused results are not counted.

        Parameters
        ----------
        since : float
            Unix seconds.
        step : int
            Minutes that one item sums up.
        """
        rows = await self._database.read(
            "SELECT minute / ? * ? AS minute, sum(tracks) AS tracks, total(audio_sec) AS audio_sec,"
            " sum(failed) AS failed FROM analysis_minutes WHERE minute >= ? GROUP BY 1 ORDER BY 1",
            (step, step, int(since // 60)),
        )
        return [Minute(60 * row["minute"], row["tracks"], round(row["audio_sec"], 3), row["failed"]) for row in rows]

    async def cost(self) -> Cost:
        """Return the average cost of the most recent analyses."""
        (row,) = await self._database.read(
            "SELECT count(*) AS measured, coalesce(avg(audio), 0) AS audio, coalesce(avg(ms), 0) AS ms FROM ("
            f"SELECT {duration()} AS audio, processing_time_ms AS ms"
            " FROM fingerprints WHERE source = 'analysis' ORDER BY file_id DESC LIMIT ?)",
            (_SAMPLE,),
        )
        return Cost(row["measured"], row["audio"], row["ms"] / 1000)

    async def tally(self, folder: bytes | None = None) -> dict[str, int]:
        """Count the files, all or below a folder: ``present``, ``waiting`` and ``failed`` (which overlap)."""
        if folder is None:
            rows = await self._database.read(
                "SELECT sum(number) FILTER (WHERE state != 'missing') AS present,"
                f" sum(number) FILTER (WHERE state IN {_WAITING}) AS waiting,"
                " sum(number) FILTER (WHERE state = 'failed') AS failed FROM state_counts"
            )
        else:
            known = f"SELECT count(*) FROM files f WHERE {below('f.path')}"
            inside = below("+f.path")  # not by the index on paths: the rows to look at are fewer
            missing = f"SELECT count(*) FROM files f WHERE f.missing_since IS NOT NULL AND {inside}"
            left = (
                "SELECT count(*) FROM file_states s CROSS JOIN files f ON f.id = s.file_id"
                f" WHERE s.state NOT IN ('done', 'missing') AND {inside} AND s.state"
            )
            rows = await self._database.read(
                f"SELECT ({known}) - ({missing}) AS present,"
                f" ({left} IN {_WAITING}) AS waiting, ({left} = 'failed') AS failed",
                4 * tuple(sort_range(folder)),
            )
        return {name: rows[0][name] or 0 for name in ("present", "waiting", "failed")}


def _page(filtered: Filter, wanted: FileQuery, after: tuple[Any, int] | None) -> tuple[str, list[Any]]:
    """Return a SELECT of ``id`` and ``key`` of a page; with a search the first page also has ``total``."""
    key = sort_expression(wanted.sort)
    way, sign = ("DESC", "<") if wanted.descending else ("ASC", ">")
    columns = f"f.id AS id, {key} AS key"
    if after is not None:
        filtered.conditions.append(f"({key}, f.id) {sign} (?, ?)")
        filtered.parameters += after
    elif filtered.matches is not None:
        columns += ", count(*) OVER () AS total"  # the matches are found once, not once more to count them
    sql, parameters = filtered.select(columns)
    return f"{sql} ORDER BY {key} {way}, f.id {way} LIMIT ? OFFSET ?", [*parameters, wanted.limit + 1, wanted.offset]


def _collated(key: Any) -> tuple[int, Any]:
    """Return a value that sorts as SQLite sorts *key*: numbers, texts, blobs."""
    return (2 if isinstance(key, bytes) else isinstance(key, str)), key


def _without(ids: Sequence[int], records: Sequence[FileRecord]) -> list[int]:
    """Return the ids of which there is no record."""
    known = {record.id for record in records}
    return [file_id for file_id in ids if file_id not in known]
