-- Public places that a station may look after (M1: coverage over site types), and titles that organisations bear as
-- demonstration bases.

CREATE TABLE site (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL DEFAULT '',
    -- the community it lies in, or the street where it lies in none
    area_id BIGINT NOT NULL REFERENCES org (id),
    address TEXT NOT NULL DEFAULT '',
    -- WGS-84, degrees
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    -- the station that looks after it
    station_id BIGINT REFERENCES org (id),
    -- the unit that runs the place, as it is called
    keeper TEXT NOT NULL DEFAULT '',
    -- the first day on which it is no more
    closed_on BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);
CREATE INDEX site_order_idx ON site (name_key, id);
CREATE INDEX site_area_idx ON site (area_id, id);
CREATE INDEX site_station_idx ON site (station_id, id);

CREATE TABLE base (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    title TEXT NOT NULL,
    level TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_on BIGINT NOT NULL,
    plaque_no TEXT NOT NULL DEFAULT '',
    -- the last day on which it is borne
    valid_until BIGINT,
    -- the day by which it is looked at again
    recheck_on BIGINT,
    withdrawn_on BIGINT,
    withdrawn_why TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);
CREATE INDEX base_order_idx ON base (granted_on, id);
CREATE INDEX base_org_idx ON base (org_id, id);
CREATE INDEX base_recheck_idx ON base (recheck_on) WHERE withdrawn_on IS NULL;
