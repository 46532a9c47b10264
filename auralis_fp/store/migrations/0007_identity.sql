-- A stamp is size, mtime, ctime and inode. NULL: unknown, as in rows of earlier versions.
ALTER TABLE files ADD COLUMN ctime_ns INTEGER;
ALTER TABLE files ADD COLUMN inode INTEGER;

-- The stamp of the file for which the result is confirmed, the digest of its whole payload, and when that was last seen.
ALTER TABLE fingerprints ADD COLUMN ctime_ns INTEGER;
ALTER TABLE fingerprints ADD COLUMN inode INTEGER;
ALTER TABLE fingerprints ADD COLUMN payload_digest BLOB;
ALTER TABLE fingerprints ADD COLUMN confirmed_at REAL;
CREATE INDEX fingerprints_by_digest ON fingerprints (payload_digest) WHERE payload_digest IS NOT NULL;
CREATE INDEX fingerprints_by_confirmation ON fingerprints (confirmed_at);

-- Results that are served, but whose file has yet to be compared with them; `sampled`: its content id agrees.
CREATE TABLE unconfirmed (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    sampled INTEGER NOT NULL DEFAULT 0
);
INSERT INTO unconfirmed (file_id)
    SELECT p.file_id FROM fingerprints p JOIN files f ON f.id = p.file_id WHERE p.size = f.size AND p.mtime_ns = f.mtime_ns;
