-- Paths are the bytes the operating system uses. Times are Unix seconds, stamps nanoseconds.
-- A file that is present has exactly one of: a job, a failure, or a fingerprint of its present stamp and algorithm.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    added_at REAL NOT NULL,
    missing_since REAL
);

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

-- Claims live here, apart from results: what was in flight when the program ended is simply claimed again.
CREATE TABLE jobs (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    queued_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sidecar_checked INTEGER NOT NULL DEFAULT 0,
    claim TEXT
);
CREATE INDEX jobs_waiting ON jobs (claim, sidecar_checked, queued_at DESC);

-- The host's ids, as its requests named them.
CREATE TABLE tracks (
    track_id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE
);
CREATE INDEX tracks_of_file ON tracks (file_id);

CREATE TABLE memory (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
