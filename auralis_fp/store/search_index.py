"""The full-text index over tags and paths: SQLite FTS5 with trigrams, kept up to date by triggers.

The index holds folded text (see ``tags.folding``), since FTS5's own folding leaves æ, ø, ł and ß. Trigrams find text
anywhere in a word, in any script. Where SQLite was built without FTS5 there is no index, and searches scan the text.
"""

import os
import sqlite3
from typing import Final, NamedTuple

from ..tags.folding import fold
from ..tags.model import Tags
from .database import Database

COLUMNS: Final = ("title", "artist", "album", "genre", "path")
INDEX: Final = "search"
VOCABULARY: Final = "search_terms"
_PADDING: Final = "  "  # gives the last one and two letters of a text a trigram of their own
_NEW: Final = ", ".join(f"new.{name}" for name in COLUMNS)
_OLD: Final = ", ".join(f"old.{name}" for name in COLUMNS)
_LIST: Final = ", ".join(COLUMNS)
_CREATE: Final = (
    (
        f"CREATE VIRTUAL TABLE {INDEX} USING fts5({_LIST}, content='searchable', content_rowid='file_id',"
        " tokenize='trigram case_sensitive 1')"
    ),
    f"CREATE VIRTUAL TABLE {VOCABULARY} USING fts5vocab('{INDEX}', 'row')",
    f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')",
)
_REMOVE: Final = f"INSERT INTO {INDEX} ({INDEX}, rowid, {_LIST}) VALUES ('delete', old.file_id, {_OLD});"
_ADD: Final = f"INSERT INTO {INDEX} (rowid, {_LIST}) VALUES (new.file_id, {_NEW});"
_TRIGGERS: Final = {
    "searchable_added": f"AFTER INSERT ON searchable BEGIN {_ADD} END",
    "searchable_removed": f"AFTER DELETE ON searchable BEGIN {_REMOVE} END",
    "searchable_changed": f"AFTER UPDATE ON searchable BEGIN {_REMOVE} {_ADD} END",
}


class IndexState(NamedTuple):
    """What searches can rely on.

    ``usable`` is True if there is an index; ``incomplete`` if files are still missing from the text to search.
    """

    usable: bool
    incomplete: bool


def prepare_index(db: sqlite3.Connection, *, available: bool = True) -> bool:
    """Create the index, and rebuild it if it may have missed changes. Return True if it can be used.

    Parameters
    ----------
    db : Connection
        In a transaction.
    available : bool
        False treats SQLite as built without FTS5.
    """
    known = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")}
    if not (available and _has_fts5(db)):
        for name in _TRIGGERS:  # they would fail on every change; their absence is what calls for a rebuild
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
        return False
    if not {INDEX, VOCABULARY, *_TRIGGERS} <= known:
        db.execute(f"DROP TABLE IF EXISTS {VOCABULARY}")
        db.execute(f"DROP TABLE IF EXISTS {INDEX}")
        for statement in _CREATE:
            db.execute(statement)
        for name, text in _TRIGGERS.items():
            db.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {text}")
    return True


async def index_state(database: Database) -> IndexState:
    """Return what searches can rely on."""
    (row,) = await database.read(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'searchable_added')"
        " AND EXISTS (SELECT 1 FROM pragma_module_list WHERE name = 'fts5') AS usable,"
        " EXISTS (SELECT 1 FROM tags_due d"
        " WHERE NOT EXISTS (SELECT 1 FROM searchable s WHERE s.file_id = d.file_id)) AS incomplete"
    )
    return IndexState(bool(row["usable"]), bool(row["incomplete"]))


def _has_fts5(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchall())


def store_searchable(db: sqlite3.Connection, file_id: int, tags: Tags, path: bytes) -> None:
    """Make a file findable by its tags and its path."""
    texts = (
        tags.title or "",
        " / ".join(filter(None, (tags.artist, tags.album_artist))),
        tags.album or "",
        tags.genre or "",
        os.fsdecode(path).encode("utf-8", "replace").decode("utf-8"),
    )
    db.execute(
        f"INSERT INTO searchable (file_id, {_LIST}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (file_id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS),
        (file_id, *(fold(text) + _PADDING if text else "" for text in texts)),
    )
