-- Activities, sessions, sign-ups, attendance, records, totals.

CREATE TABLE activity (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    community_id BIGINT REFERENCES org (id),
    title TEXT NOT NULL,
    title_en TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL,
    -- Add-09: only `service` may produce service minutes
    kind TEXT NOT NULL CHECK (kind IN ('service', 'training', 'ceremony', 'meeting', 'visit', 'inspection', 'duty')),
    -- Add-39
    mode TEXT NOT NULL DEFAULT 'regular' CHECK (mode IN ('concentrated', 'regular', 'fixed_post', 'paired')),
    content TEXT NOT NULL DEFAULT '',
    served_group TEXT NOT NULL DEFAULT '',
    conditions TEXT NOT NULL DEFAULT '',
    how_to_apply TEXT NOT NULL DEFAULT '',
    risks TEXT NOT NULL DEFAULT '',
    guarantees TEXT NOT NULL DEFAULT '',
    contact_name TEXT NOT NULL DEFAULT '',
    contact_phone TEXT NOT NULL DEFAULT '',
    leader_id BIGINT REFERENCES person (id),
    -- Fix-08: the exact place is shown to accepted helpers only, from 24 h before to 24 h after
    place_public TEXT NOT NULL DEFAULT '',
    place_exact TEXT NOT NULL DEFAULT '',
    place_private BOOLEAN NOT NULL DEFAULT FALSE,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    min_age BIGINT NOT NULL DEFAULT 18,
    members_only BOOLEAN NOT NULL DEFAULT FALSE,
    walk_in BOOLEAN NOT NULL DEFAULT TRUE,
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'cancelled')),
    cancel_reason TEXT NOT NULL DEFAULT '',
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    published_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX activity_org_idx ON activity (org_id, id);
CREATE INDEX activity_community_idx ON activity (community_id, id);

CREATE TABLE activity_skill (
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    skill TEXT NOT NULL,
    PRIMARY KEY (activity_id, skill)
);

-- Fix-17: states and clock belong to the session; the activity's state is derived.
CREATE TABLE session (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    sign_up_until BIGINT NOT NULL,
    quota BIGINT NOT NULL CHECK (quota > 0),
    taken BIGINT NOT NULL DEFAULT 0,
    break_minutes BIGINT NOT NULL DEFAULT 0,
    extension_minutes BIGINT NOT NULL DEFAULT 0,
    -- open: people may sign up and attend (running, ended follow from the clock);
    -- closed: the leader closed the roll; submitted: records wait for the station; recorded: all decided
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'submitted', 'recorded', 'cancelled')),
    heads BIGINT,
    summary TEXT NOT NULL DEFAULT '',
    quality BIGINT CHECK (quality BETWEEN 1 AND 5),
    closed_at BIGINT,
    submitted_at BIGINT,
    submitted_by BIGINT,
    decided_at BIGINT,
    -- R3: ten working days after the end
    due_on BIGINT NOT NULL,
    cancel_reason TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (ends_at > starts_at)
);
CREATE INDEX session_time_idx ON session (state, starts_at, id);
CREATE INDEX session_activity_idx ON session (activity_id, starts_at, id);
CREATE INDEX session_due_idx ON session (state, due_on, id);

CREATE TABLE post (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    name TEXT NOT NULL,
    quota BIGINT NOT NULL CHECK (quota > 0),
    taken BIGINT NOT NULL DEFAULT 0,
    skill TEXT
);
CREATE INDEX post_session_idx ON post (session_id, id);

