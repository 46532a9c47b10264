-- `content` names the music itself, wherever it lies and whatever its tags say; NULL where it is not known.
ALTER TABLE fingerprints ADD COLUMN content BLOB;
CREATE INDEX fingerprints_by_content ON fingerprints (content) WHERE content IS NOT NULL;

-- When a file that could not be read is tried again; NULL: not before it changes.
ALTER TABLE failures ADD COLUMN retry_at REAL;
CREATE INDEX failures_to_retry ON failures (retry_at) WHERE retry_at IS NOT NULL;

-- `suspect`: 0 no, 1 took too long, 2 its worker died. `priority`: the higher the sooner.
ALTER TABLE jobs ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (claim, sidecar_checked, suspect, priority DESC, queued_at DESC);
