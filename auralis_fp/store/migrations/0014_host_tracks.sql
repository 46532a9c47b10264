-- The tracks of the host's library as last read: its ids, its paths, the same paths as our library spells them, and its
-- tags as JSON. While there are any, `tracks` follows them.
CREATE TABLE host_tracks (
    track_id INTEGER PRIMARY KEY,
    path BLOB NOT NULL,
    place BLOB NOT NULL,
    tags TEXT NOT NULL
);
CREATE INDEX host_tracks_by_place ON host_tracks (place);
