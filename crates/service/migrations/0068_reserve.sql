-- Places of a session that are kept for a team, or for whom the leader enters, until a time.
CREATE TABLE reserve (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    -- whose people they are kept for; none: whoever the leader enters
    org_id BIGINT REFERENCES org (id),
    places BIGINT NOT NULL CHECK (places > 0),
    until_at BIGINT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    at BIGINT NOT NULL
);
CREATE INDEX reserve_session_idx ON reserve (session_id, id);
CREATE INDEX reserve_org_idx ON reserve (org_id);

-- Which sign-up stands on a kept place. It counts as long as the sign-up does.
CREATE TABLE reserve_use (
    sign_up_id BIGINT PRIMARY KEY REFERENCES sign_up (id),
    reserve_id BIGINT NOT NULL REFERENCES reserve (id)
);
CREATE INDEX reserve_use_idx ON reserve_use (reserve_id);

-- Until when any place of the session is kept: most sessions keep none, and nothing more is asked about them.
ALTER TABLE session ADD COLUMN reserved_until BIGINT NOT NULL DEFAULT 0;
