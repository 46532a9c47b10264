-- The state of each file, derived from the tables that decide it, and the number of files in each state.
CREATE VIEW derived_states AS
SELECT
    f.id AS file_id,
    CASE
        WHEN f.missing_since IS NOT NULL THEN 'missing'
        WHEN j.claim IS NOT NULL THEN 'running'
        WHEN j.file_id IS NOT NULL AND p.file_id IS NOT NULL THEN 'outdated'
        WHEN j.file_id IS NOT NULL THEN 'pending'
        WHEN x.file_id IS NOT NULL THEN 'failed'
        ELSE 'done'
    END AS state,
    CASE WHEN f.missing_since IS NULL AND j.file_id IS NULL THEN coalesce(x.code, '') ELSE '' END AS code
FROM files f
LEFT JOIN jobs j ON j.file_id = f.id
LEFT JOIN fingerprints p ON p.file_id = f.id
LEFT JOIN failures x ON x.file_id = f.id;

CREATE TABLE file_states (
    file_id INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    code TEXT NOT NULL
);
CREATE TABLE state_counts (
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (state, code)
) WITHOUT ROWID;
INSERT INTO file_states SELECT file_id, state, code FROM derived_states;
INSERT INTO state_counts SELECT state, code, count(*) FROM file_states GROUP BY state, code;
CREATE INDEX file_states_left ON file_states (state, code) WHERE state NOT IN ('done', 'missing');

-- No conflict clauses: a trigger takes over that of the statement that fires it. Deriving the state anew makes each
-- trigger right however often it fires.
CREATE TRIGGER state_of_new_file AFTER INSERT ON files BEGIN
    INSERT INTO file_states SELECT file_id, state, code FROM derived_states WHERE file_id = new.id;
END;
CREATE TRIGGER state_of_deleted_file BEFORE DELETE ON files BEGIN
    DELETE FROM file_states WHERE file_id = old.id;
END;
CREATE TRIGGER state_by_presence AFTER UPDATE OF missing_since ON files BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = new.id)
    WHERE file_id = new.id;
END;
CREATE TRIGGER state_by_new_job AFTER INSERT ON jobs BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = new.file_id)
    WHERE file_id = new.file_id;
END;
CREATE TRIGGER state_by_claim AFTER UPDATE OF claim ON jobs BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = new.file_id)
    WHERE file_id = new.file_id;
END;
CREATE TRIGGER state_by_ended_job AFTER DELETE ON jobs BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = old.file_id)
    WHERE file_id = old.file_id;
END;
CREATE TRIGGER state_by_new_result AFTER INSERT ON fingerprints
WHEN EXISTS (SELECT 1 FROM jobs WHERE file_id = new.file_id) BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = new.file_id)
    WHERE file_id = new.file_id;
END;
CREATE TRIGGER state_by_deleted_result AFTER DELETE ON fingerprints
WHEN EXISTS (SELECT 1 FROM jobs WHERE file_id = old.file_id) BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = old.file_id)
    WHERE file_id = old.file_id;
END;
CREATE TRIGGER state_by_new_failure AFTER INSERT ON failures BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = new.file_id)
    WHERE file_id = new.file_id;
END;
CREATE TRIGGER state_by_changed_failure AFTER UPDATE OF code ON failures BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = new.file_id)
    WHERE file_id = new.file_id;
END;
CREATE TRIGGER state_by_deleted_failure AFTER DELETE ON failures BEGIN
    UPDATE file_states SET (state, code) = (SELECT state, code FROM derived_states d WHERE d.file_id = old.file_id)
    WHERE file_id = old.file_id;
END;

CREATE TRIGGER counted_new_state AFTER INSERT ON file_states BEGIN
    INSERT INTO state_counts SELECT new.state, new.code, 0
    WHERE NOT EXISTS (SELECT 1 FROM state_counts WHERE state = new.state AND code = new.code);
    UPDATE state_counts SET number = number + 1 WHERE state = new.state AND code = new.code;
END;
CREATE TRIGGER counted_deleted_state AFTER DELETE ON file_states BEGIN
    UPDATE state_counts SET number = number - 1 WHERE state = old.state AND code = old.code;
END;
CREATE TRIGGER counted_changed_state AFTER UPDATE ON file_states
WHEN old.state != new.state OR old.code != new.code BEGIN
    UPDATE state_counts SET number = number - 1 WHERE state = old.state AND code = old.code;
    INSERT INTO state_counts SELECT new.state, new.code, 0
    WHERE NOT EXISTS (SELECT 1 FROM state_counts WHERE state = new.state AND code = new.code);
    UPDATE state_counts SET number = number + 1 WHERE state = new.state AND code = new.code;
END;

-- Analyses that ended in each minute since 1970.
CREATE TABLE analysis_minutes (
    minute INTEGER PRIMARY KEY,
    tracks INTEGER NOT NULL DEFAULT 0,
    audio_sec REAL NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0
);
INSERT INTO analysis_minutes
SELECT minute, sum(tracks), coalesce(sum(audio), 0), sum(failed) FROM (
    SELECT CAST(analysed_at / 60 AS INTEGER) AS minute, 1 AS tracks, 0 AS failed,
        CASE WHEN json_valid(metadata) THEN json_extract(metadata, '$.duration_sec') END AS audio
    FROM fingerprints WHERE source = 'analysis'
    UNION ALL
    SELECT CAST(failed_at / 60 AS INTEGER), 0, 1, 0 FROM failures WHERE code != 'cancelled'
) WHERE minute IS NOT NULL GROUP BY minute;
CREATE TRIGGER analysis_ended AFTER INSERT ON fingerprints
WHEN new.source = 'analysis' AND new.analysed_at > (julianday('now') - 2440587.5) * 86400 - 600 BEGIN
    INSERT INTO analysis_minutes (minute) SELECT CAST(new.analysed_at / 60 AS INTEGER)
    WHERE NOT EXISTS (SELECT 1 FROM analysis_minutes WHERE minute = CAST(new.analysed_at / 60 AS INTEGER));
    UPDATE analysis_minutes SET tracks = tracks + 1, audio_sec = audio_sec + coalesce(
        CASE WHEN json_valid(new.metadata) THEN json_extract(new.metadata, '$.duration_sec') END, 0
    ) WHERE minute = CAST(new.analysed_at / 60 AS INTEGER);
END;
CREATE TRIGGER analysis_failed AFTER INSERT ON failures WHEN new.code != 'cancelled' BEGIN
    INSERT INTO analysis_minutes (minute) SELECT CAST(new.failed_at / 60 AS INTEGER)
    WHERE NOT EXISTS (SELECT 1 FROM analysis_minutes WHERE minute = CAST(new.failed_at / 60 AS INTEGER));
    UPDATE analysis_minutes SET failed = failed + 1 WHERE minute = CAST(new.failed_at / 60 AS INTEGER);
END;
