-- Files whose result is stored, but whose sidecar could not be written anywhere; written once there is room.
CREATE TABLE sidecars_owed (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE
);
