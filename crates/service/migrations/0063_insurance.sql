-- Insurance of those who serve (Regulation on volunteer service, Art. 17; A6): who may come to harm is insured before
-- it begins.

-- What was a flag is a level: none, some, marked.
ALTER TABLE activity ADD COLUMN hazard_level TEXT NOT NULL DEFAULT 'none' CHECK (hazard_level IN ('none', 'some', 'marked'));
UPDATE activity SET hazard_level = 'some' WHERE hazard;
ALTER TABLE activity DROP COLUMN hazard;
CREATE INDEX activity_hazard_idx ON activity (id) WHERE hazard_level <> 'none';

-- A policy of an organisation; it may cover activities of this organisation and of those below it, by choice.
CREATE TABLE policy (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    kind TEXT NOT NULL CHECK (kind IN ('accident', 'liability', 'both')),
    insurer TEXT NOT NULL,
    number TEXT NOT NULL,
    -- up to which hazard
    covers TEXT NOT NULL CHECK (covers IN ('some', 'marked')),
    -- how the insured are determined
    insured TEXT NOT NULL CHECK (insured IN ('places', 'registered', 'list')),
    -- half-open: from the first moment of the first day to the first after the last
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    withdrawn_at BIGINT,
    withdrawn_by BIGINT,
    reason TEXT NOT NULL DEFAULT '',
    CONSTRAINT policy_period CHECK (starts_at < ends_at)
);
CREATE INDEX policy_org_idx ON policy (org_id, id);

CREATE TABLE activity_policy (
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    policy_id BIGINT NOT NULL REFERENCES policy (id),
    chosen_at BIGINT NOT NULL,
    chosen_by BIGINT,
    PRIMARY KEY (activity_id, policy_id)
);
CREATE INDEX activity_policy_policy_idx ON activity_policy (policy_id, activity_id);

-- Who was insured for a session, as it stood when the list was closed: at the start, or when the leader sent it.
ALTER TABLE session ADD COLUMN insured_at BIGINT;
-- when its leader was told that nothing covers it
ALTER TABLE session ADD COLUMN insurance_told_at BIGINT;
CREATE TABLE insured (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    -- added to a list that was closed before
    late BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX insured_once_key ON insured (session_id, person_id);
CREATE INDEX insured_person_idx ON insured (person_id, session_id);
