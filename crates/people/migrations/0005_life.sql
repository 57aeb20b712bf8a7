-- Transfers between teams (V6) and the life cycle by the person's own word.

CREATE TABLE team_transfer (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    from_org BIGINT NOT NULL REFERENCES org (id),
    to_org BIGINT NOT NULL REFERENCES org (id),
    reason TEXT NOT NULL DEFAULT '',
    -- requested → source_agreed → done; refused by either, cancelled by the person
    state TEXT NOT NULL CHECK (state IN ('requested', 'source_agreed', 'done', 'refused', 'cancelled')),
    requested_at BIGINT NOT NULL,
    -- who answers next should by then; the organisations above may at any time
    due_on BIGINT NOT NULL,
    source_at BIGINT,
    source_by BIGINT,
    source_opinion TEXT NOT NULL DEFAULT '',
    target_at BIGINT,
    target_by BIGINT,
    target_opinion TEXT NOT NULL DEFAULT '',
    ended_at BIGINT
);
CREATE UNIQUE INDEX team_transfer_live_key ON team_transfer (person_id, from_org)
    WHERE state IN ('requested', 'source_agreed');
CREATE INDEX team_transfer_person_idx ON team_transfer (person_id, id);
CREATE INDEX team_transfer_from_idx ON team_transfer (from_org, state, id);
CREATE INDEX team_transfer_to_idx ON team_transfer (to_org, state, id);

-- Who paused, and so who may end the pause.
ALTER TABLE person ADD COLUMN paused_by TEXT NOT NULL DEFAULT '' CHECK (paused_by IN ('', 'self', 'staff'));
