-- 1: somebody asked for the analysis itself; neither a sidecar nor the result of the same music elsewhere ends the job.
ALTER TABLE jobs ADD COLUMN afresh INTEGER NOT NULL DEFAULT 0;
