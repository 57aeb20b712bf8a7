-- Structural targets (Add-33): of every organisation of a kind so many of something, now or in each period.

CREATE TABLE target (
    id BIGINT PRIMARY KEY,
    -- it is asked of those under this organisation
    org_id BIGINT NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    unit_kind TEXT NOT NULL,
    measure TEXT NOT NULL CHECK (measure IN ('leaders', 'people', 'teams', 'stations', 'sessions', 'records')),
    demand TEXT NOT NULL CHECK (demand IN ('at_least', 'exactly')),
    n BIGINT NOT NULL CHECK (n >= 0),
    period TEXT NOT NULL CHECK (period IN ('now', 'month', 'quarter', 'year')),
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    ended_at BIGINT
);
CREATE INDEX target_org_idx ON target (org_id, ended_at, id);