CREATE TABLE sign_up (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    post_id BIGINT REFERENCES post (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- the one team this is done for (Edge-28). No foreign key: organisations are never removed, and PostgreSQL would
    -- lock the team's row in every sign-up of the city
    team_id BIGINT NOT NULL,
    -- Add-25: only volunteers get minutes
    participant TEXT NOT NULL DEFAULT 'volunteer' CHECK (participant IN ('volunteer', 'staff', 'media', 'citizen', 'guest', 'contractor')),
    state TEXT NOT NULL CHECK (state IN ('booked', 'cancelled', 'attended', 'absent')),
    -- copies, for the overlap rule (half-open ranges)
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('self', 'leader', 'walk_in', 'demo')),
    created_at BIGINT NOT NULL,
    cancelled_at BIGINT,
    cancel_reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sign_up_once_key ON sign_up (session_id, person_id) WHERE state <> 'cancelled';
CREATE INDEX sign_up_person_idx ON sign_up (person_id, starts_at, id);
CREATE INDEX sign_up_session_idx ON sign_up (session_id, id);

CREATE TABLE check_in (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    in_at BIGINT NOT NULL,
    out_at BIGINT,
    -- code: own scan of the rotating code; card: the leader scanned the card; roll: roll-call during the
    -- session; late_roll: entered after the end (Fix-04)
    in_method TEXT NOT NULL CHECK (in_method IN ('code', 'card', 'roll', 'late_roll')),
    out_method TEXT CHECK (out_method IN ('code', 'card', 'roll', 'late_roll', 'auto')),
    by_account BIGINT,
    device BYTEA,
    created_at BIGINT NOT NULL,
    undone_at BIGINT
);
CREATE UNIQUE INDEX check_in_open_key ON check_in (session_id, person_id) WHERE out_at IS NULL AND undone_at IS NULL;
CREATE INDEX check_in_session_idx ON check_in (session_id, person_id, in_at);
CREATE INDEX check_in_device_idx ON check_in (session_id, device);

-- A code opened before signing in (Edge-02): signing in within ten minutes completes the check-in at the time of
-- the scan.
CREATE TABLE scan_receipt (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX scan_receipt_age_idx ON scan_receipt (expires_at);

-- The service record (R1). Append-only but for its state: wrong ones are voided, never deleted (R5, Fix-15).
CREATE TABLE record (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- as they were that day (Add-03): a later transfer moves the person's total, never the team's
    team_id BIGINT NOT NULL REFERENCES org (id),
    community_id BIGINT NOT NULL,
    street_id BIGINT NOT NULL,
    home_org BIGINT NOT NULL,
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    place TEXT NOT NULL,
    served_group TEXT NOT NULL,
    -- local date of the start: decides the periods it counts in (Edge-05)
    service_on BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    minutes BIGINT NOT NULL CHECK (minutes >= 0),
    method TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('verified', 'honor', 'legacy', 'transferred')),
    state TEXT NOT NULL CHECK (state IN ('submitted', 'confirmed', 'returned', 'void')),
    leader TEXT NOT NULL DEFAULT '',
    recorder TEXT NOT NULL DEFAULT '',
    recorder_id BIGINT,
    quality BIGINT,
    evaluated_on BIGINT,
    -- what a checker should look at: auto_out, over_8h, over_12h, own_record, late … (space-separated codes)
    flags TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    decision_note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX record_once_key ON record (session_id, person_id) WHERE state <> 'void';
CREATE INDEX record_person_idx ON record (person_id, service_on, id);
CREATE INDEX record_team_idx ON record (team_id, service_on, id);
CREATE INDEX record_community_idx ON record (community_id, service_on, id);
CREATE INDEX record_state_idx ON record (state, community_id, id);
CREATE INDEX record_day_idx ON record (state, service_on, id);

-- Sums of confirmed records, kept in the transaction that confirms; `linli db check` recomputes them.
-- subject_kind: person, team, community, street, category, city; period: kernel::Period::key
CREATE TABLE total (
    subject_kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    period BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (subject_kind, subject_id, period)
);
CREATE INDEX total_rank_idx ON total (subject_kind, period, minutes, subject_id);

-- How many persons have how many minutes, as a tree of counters of 7 bits a level: own rank among a million is the
-- sum of at most 3 x 127 neighbouring counters.
CREATE TABLE rank_count (
    period BIGINT NOT NULL,
    level BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (period, level, bucket)
);
