-- Searches count all matches, less those that are missing.
CREATE INDEX files_missing ON files (missing_since) WHERE missing_since IS NOT NULL;
