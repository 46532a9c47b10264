-- How long a missing file was absent from confirmed sweeps of its folder; forgotten files keep only their result.
ALTER TABLE files ADD COLUMN absent_sec REAL NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN forgotten_at REAL;
