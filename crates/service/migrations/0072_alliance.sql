-- Organisations outside the tree that work with the city's teams (universities, enterprises, teams of other cities), and
-- alliances of both (Add-35).
CREATE TABLE partner (
    id BIGINT PRIMARY KEY,
    -- who keeps the relation
    host_id BIGINT NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('university', 'social', 'team', 'enterprise', 'public', 'media', 'other')),
    -- it sits outside the city
    outside BOOLEAN NOT NULL,
    about TEXT NOT NULL DEFAULT '',
    -- for staff only
    contact TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    from_on BIGINT NOT NULL,
    -- the last day; not said: it goes on
    until_on BIGINT,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    CHECK (until_on IS NULL OR until_on >= from_on)
);
CREATE UNIQUE INDEX partner_name_key ON partner (name);

CREATE TABLE alliance (
    id BIGINT PRIMARY KEY,
    -- where its office is
    host_id BIGINT NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    about TEXT NOT NULL DEFAULT '',
    from_on BIGINT NOT NULL,
    until_on BIGINT,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    CHECK (until_on IS NULL OR until_on >= from_on)
);
CREATE UNIQUE INDEX alliance_name_key ON alliance (name);

CREATE TABLE alliance_member (
    id BIGINT PRIMARY KEY,
    alliance_id BIGINT NOT NULL REFERENCES alliance (id),
    -- one of the two
    org_id BIGINT REFERENCES org (id),
    partner_id BIGINT REFERENCES partner (id),
    -- as what it belongs, in words; may be empty
    duty TEXT NOT NULL DEFAULT '',
    joined_on BIGINT NOT NULL,
    left_on BIGINT,
    CHECK ((org_id IS NULL) <> (partner_id IS NULL))
);
CREATE UNIQUE INDEX alliance_org_key ON alliance_member (alliance_id, org_id) WHERE left_on IS NULL;
CREATE UNIQUE INDEX alliance_partner_key ON alliance_member (alliance_id, partner_id) WHERE left_on IS NULL;
CREATE INDEX alliance_member_org_idx ON alliance_member (org_id);
CREATE INDEX alliance_member_partner_idx ON alliance_member (partner_id);

-- What partners do in an activity.
CREATE TABLE activity_partner (
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    partner_id BIGINT NOT NULL REFERENCES partner (id),
    part TEXT NOT NULL CHECK (part IN ('undertakes', 'helps', 'supports', 'guides')),
    PRIMARY KEY (activity_id, partner_id)
);
CREATE INDEX activity_partner_idx ON activity_partner (partner_id, activity_id);
