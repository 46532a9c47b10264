-- Results whose file has got other audio since, by the digest of their audio. `record`: as in an export.
CREATE TABLE former_results (
    payload_digest BLOB PRIMARY KEY,
    content BLOB,
    algorithm_version INTEGER NOT NULL,
    kept_at REAL NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX former_results_by_content ON former_results (content) WHERE content IS NOT NULL;
CREATE INDEX former_results_by_age ON former_results (kept_at);
