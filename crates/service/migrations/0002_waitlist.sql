-- Waiting for a place. An offered place is held: it counts in session.taken (and post.taken) until it is
-- confirmed, declined or lapsed, so that booking never has to look here.
CREATE TABLE waiting (
    -- ordered by time: the order of the list
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    -- the post waited for; NULL: any
    post_id BIGINT REFERENCES post (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- the team it would be done for; as in sign_up, no foreign key
    team_id BIGINT NOT NULL,
    -- over: the list was closed two hours before the start, or the session was cancelled
    state TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'confirmed', 'declined', 'lapsed', 'left', 'over')),
    created_at BIGINT NOT NULL,
    offered_at BIGINT,
    respond_by BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX waiting_once_key ON waiting (session_id, person_id) WHERE state IN ('waiting', 'offered');
CREATE INDEX waiting_session_idx ON waiting (session_id, state, id);
CREATE INDEX waiting_due_idx ON waiting (state, respond_by, id);
CREATE INDEX waiting_person_idx ON waiting (person_id, state, id);
