-- The rights desk (X8): what somebody asks about their own data that needs a person, with the day on which an answer is
-- due (PIPL, articles 44 to 50).

CREATE TABLE rights_request (
    id BIGINT PRIMARY KEY,
    -- whose data it is about
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- the guardian who asks for a minor; not said: the person
    asker_id BIGINT REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('correct', 'delete', 'copy')),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused', 'withdrawn')),
    asked_at BIGINT NOT NULL,
    due_on BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    answer TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX rights_request_open_key ON rights_request (person_id, kind) WHERE state = 'open';
CREATE INDEX rights_request_person_idx ON rights_request (person_id, id);
CREATE INDEX rights_request_asker_idx ON rights_request (asker_id, id);
CREATE INDEX rights_request_state_idx ON rights_request (state, id);
