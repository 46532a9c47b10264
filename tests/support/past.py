"""Databases, exports and sidecars written by earlier versions of the program, frozen as files."""

import sqlite3
from pathlib import Path
from typing import Any

PAST = Path(__file__).parents[1] / "store" / "past"
LAYOUTS = tuple(sorted(int(path.stem.removeprefix("v")) for path in PAST.glob("v*.sql")))


def restore(path: Path, version: int) -> None:
    """Create the database of a layout version at *path*; version 0 is an empty file."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        if version:
            connection.executescript((PAST / f"v{version}.sql").read_text(encoding="ascii"))
    connection.close()


def exported(version: int) -> list[str]:
    """Return the lines that the program exported from that database at the time."""
    return (PAST / f"v{version}.jsonl").read_text(encoding="ascii").splitlines()


def as_exported_today(record: dict[str, Any]) -> dict[str, Any]:
    """Return an earlier record as it is exported today: undefined dimensions are null."""
    undefined = record["metadata"].get("undefined", ())
    values = {name: None if name in undefined else value for name, value in record["fingerprint"].items()}
    return {**record, "fingerprint": values}
