-- Written agreements (Regulation on volunteer service, Art. 14; provincial rules such as Zhejiang Art. 21, Beijing
-- Art. 18; A7): between whoever serves and the body, where a rule says so or one of them asks.

-- Versions of the text that the city's office published; the one as delivered is version 0 and in no row.
CREATE TABLE agreement_text (
    version BIGINT PRIMARY KEY,
    zh TEXT NOT NULL,
    en TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT
);

-- What the organiser says of an activity.
CREATE TABLE agreement_terms (
    activity_id BIGINT NOT NULL PRIMARY KEY REFERENCES activity (id),
    -- it takes place outside the region
    outside BOOLEAN NOT NULL,
    -- the organiser asks for an agreement
    asked BOOLEAN NOT NULL,
    -- the body has signed in advance for everybody who signs; its name, by whom
    offered_at BIGINT,
    offered_by BIGINT,
    offered_name TEXT NOT NULL DEFAULT ''
);

CREATE TABLE agreement (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'signed', 'bound', 'ended')),
    -- whoever serves asked for it
    wanted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    -- as it was signed: the whole text, the version it was made from, SHA-256 of the text in hexadecimal
    version BIGINT NOT NULL DEFAULT 0,
    text TEXT NOT NULL DEFAULT '',
    hash TEXT NOT NULL DEFAULT '',
    signed_at BIGINT,
    signed_by BIGINT,
    signed_name TEXT NOT NULL DEFAULT '',
    -- a guardian signed for a minor
    for_minor BOOLEAN NOT NULL DEFAULT FALSE,
    counter_at BIGINT,
    counter_by BIGINT,
    counter_name TEXT NOT NULL DEFAULT '',
    ended_at BIGINT
);
CREATE UNIQUE INDEX agreement_once_key ON agreement (activity_id, person_id) WHERE state <> 'ended';
CREATE INDEX agreement_person_idx ON agreement (person_id, id);
CREATE INDEX agreement_signed_idx ON agreement (activity_id, id) WHERE state = 'signed';
