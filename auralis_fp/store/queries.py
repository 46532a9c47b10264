"""Read-only queries: filtered and sorted listings, counts, and the cost of recent analyses."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, Final, NamedTuple

from ..files.paths import sort_range
from ..schema import NAMES
from .database import Database
from .filters import JOINED, PRESENT, SORTS, FileQuery, Filter, file_filter, sort_expression
from .fingerprints import duration
from .observations import below
from .records import SELECT_FILES, FileRecord, Page, file_record
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
        after = await self._position(wanted.after, wanted.sort) if wanted.after else None
        if filtered.is_plain and wanted.sort == "path" and not wanted.offset:
            sql, parameters = filtered.plain_page(descending=wanted.descending, limit=wanted.limit + 1, after=after)
        else:
            sql, parameters = _page(filtered, wanted, after)
        found = await self._database.read(sql, parameters)
        total = 0 if filtered.matches is not None and after is None and not wanted.offset else None
        if found and "total" in found[0].keys():  # noqa: SIM118 - rows have no __contains__ for names
            total = found[0]["total"]
        shown = found[: wanted.limit]
        items = await self.records([row["id"] for row in shown])
        more = len(found) > wanted.limit and shown
        return Page(items, _cursor(wanted.sort, shown[-1]["key"], shown[-1]["id"]) if more else None, total)

    async def _filter(self, wanted: FileQuery) -> Filter:
        return file_filter(wanted, await self.index_state())

    async def index_state(self) -> IndexState:
        """Return what searches can rely on."""
        return await index_state(self._database)

    async def _position(self, cursor: str, sort: str) -> tuple[Any, int]:
        """Decode a pagination cursor; ``ValueError`` if it is invalid for this sort order."""
        try:
            parts = json.loads(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, RecursionError):
            parts = None
        match parts:
            case [str() as sorted_by, int() | float() as value, int() as file_id] if sorted_by == sort and isfinite(
                value
            ):
                return (_bounded(value) if isinstance(value, int) else value), _bounded(file_id)
            case [str() as sorted_by, None, int() as file_id] if sorted_by == sort:
                rows = await self._database.read(
                    f"SELECT {SORTS[sort]} AS key FROM files f {JOINED} WHERE f.id = ?", (_bounded(file_id),)
                )
                for row in rows:
                    return row["key"], file_id
        raise ValueError("after: not a cursor of this listing")

    async def records(self, ids: Sequence[int]) -> list[FileRecord]:
        """Return the files with these ids in the order of the ids; unknown ids are left out."""
        rows = await self._database.read(
            f"{SELECT_FILES} WHERE f.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        known = {row["id"]: file_record(row) for row in rows}
        return [known[file_id] for file_id in ids if file_id in known]

    async def all_files(self, wanted: FileQuery) -> AsyncIterator[FileRecord]:
        """Yield the files of the page that *wanted* describes and of all following pages."""
        after: str | None = wanted.after
        while True:
            page = await self.files(replace(wanted, after=after))
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
        (row,) = await self._database.read(*(await self._filter(wanted)).select("count(*)"))
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
        return await read_points(self._database, columns, since)

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
            "SELECT minute / ?1 * ?1 AS minute, sum(tracks) AS tracks, total(audio_sec) AS audio_sec,"
            " sum(failed) AS failed FROM analysis_minutes WHERE minute >= ?2 GROUP BY 1 ORDER BY 1",
            (step, int(since // 60)),
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


def _cursor(sort: str, value: Any, file_id: int) -> str:
    """Return the opaque pagination cursor that continues a listing after a file."""
    # text may be too long for a URL: looked up by the file id
    spelt = None if isinstance(value, bytes | str) else value
    return base64.urlsafe_b64encode(json.dumps([sort, spelt, file_id]).encode("ascii")).decode("ascii")


def _bounded(value: int) -> int:
    return max(-(2**63), min(2**63 - 1, value))
