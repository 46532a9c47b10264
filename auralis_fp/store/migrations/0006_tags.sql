-- What a file's tags say, as of the last reading; `album_id` and `artist_id` group tracks, `cover` is a digest.
CREATE TABLE tags (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    read_at REAL NOT NULL,
    album_id TEXT NOT NULL,
    album_kind TEXT NOT NULL CHECK (album_kind IN ('album', 'folder')),
    artist_id TEXT,
    cover TEXT,
    cover_place TEXT CHECK (cover_place IN ('embedded', 'folder')),
    problems TEXT NOT NULL DEFAULT '',
    title TEXT,
    artist TEXT,
    album_artist TEXT,
    album TEXT,
    track INTEGER,
    track_total INTEGER,
    disc INTEGER,
    disc_total INTEGER,
    year INTEGER,
    genre TEXT,
    compilation INTEGER,
    replaygain_track_gain REAL,
    replaygain_track_peak REAL,
    replaygain_album_gain REAL,
    replaygain_album_peak REAL,
    musicbrainz_recording_id TEXT,
    musicbrainz_release_id TEXT,
    musicbrainz_release_group_id TEXT,
    musicbrainz_artist_id TEXT,
    musicbrainz_release_artist_id TEXT
);
CREATE INDEX tags_by_album ON tags (album_id);
CREATE INDEX tags_by_artist ON tags (artist_id);
CREATE INDEX tags_by_year ON tags (year) WHERE year IS NOT NULL;

-- Files whose tags are to be read, now or after `not_before`: 0 back-fill, 1 new files, 2 changed files.
CREATE TABLE tags_due (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    priority INTEGER NOT NULL,
    not_before REAL NOT NULL DEFAULT 0
);
CREATE INDEX tags_due_in_order ON tags_due (priority DESC, file_id DESC);
INSERT INTO tags_due (file_id, priority) SELECT id, 0 FROM files;

CREATE TRIGGER tags_of_new_file AFTER INSERT ON files BEGIN
    INSERT INTO tags_due (file_id, priority) VALUES (new.id, 1);
END;
CREATE TRIGGER tags_of_changed_file AFTER UPDATE OF size, mtime_ns ON files
WHEN old.size != new.size OR old.mtime_ns != new.mtime_ns BEGIN
    DELETE FROM tags_due WHERE file_id = new.id;
    INSERT INTO tags_due (file_id, priority) VALUES (new.id, 2);
END;

-- The text that search looks at, folded: without case, accents and ligatures.
CREATE TABLE searchable (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    album TEXT NOT NULL,
    genre TEXT NOT NULL,
    path TEXT NOT NULL
);
CREATE INDEX fingerprints_by_tempo ON fingerprints (tempo_bpm);
CREATE INDEX fingerprints_by_loudness ON fingerprints (lufs);
