-- Unit members (V9): bodies that join as a whole, and who serves in their name.

CREATE TABLE unit_member (
    id BIGINT PRIMARY KEY,
    -- what it joins: a team, a station, a community, the association of the city
    host_id BIGINT NOT NULL REFERENCES org (id),
    -- which unit; none while the application of one that is not in the tree waits
    unit_id BIGINT REFERENCES org (id),
    -- as it was applied for; the node of the tree is what counts afterwards
    name TEXT NOT NULL,
    type_code TEXT NOT NULL DEFAULT '',
    uscc TEXT,
    address TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    -- who speaks for it
    contact_id BIGINT REFERENCES person (id),
    words TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('applied', 'member', 'rejected', 'left')),
    applied_at BIGINT NOT NULL,
    applied_by BIGINT,
    decided_at BIGINT,
    decided_by BIGINT,
    from_on BIGINT,
    to_on BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX unit_member_once_key ON unit_member (host_id, unit_id) WHERE state IN ('applied', 'member');
CREATE UNIQUE INDEX unit_member_code_key ON unit_member (uscc) WHERE state = 'applied' AND unit_id IS NULL;
CREATE INDEX unit_member_host_idx ON unit_member (host_id, state, id);
CREATE INDEX unit_member_unit_idx ON unit_member (unit_id, state, id);
CREATE INDEX unit_member_contact_idx ON unit_member (contact_id, id);

-- Who serves in the name of which unit, by days. The intervals of one person never overlap, so that no hour counts for
-- two units.
CREATE TABLE unit_service (
    id BIGINT PRIMARY KEY,
    unit_id BIGINT NOT NULL REFERENCES org (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'active', 'refused', 'withdrawn', 'ended')),
    -- first day: of asking, until it is settled by the confirmation
    from_on BIGINT NOT NULL,
    -- last day
    to_on BIGINT,
    asked_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX unit_service_live_key ON unit_service (person_id, state) WHERE state IN ('asked', 'active');
CREATE INDEX unit_service_unit_idx ON unit_service (unit_id, state, id);
CREATE INDEX unit_service_person_idx ON unit_service (person_id, from_on, id);
