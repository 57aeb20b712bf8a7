-- Questions of a large city: a session's records by state, drafts, and figures that take long to count.
CREATE INDEX record_session_idx ON record (session_id, state);
CREATE INDEX activity_draft_idx ON activity (created_at, id) WHERE state = 'draft';

-- Figures of the dashboard that took long to count, as of `at`; they are counted anew beside the pages. The row with
-- the empty code says when an area was counted last and how long that took.
CREATE TABLE figure_kept (
    area_path TEXT NOT NULL,
    code TEXT NOT NULL,
    from_on BIGINT NOT NULL,
    to_on BIGINT NOT NULL,
    n BIGINT NOT NULL,
    -- the denominator of a rate
    of_n BIGINT,
    at BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    PRIMARY KEY (area_path, code, from_on, to_on)
);
