-- Hours looked at once more (R4; Art. 21): each month some of the records that were confirmed in it are drawn by lot, and
-- somebody above those who confirmed them asks whether they are true. What came of it is published without names.
CREATE TABLE spot_check_month (
    -- the first day of the month the records were confirmed in
    month_on BIGINT PRIMARY KEY,
    drawn_at BIGINT NOT NULL,
    -- the number the lots follow from; published, so that the draw can be repeated
    seed TEXT NOT NULL,
    -- records confirmed in the month
    records BIGINT NOT NULL,
    -- percentage, least and most of an area, as they were then
    percent BIGINT NOT NULL,
    least BIGINT NOT NULL,
    most BIGINT NOT NULL
);

CREATE TABLE spot_check (
    id BIGINT PRIMARY KEY,
    month_on BIGINT NOT NULL REFERENCES spot_check_month (month_on),
    record_id BIGINT NOT NULL REFERENCES record (id),
    street_id BIGINT NOT NULL,
    -- the organisation above the area the record counts for: it checks
    above_id BIGINT NOT NULL REFERENCES org (id),
    due_on BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'right', 'minutes', 'absent', 'unreachable')),
    how TEXT CHECK (how IN ('phone', 'site', 'papers')),
    note TEXT NOT NULL DEFAULT '',
    checked_at BIGINT,
    checked_by BIGINT
);
CREATE UNIQUE INDEX spot_check_record_key ON spot_check (record_id);
CREATE INDEX spot_check_month_idx ON spot_check (month_on, street_id);
CREATE INDEX spot_check_state_idx ON spot_check (state, id);

-- Teams much of whose minutes of a month were entered after the end, without a check-in (R4).
CREATE TABLE late_share (
    id BIGINT PRIMARY KEY,
    month_on BIGINT NOT NULL REFERENCES spot_check_month (month_on),
    team_id BIGINT NOT NULL REFERENCES org (id),
    minutes BIGINT NOT NULL,
    late_minutes BIGINT NOT NULL,
    seen_at BIGINT,
    seen_by BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX late_share_key ON late_share (month_on, team_id);
CREATE INDEX late_share_waiting_idx ON late_share (id) WHERE seen_at IS NULL;
