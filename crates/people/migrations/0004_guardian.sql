-- Guardians of minors (V4, Fix-07, Edge-10; ADR 0016).

-- Where the guardian's consent stands, beside the birth date that decides whether it matters: signing up reads both in
-- the row it reads anyway. The ledger is the table below.
ALTER TABLE person ADD COLUMN guard TEXT NOT NULL DEFAULT ''
    CHECK (guard IN ('', 'asked', 'given', 'refused', 'withdrawn', 'own_work'));

-- One guardian asked or answering for a minor; a later one is a row of its own.
CREATE TABLE guardian (
    id BIGINT PRIMARY KEY,
    minor_id BIGINT NOT NULL REFERENCES person (id),
    -- the guardian's own registration, when there is one of that name and phone
    guardian_id BIGINT REFERENCES person (id),
    name TEXT NOT NULL,
    relation TEXT NOT NULL CHECK (relation IN ('father', 'mother', 'grandparent', 'other')),
    phone_enc BYTEA NOT NULL,
    phone_index BYTEA NOT NULL,
    -- asked → given | refused | lapsed; given → withdrawn; all → ended (the eighteenth birthday, another guardian)
    state TEXT NOT NULL CHECK (state IN ('asked', 'given', 'refused', 'withdrawn', 'lapsed', 'ended')),
    -- account: by own sign-in; phone: by a code sent to the phone; desk: before staff
    channel TEXT NOT NULL DEFAULT '',
    -- of the text that was agreed to
    version TEXT NOT NULL DEFAULT '',
    asked_at BIGINT NOT NULL,
    respond_by BIGINT NOT NULL,
    answered_at BIGINT,
    ended_at BIGINT,
    -- the eighteenth birthday: access ends as that day begins
    until_on BIGINT NOT NULL,
    told_at BIGINT
);
CREATE INDEX guardian_minor_idx ON guardian (minor_id, id);
CREATE UNIQUE INDEX guardian_live_key ON guardian (minor_id) WHERE state IN ('asked', 'given', 'withdrawn');
CREATE INDEX guardian_phone_idx ON guardian (phone_index, state, id);
CREATE INDEX guardian_person_idx ON guardian (guardian_id, state, id);
CREATE INDEX guardian_due_idx ON guardian (state, respond_by, id);
CREATE INDEX guardian_until_idx ON guardian (state, until_on, id);

-- Who consented for a child under fourteen, and the day from which the own consent is asked instead.
ALTER TABLE consent ADD COLUMN guardian_id BIGINT;
ALTER TABLE consent ADD COLUMN renew_on BIGINT;
CREATE INDEX consent_renew_idx ON consent (renew_on, id) WHERE withdrawn_at IS NULL AND renew_on IS NOT NULL;

-- Registrations people made themselves that wait for a guardian: the regular job looks at nobody else.
CREATE INDEX person_waits_idx ON person (created_at, id) WHERE state = 'unclaimed' AND source = 'self';
