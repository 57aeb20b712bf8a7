-- What a session leaves: pictures, a summary, and what volunteers thought of it (ADR 0021).

CREATE TABLE photo (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    -- who gave it; an account of staff need not be a person
    person_id BIGINT REFERENCES person (id),
    account_id BIGINT NOT NULL,
    -- names in stored_file
    display TEXT NOT NULL,
    thumb TEXT NOT NULL,
    -- of the file that came: the same one twice is one picture
    hash BYTEA NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    caption TEXT NOT NULL DEFAULT '',
    place_no BIGINT NOT NULL,
    -- new: the leader has not looked; fit: shown to everybody; asked: somebody who was there wants it down, it is hidden
    -- until the leader answers; down: taken down for good; deleted: gone after a day
    state TEXT NOT NULL CHECK (state IN ('new', 'fit', 'asked', 'down', 'deleted')),
    -- what it was before it was deleted, for the way back
    state_before TEXT NOT NULL DEFAULT '',
    state_at BIGINT NOT NULL,
    state_by BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX photo_once_key ON photo (session_id, hash) WHERE state <> 'deleted';
CREATE INDEX photo_session_idx ON photo (session_id, place_no, id);
CREATE INDEX photo_activity_idx ON photo (activity_id, state, id);
CREATE INDEX photo_person_idx ON photo (person_id, id);
CREATE INDEX photo_state_idx ON photo (state, state_at, id);

CREATE TABLE photo_request (
    id BIGINT PRIMARY KEY,
    photo_id BIGINT NOT NULL REFERENCES photo (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('open', 'agreed', 'refused')),
    answer TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE UNIQUE INDEX photo_request_once_key ON photo_request (photo_id, person_id) WHERE state = 'open';
CREATE INDEX photo_request_state_idx ON photo_request (state, id);
CREATE INDEX photo_request_person_idx ON photo_request (person_id, id);
CREATE INDEX photo_request_photo_idx ON photo_request (photo_id, id);

-- What the leader says about a session when it is over, and whether those who were there may add pictures.
CREATE TABLE session_story (
    session_id BIGINT PRIMARY KEY REFERENCES session (id),
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    text TEXT NOT NULL DEFAULT '',
    published_at BIGINT,
    volunteers_may BOOLEAN NOT NULL DEFAULT FALSE,
    changed_at BIGINT NOT NULL,
    changed_by BIGINT
);
CREATE INDEX session_story_activity_idx ON session_story (activity_id, session_id);

-- A volunteer's own words about a session; shown once the leader approved them.
CREATE TABLE reflection (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    text TEXT NOT NULL,
    -- whether the name stands under it, by the writer's own wish
    named BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'returned', 'withdrawn')),
    answer TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE UNIQUE INDEX reflection_once_key ON reflection (session_id, person_id) WHERE state <> 'withdrawn';
CREATE INDEX reflection_activity_idx ON reflection (activity_id, state, id);
CREATE INDEX reflection_person_idx ON reflection (person_id, id);
CREATE INDEX reflection_state_idx ON reflection (state, id);
