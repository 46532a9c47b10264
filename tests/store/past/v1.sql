BEGIN TRANSACTION;
CREATE TABLE failures (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    algorithm_version INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    stage TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failed_at REAL NOT NULL
);
INSERT INTO "failures" VALUES(2,1,1000,1700000000123456789,'decode','corrupt','No frame.',1,1.79586528526576948159e+09);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    added_at REAL NOT NULL,
    missing_since REAL
);
INSERT INTO "files" VALUES(1,X'2F6D757369632F646F6E652E6D7033',1000,1700000000123456789,1.79586528525751399991e+09,NULL);
INSERT INTO "files" VALUES(2,X'2F6D757369632F6661696C65642E6D7033',1000,1700000000123456789,1.79586528525751399991e+09,NULL);
INSERT INTO "files" VALUES(3,X'2F6D757369632F676F6E652E6D7033',1000,1700000000123456789,1.79586528525751399991e+09,1.79586528526604700083e+09);
INSERT INTO "files" VALUES(4,X'2F6D757369632F77616974696E672E6D7033',1000,1700000000123456789,1.79586528525751399991e+09,NULL);
CREATE TABLE fingerprints (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    algorithm_version INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('analysis', 'sidecar', 'import')),
    analysed_at REAL NOT NULL,
    processing_time_ms REAL NOT NULL,
    metadata TEXT NOT NULL,
    sub_bass_pct REAL NOT NULL,
    bass_pct REAL NOT NULL,
    low_mid_pct REAL NOT NULL,
    mid_pct REAL NOT NULL,
    upper_mid_pct REAL NOT NULL,
    presence_pct REAL NOT NULL,
    air_pct REAL NOT NULL,
    lufs REAL NOT NULL,
    crest_db REAL NOT NULL,
    bass_mid_ratio REAL NOT NULL,
    tempo_bpm REAL NOT NULL,
    rhythm_stability REAL NOT NULL,
    transient_density REAL NOT NULL,
    silence_ratio REAL NOT NULL,
    spectral_centroid REAL NOT NULL,
    spectral_rolloff REAL NOT NULL,
    spectral_flatness REAL NOT NULL,
    harmonic_ratio REAL NOT NULL,
    pitch_stability REAL NOT NULL,
    chroma_energy REAL NOT NULL,
    dynamic_range_variation REAL NOT NULL,
    loudness_variation_std REAL NOT NULL,
    peak_consistency REAL NOT NULL,
    stereo_width REAL NOT NULL,
    phase_correlation REAL NOT NULL
);
INSERT INTO "fingerprints" VALUES(1,1,1000,1700000000123456789,'analysis',1.795865285264457941e+09,81.5,'{"duration_sec": 3.5, "sample_rate": 8000, "channels": 1, "format": "mp3", "codec": "mp3", "warnings": [], "undefined": ["tempo_bpm"]}',1.5625,3.125,4.6875,6.25,7.8125,9.375,10.9375,-60.0,16.875,-41.25,76.40625,0.1875,0.203125,0.21875,4687.5,5000.0,0.265625,0.28125,0.296875,0.3125,0.328125,6.875,0.359375,0.375,-0.21875);
INSERT INTO "fingerprints" VALUES(3,1,1000,1700000000123456789,'analysis',1.79586528526530647274e+09,81.5,'{"duration_sec": 3.5, "sample_rate": 8000, "channels": 1, "format": "mp3", "codec": "mp3", "warnings": [], "undefined": ["tempo_bpm"]}',3.125,4.6875,6.25,7.8125,9.375,10.9375,12.5,-58.75,18.75,-39.375,80.625,0.203125,0.21875,0.234375,5000.0,5312.5,0.28125,0.296875,0.3125,0.328125,0.34375,7.1875,0.375,0.390625,-0.1875);
CREATE TABLE jobs (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    queued_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sidecar_checked INTEGER NOT NULL DEFAULT 0,
    claim TEXT
);
INSERT INTO "jobs" VALUES(4,1.79586528525760555268e+09,0,0,NULL);
CREATE TABLE memory (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tracks (
    track_id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE
);
INSERT INTO "tracks" VALUES(77,1);
CREATE INDEX jobs_waiting ON jobs (claim, sidecar_checked, queued_at DESC);
CREATE INDEX tracks_of_file ON tracks (file_id);
COMMIT;
PRAGMA user_version = 1;
