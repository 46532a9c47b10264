"""``status``, ``folders`` and ``failures``: the content of the database, also while a server uses it."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

import msgspec

from .. import schema
from ..engine.folder_accounts import FolderAccount, stored_accounts
from ..runtime.serialization import path_text, to_json
from ..settings import Settings
from ..store.confirmation import Confirmations
from ..store.database import Database, open_database
from ..store.files import Library
from ..store.filters import FileQuery
from ..store.queries import Queries
from ..store.records import FileRecord
from .output import print_table, printable

_PAGE: Final = 500


async def status(settings: Settings, *, as_json: bool) -> int:
    """Print the number of files by state and of failures by code.

    Parameters
    ----------
    settings : Settings
    as_json : bool

    Returns
    -------
    int
        Exit code, 0.
    """
    async with open_database(settings.database, read_only=True) as database:
        found = await _status(database) | {"database": str(settings.database)}
    if as_json:
        print(to_json(found))
        return 0
    counts = found["counts"]
    rows = [(state, str(number)) for state, number in counts.items() if state != "total"]
    print(f"Files: {counts['total']}, {found['percent']} % of those that can be analysed are done")
    print_table("By state", ("state", "files"), rows)
    if found["failures"]:
        rows = [(code, str(number)) for code, number in found["failures"].items()]
        print_table("Failures", ("reason", "files"), rows)
    if found["unconfirmed"]:
        print(f"Unconfirmed: {found['unconfirmed']} results have yet to be compared with their files")
    if left_out := sum(entry.count for folder in found["folders"] for entry in folder.left_out):
        print(f"Left out: {left_out}; `auralis-fp folders` lists the reasons")
    print(f"Database: {printable(found['database'])}, algorithm version {found['algorithm_version']}")
    return 0


async def _status(database: Database) -> dict[str, Any]:
    library = Library(database)
    counts = await library.counts()
    codes = await Queries(database).failure_codes()
    return {
        "counts": {"total": counts.total, **asdict(counts)},
        "percent": counts.percent,
        "unconfirmed": await Confirmations(database).number(),
        "failures": codes,
        "folders": await stored_accounts(library),
        "algorithm": schema.ALGORITHM,
        "algorithm_version": schema.ALGORITHM_VERSION,
    }


async def folders(settings: Settings, *, as_json: bool) -> int:
    """List the music folders as of their last sweep, with what was left out for which reason.

    Parameters
    ----------
    settings : Settings
    as_json : bool

    Returns
    -------
    int
        Exit code, 0.
    """
    async with open_database(settings.database, read_only=True) as database:
        accounts = await stored_accounts(Library(database))
    if as_json:
        for account in accounts:
            print(to_json(account))
        return 0
    columns = ("folder", "files", "left out", "reason", "setting", "example")
    rows = [row for account in accounts for row in _account_rows(account)]
    if rows:
        print_table("Music folders as of their last scan", columns, rows)
    else:
        print("No folder has been scanned.")
    return 0


def _account_rows(account: FolderAccount) -> Iterator[tuple[str, ...]]:
    state = "" if account.online else "offline"
    yield account.path, str(account.files), str(sum(entry.count for entry in account.left_out)), state, "", ""
    for entry in account.left_out:
        reason = f"{entry.text} ({entry.suffix})" if entry.suffix else entry.text
        yield account.path, "", str(entry.count), reason, entry.setting, entry.examples[0]


async def failures(settings: Settings, *, as_json: bool) -> int:
    """List failed files with the reason.

    Parameters
    ----------
    settings : Settings
    as_json : bool

    Returns
    -------
    int
        Exit code, 0.
    """
    async with open_database(settings.database, read_only=True) as database:
        failed = Queries(database).all_files(FileQuery(state="failed", limit=_PAGE))
        records = [_failure(record) async for record in failed]
    if as_json:
        for record in records:
            print(to_json(record))
        return 0
    rows = [(one["path"], one["code"], _short(one["reason"]), _moment(one["failed_at"])) for one in records]
    if rows:
        print_table(f"Failed files: {len(rows)}", ("file", "code", "reason", "last tried"), rows)
    else:
        print("No failures.")
    return 0


def _failure(record: FileRecord) -> dict[str, Any]:
    failure = {} if record.failure is None else msgspec.structs.asdict(record.failure)
    return {"path": path_text(record.path), **failure}


def _short(reason: str) -> str:
    """Return the last line of a reason: the exception line of a traceback."""
    return reason.strip().splitlines()[-1] if reason.strip() else ""


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
