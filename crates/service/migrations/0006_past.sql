-- Past hours: what earlier systems say about service given before (Add-04, ADR 0015).

-- One file. Its lines become records of class `legacy` in a session of their own, which carries them and is shown
-- nowhere else; undoing the batch voids them all.
CREATE TABLE past_batch (
    id BIGINT PRIMARY KEY,
    account_id BIGINT,
    org_id BIGINT NOT NULL REFERENCES org (id),
    file_name TEXT NOT NULL,
    file_hash BYTEA NOT NULL,
    file_path TEXT NOT NULL,
    sheet TEXT NOT NULL DEFAULT '',
    mapping TEXT NOT NULL DEFAULT '',
    -- the earlier system, in words that the person will see
    source TEXT NOT NULL DEFAULT '',
    -- an official system's export counts for stars, a plain table does not
    official BOOLEAN NOT NULL DEFAULT FALSE,
    state TEXT NOT NULL CHECK (state IN ('mapping', 'checking', 'preview', 'publishing', 'published', 'undoing', 'undone',
        'cancelled', 'failed')),
    job_id BIGINT,
    rows_all BIGINT NOT NULL DEFAULT 0,
    rows_new BIGINT NOT NULL DEFAULT 0,
    rows_known BIGINT NOT NULL DEFAULT 0,
    rows_refused BIGINT NOT NULL DEFAULT 0,
    rows_flagged BIGINT NOT NULL DEFAULT 0,
    -- of the lines to come, or that came
    minutes BIGINT NOT NULL DEFAULT 0,
    -- up to which person the people of the batch were told
    told_to BIGINT NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    activity_id BIGINT,
    session_id BIGINT,
    created_at BIGINT NOT NULL,
    published_at BIGINT,
    published_by BIGINT,
    undone_at BIGINT,
    undone_by BIGINT,
    undo_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX past_batch_account_idx ON past_batch (account_id, id);
CREATE INDEX past_batch_state_idx ON past_batch (state, id);
CREATE INDEX past_batch_session_idx ON past_batch (session_id);

CREATE TABLE past_line (
    batch_id BIGINT NOT NULL REFERENCES past_batch (id),
    row_no BIGINT NOT NULL,
    -- new → published → undone, void or disowned (“not mine”); known: there already; refused
    verdict TEXT NOT NULL CHECK (verdict IN ('new', 'known', 'refused', 'published', 'undone', 'void', 'disowned')),
    person_id BIGINT,
    team_id BIGINT NOT NULL DEFAULT 0,
    community_id BIGINT NOT NULL DEFAULT 0,
    street_id BIGINT NOT NULL DEFAULT 0,
    home_org BIGINT NOT NULL DEFAULT 0,
    title TEXT NOT NULL DEFAULT '',
    team TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    place TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL DEFAULT '',
    source_no TEXT NOT NULL DEFAULT '',
    service_on BIGINT NOT NULL DEFAULT 0,
    start_at BIGINT NOT NULL DEFAULT 0,
    end_at BIGINT NOT NULL DEFAULT 0,
    minutes BIGINT NOT NULL DEFAULT 0,
    flags TEXT NOT NULL DEFAULT '',
    reasons TEXT NOT NULL DEFAULT '',
    -- the cells as they stood, until the line is published
    cells_enc BYTEA,
    record_id BIGINT,
    PRIMARY KEY (batch_id, row_no)
);
CREATE INDEX past_line_verdict_idx ON past_line (batch_id, verdict, row_no);
CREATE INDEX past_line_batch_person_idx ON past_line (batch_id, person_id, row_no);
CREATE INDEX past_line_person_idx ON past_line (person_id, batch_id, row_no);
CREATE INDEX past_line_source_idx ON past_line (source_no, batch_id, row_no);

-- Two batches that hold the same rows are published one after the other, chunk by chunk: each locks this row first.
CREATE TABLE past_gate (
    id BIGINT PRIMARY KEY,
    turns BIGINT NOT NULL
);
INSERT INTO past_gate (id, turns) VALUES (1, 0);

-- Activities that only carry past hours: no page, no list.
ALTER TABLE activity ADD COLUMN carrier BOOLEAN NOT NULL DEFAULT FALSE;

-- A carrying session holds many records of one person; their row in the file tells them apart. 0 for all others.
ALTER TABLE record ADD COLUMN line BIGINT NOT NULL DEFAULT 0;
DROP INDEX record_once_key;
CREATE UNIQUE INDEX record_once_key ON record (session_id, person_id, line) WHERE state <> 'void';
