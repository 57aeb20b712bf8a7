-- Numbered paper lists (Add-42): what was printed for a session, and what was entered from it.

CREATE TABLE sheet (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    -- sheets printed together carry the id of the first
    batch BIGINT NOT NULL,
    -- number within the session: what stands on the paper is the session's short number and this
    no BIGINT NOT NULL,
    -- printed: may be entered, once; entered; void: lost or spoilt, and never entered
    state TEXT NOT NULL CHECK (state IN ('printed', 'entered', 'void')),
    printed_at BIGINT NOT NULL,
    printed_by BIGINT NOT NULL REFERENCES account (id),
    -- what was typed so far, as the fields of the form
    draft TEXT NOT NULL DEFAULT '',
    ended_at BIGINT,
    ended_by BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sheet_no_key ON sheet (session_id, no);
CREATE INDEX sheet_state_idx ON sheet (state, id);

-- Lines with a name on them; the others are empty, for people who come along.
CREATE TABLE sheet_line (
    sheet_id BIGINT NOT NULL REFERENCES sheet (id),
    line BIGINT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    in_at BIGINT,
    out_at BIGINT,
    -- what entering came to; empty until then
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'blank', 'entered', 'ended', 'kept', 'asked')),
    PRIMARY KEY (sheet_id, line)
);
CREATE INDEX sheet_line_person_idx ON sheet_line (person_id);
