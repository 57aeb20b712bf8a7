-- Service without a place (Add-57): online, or at the volunteer's own home.
CREATE TABLE remote (
    activity_id BIGINT NOT NULL PRIMARY KEY REFERENCES activity (id),
    site TEXT NOT NULL CHECK (site IN ('online', 'home')),
    -- minutes that one delivered piece counts; NULL: by start and stop
    piece_minutes BIGINT CHECK (piece_minutes BETWEEN 1 AND 120)
);

-- What somebody delivered in a session; the last word before the roll is handed in.
CREATE TABLE remote_delivery (
    session_id BIGINT NOT NULL REFERENCES session (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    pieces BIGINT NOT NULL CHECK (pieces >= 0),
    note TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL,
    PRIMARY KEY (session_id, person_id)
);
CREATE INDEX remote_delivery_person_idx ON remote_delivery (person_id);
