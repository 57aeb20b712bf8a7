-- Qualifications with their validity, and trainings (A5; Regulation 15, 16; Order 67, article 8).

-- What the city knows: certificates that people hand in, and trainings that count.
CREATE TABLE qualification_kind (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('certificate', 'training')),
    -- a certificate of this kind names the day on which it ends
    expires BOOLEAN NOT NULL,
    -- a training counts for so long; not said: for good
    months BIGINT CHECK (months BETWEEN 1 AND 600),
    in_use BOOLEAN NOT NULL
);

-- A training held for several people (Order 67, article 8: name, main content, time, holding body, date).
CREATE TABLE training (
    id BIGINT PRIMARY KEY,
    team_id BIGINT NOT NULL REFERENCES org (id),
    -- as what it counts, if as anything
    kind TEXT REFERENCES qualification_kind (code),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    minutes BIGINT NOT NULL CHECK (minutes > 0),
    holder TEXT NOT NULL,
    held_on BIGINT NOT NULL,
    entered_at BIGINT NOT NULL,
    entered_by BIGINT,
    voided_at BIGINT,
    voided_by BIGINT,
    void_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX training_team_idx ON training (team_id, held_on, id);

CREATE TABLE training_person (
    id BIGINT PRIMARY KEY,
    training_id BIGINT NOT NULL REFERENCES training (id),
    person_id BIGINT NOT NULL REFERENCES person (id)
);
CREATE UNIQUE INDEX training_person_key ON training_person (training_id, person_id);
CREATE INDEX training_person_idx ON training_person (person_id, id);

-- What a person may show: a certificate, or a training that counts.
CREATE TABLE qualification (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL REFERENCES qualification_kind (code),
    number_enc BYTEA,
    issuer TEXT NOT NULL,
    from_on BIGINT NOT NULL,
    -- the last day; not said: it does not end
    until_on BIGINT,
    state TEXT NOT NULL CHECK (state IN ('handed_in', 'confirmed', 'refused', 'withdrawn', 'revoked')),
    reason TEXT NOT NULL DEFAULT '',
    training_id BIGINT REFERENCES training (id),
    handed_in_at BIGINT NOT NULL,
    handed_in_by BIGINT,
    decided_at BIGINT,
    decided_by BIGINT,
    CHECK (until_on IS NULL OR until_on >= from_on)
);
CREATE UNIQUE INDEX qualification_waiting_key ON qualification (person_id, kind) WHERE state = 'handed_in';
CREATE INDEX qualification_person_idx ON qualification (person_id, kind, state);
CREATE INDEX qualification_state_idx ON qualification (state, id);
CREATE INDEX qualification_until_idx ON qualification (state, until_on, id);
CREATE INDEX qualification_training_idx ON qualification (training_id, id);
