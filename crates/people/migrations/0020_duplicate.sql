-- Registrations that may be one person, and merges with what is needed to take them back exactly (ADR 0018).

-- No foreign keys here: rows of imports that are given up are removed in bulk. low_id < high_id
CREATE TABLE duplicate_pair (
    low_id BIGINT NOT NULL,
    high_id BIGINT NOT NULL,
    -- where they were at home when the pair was found
    low_home BIGINT NOT NULL,
    high_home BIGINT NOT NULL,
    -- codes, the strongest first, space-separated
    reasons TEXT NOT NULL,
    score BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'not_same', 'merged')),
    found_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    PRIMARY KEY (low_id, high_id)
);
CREATE INDEX duplicate_pair_score_idx ON duplicate_pair (state, score, low_id, high_id);
CREATE INDEX duplicate_pair_home_idx ON duplicate_pair (low_home, state, score, low_id, high_id);
CREATE INDEX duplicate_pair_high_idx ON duplicate_pair (high_id, low_id);

-- A registration that is part of another one: the row stays, because what refers to it stays true.
ALTER TABLE person ADD COLUMN merged_into BIGINT;
CREATE INDEX person_merged_idx ON person (merged_into, id) WHERE merged_into IS NOT NULL;

CREATE TABLE person_merge (
    id BIGINT PRIMARY KEY,
    kept_id BIGINT NOT NULL,
    gone_id BIGINT NOT NULL,
    -- done → undone, within 30 days; done → final, when what is needed to undo it was removed
    state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'final')),
    note TEXT NOT NULL,
    by_account BIGINT,
    at BIGINT NOT NULL,
    undo_until BIGINT NOT NULL,
    undone_by BIGINT,
    undone_at BIGINT,
    undo_note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX person_merge_kept_idx ON person_merge (kept_id, id);
CREATE INDEX person_merge_gone_idx ON person_merge (gone_id, id);
CREATE INDEX person_merge_state_idx ON person_merge (state, undo_until, id);

-- Both files as they were, sealed fields as they are sealed.
CREATE TABLE merge_before (
    merge_id BIGINT NOT NULL REFERENCES person_merge (id),
    person_id BIGINT NOT NULL,
    national_no TEXT,
    gender TEXT NOT NULL,
    birth_on BIGINT,
    id_kind TEXT NOT NULL,
    id_enc BYTEA,
    id_index BYTEA,
    phone_enc BYTEA,
    phone_index BYTEA,
    address TEXT NOT NULL,
    employer TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL,
    assurance TEXT NOT NULL,
    rank_public BOOLEAN NOT NULL,
    guard TEXT NOT NULL,
    joined_on BIGINT,
    claimed_at BIGINT,
    PRIMARY KEY (merge_id, person_id)
);

-- What a merge moved, ended or added, one row each: the table and kind of change, the row, and how it was.
CREATE TABLE merge_step (
    merge_id BIGINT NOT NULL REFERENCES person_merge (id),
    what TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    sub BIGINT NOT NULL DEFAULT 0,
    key_bytes BYTEA,
    before TEXT NOT NULL DEFAULT ''
);
CREATE INDEX merge_step_idx ON merge_step (merge_id, what, row_id, sub);
