-- Groups of a session (A3, M4): who goes where with whom, and who of them leads. A group leader calls the roll of the
-- group, nothing more (M5).

CREATE TABLE session_group (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    -- number within the session; a group without a name is called by it
    no BIGINT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    -- where it meets, what it does; may be empty
    place TEXT NOT NULL DEFAULT '',
    task TEXT NOT NULL DEFAULT '',
    -- the place of whoever leads it. It stays when that place is given back: the right hangs on the place's state, and
    -- the page still tells who it was
    leader_id BIGINT REFERENCES sign_up (id)
);
CREATE INDEX session_group_session_idx ON session_group (session_id, no, id);
CREATE INDEX session_group_leader_idx ON session_group (leader_id);

CREATE TABLE session_group_member (
    sign_up_id BIGINT NOT NULL PRIMARY KEY REFERENCES sign_up (id),
    group_id BIGINT NOT NULL REFERENCES session_group (id),
    -- the group leader who marked the person absent; what somebody else marked is not theirs to change
    absent_by BIGINT
);
CREATE INDEX session_group_member_group_idx ON session_group_member (group_id, sign_up_id);

-- The groups of a session as they were before the last change, for undoing it. Ids only.
CREATE TABLE session_group_undo (
    session_id BIGINT NOT NULL PRIMARY KEY REFERENCES session (id),
    layout TEXT NOT NULL,
    at BIGINT NOT NULL
);
