-- Reporting in (Add-06): whom a unit named, what they said themselves, which communities confirmed it.

CREATE TABLE report_in (
    id BIGINT PRIMARY KEY,
    unit_id BIGINT NOT NULL REFERENCES org (id),
    -- as the unit wrote it; and who it is, as soon as a registration fits
    name TEXT NOT NULL,
    person_id BIGINT REFERENCES person (id),
    -- by it a registration that is made later is found
    phone_index BYTEA,
    state TEXT NOT NULL CHECK (state IN ('listed', 'confirmed', 'declined', 'ended')),
    listed_at BIGINT NOT NULL,
    listed_by BIGINT,
    answered_at BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX report_in_once_key ON report_in (unit_id, person_id) WHERE state <> 'ended';
CREATE INDEX report_in_unit_idx ON report_in (unit_id, state, id);
CREATE INDEX report_in_person_idx ON report_in (person_id, state, id);
CREATE INDEX report_in_phone_idx ON report_in (phone_index, id);

-- As what: proposed by the unit, then chosen by the person, erased when they decline.
CREATE TABLE report_identity (
    report_id BIGINT NOT NULL REFERENCES report_in (id),
    identity TEXT NOT NULL,
    PRIMARY KEY (report_id, identity)
);

-- Where: the community of the home, that of the unit, or both.
CREATE TABLE report_place (
    id BIGINT PRIMARY KEY,
    report_id BIGINT NOT NULL REFERENCES report_in (id),
    kind TEXT NOT NULL CHECK (kind IN ('home', 'unit')),
    community_id BIGINT NOT NULL REFERENCES org (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'confirmed', 'refused', 'ended')),
    asked_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX report_place_live_key ON report_place (report_id, kind) WHERE state IN ('asked', 'confirmed');
CREATE INDEX report_place_report_idx ON report_place (report_id, id);
CREATE INDEX report_place_community_idx ON report_place (community_id, state, id);
