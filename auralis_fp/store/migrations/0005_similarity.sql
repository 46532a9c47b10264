-- Which vectors changed: the similarity index follows `sequence`. One row a file, so the log never outgrows the library.
CREATE TABLE vector_changes (
    file_id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL
);
CREATE INDEX vector_changes_by_sequence ON vector_changes (sequence);

-- No INSERT OR REPLACE: a trigger takes over the conflict clause of the statement that fires it.
CREATE TRIGGER fingerprint_stored AFTER INSERT ON fingerprints BEGIN
    DELETE FROM parts WHERE file_id = new.file_id;
    UPDATE vector_changes SET sequence = (SELECT max(sequence) + 1 FROM vector_changes) WHERE file_id = new.file_id;
    INSERT INTO vector_changes SELECT new.file_id, (SELECT coalesce(max(sequence), 0) + 1 FROM vector_changes)
    WHERE NOT EXISTS (SELECT 1 FROM vector_changes WHERE file_id = new.file_id);
END;
CREATE TRIGGER fingerprint_deleted AFTER DELETE ON fingerprints BEGIN
    UPDATE vector_changes SET sequence = (SELECT max(sequence) + 1 FROM vector_changes) WHERE file_id = old.file_id;
    INSERT INTO vector_changes SELECT old.file_id, (SELECT coalesce(max(sequence), 0) + 1 FROM vector_changes)
    WHERE NOT EXISTS (SELECT 1 FROM vector_changes WHERE file_id = old.file_id);
END;
CREATE TRIGGER file_changed AFTER UPDATE OF size, mtime_ns, missing_since ON files
WHEN EXISTS (SELECT 1 FROM fingerprints WHERE file_id = new.id) BEGIN
    UPDATE vector_changes SET sequence = (SELECT max(sequence) + 1 FROM vector_changes) WHERE file_id = new.id;
    INSERT INTO vector_changes SELECT new.id, (SELECT coalesce(max(sequence), 0) + 1 FROM vector_changes)
    WHERE NOT EXISTS (SELECT 1 FROM vector_changes WHERE file_id = new.id);
END;

-- What is computed in the same decode as the fingerprint, each with a version of its own; replaced with it.
CREATE TABLE parts (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (file_id, name)
) WITHOUT ROWID;

-- Decisions of a person about two files with the same recording; `first` < `second`.
CREATE TABLE duplicate_decisions (
    first INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    second INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    same INTEGER NOT NULL CHECK (same IN (0, 1)),
    decided_at REAL NOT NULL,
    PRIMARY KEY (first, second)
) WITHOUT ROWID;

-- Tells this database from another one in the same place: the similarity index belongs to one.
CREATE TABLE identity (id TEXT NOT NULL);
INSERT INTO identity VALUES (lower(hex(randomblob(8))));
