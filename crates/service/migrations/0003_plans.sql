-- Changes of what is published, templates, series of sessions by rule, annual plans.

-- What was changed in a published session: people who hold a place see old and new.
CREATE TABLE session_change (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    at BIGINT NOT NULL,
    by_account BIGINT,
    old_starts_at BIGINT NOT NULL,
    old_ends_at BIGINT NOT NULL,
    new_starts_at BIGINT NOT NULL,
    new_ends_at BIGINT NOT NULL,
    old_place TEXT NOT NULL,
    new_place TEXT NOT NULL,
    -- that the exact place is another; what it is stands in the activity alone (Fix-08)
    exact_changed BOOLEAN NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    told BIGINT NOT NULL
);
CREATE INDEX session_change_session_idx ON session_change (session_id, id);

-- Sessions made by rule. The rule is kept as the text of RFC 5545 (RFC 7529 for the lunar calendar), one a line, over
-- local dates; the clock times stand beside it.
CREATE TABLE series (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    rule TEXT NOT NULL,
    -- intervals are counted from here
    from_on BIGINT NOT NULL,
    -- dates have been decided up to and including this day
    until_on BIGINT NOT NULL,
    skip_holidays BOOLEAN NOT NULL,
    skip_workdays BOOLEAN NOT NULL,
    -- minutes of the day; the end lies beyond 1440 when it is on the next day
    start_minute BIGINT NOT NULL,
    end_minute BIGINT NOT NULL,
    quota BIGINT NOT NULL CHECK (quota > 0),
    close_hours BIGINT NOT NULL,
    break_minutes BIGINT NOT NULL,
    -- one a line, as the form has them
    posts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'ended')),
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX series_activity_idx ON series (activity_id, id);

-- The decided dates of a series. `kept` is FALSE for an exception (EXDATE). No foreign key: saving a draft writes its
-- sessions anew, and they are found again by their start.
CREATE TABLE series_date (
    series_id BIGINT NOT NULL REFERENCES series (id),
    day_on BIGINT NOT NULL,
    kept BOOLEAN NOT NULL,
    session_id BIGINT,
    PRIMARY KEY (series_id, day_on)
);

-- What a team starts an activity from: the fields of its form, as JSON pairs. Dates are not among them, nor is an
-- exact place that is a private home.
CREATE TABLE activity_template (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    uses BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX activity_template_name_key ON activity_template (org_id, name);

-- What a team means to do in a year. Progress is never kept: it is asked of sessions, sign-ups and records.
CREATE TABLE year_plan (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    year BIGINT NOT NULL CHECK (year BETWEEN 2000 AND 2100),
    created_by BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX year_plan_org_key ON year_plan (org_id, year);
CREATE INDEX year_plan_year_idx ON year_plan (year, id);

CREATE TABLE plan_line (
    id BIGINT PRIMARY KEY,
    plan_id BIGINT NOT NULL REFERENCES year_plan (id),
    month BIGINT NOT NULL CHECK (month BETWEEN 1 AND 12),
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    -- expected: sessions held, attendances, minutes
    sessions BIGINT NOT NULL,
    attendances BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    -- who sees to it
    responsible TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX plan_line_plan_idx ON plan_line (plan_id, month, id);

-- An activity counts for one line at most.
CREATE TABLE plan_activity (
    activity_id BIGINT PRIMARY KEY REFERENCES activity (id),
    line_id BIGINT NOT NULL REFERENCES plan_line (id)
);
CREATE INDEX plan_activity_line_idx ON plan_activity (line_id, activity_id);
