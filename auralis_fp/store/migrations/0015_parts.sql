-- The parts that every result is to have, and the files that may lack some, or the digest of their payload.
CREATE TABLE part_kinds (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE parts_due (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    not_before REAL NOT NULL DEFAULT 0
);
