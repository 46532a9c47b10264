-- Sidecars beside which there is no track, and for how long that has been so in confirmed sweeps of their folder.
CREATE TABLE stray_sidecars (
    path BLOB PRIMARY KEY,
    absent_sec REAL NOT NULL DEFAULT 0
);
