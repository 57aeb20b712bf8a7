-- Trips (Add-60): where and when people meet before they go to the place, and who was counted on the way.

CREATE TABLE trip (
    session_id BIGINT NOT NULL PRIMARY KEY REFERENCES session (id),
    meet_at BIGINT NOT NULL,
    meet_place TEXT NOT NULL,
    -- when they mean to be back; may be open
    return_at BIGINT,
    wear TEXT NOT NULL DEFAULT '',
    bring TEXT NOT NULL DEFAULT '',
    -- somebody said that all are back safely
    all_back_at BIGINT,
    all_back_by BIGINT
);

-- What people of a session look after on the way.
CREATE TABLE trip_role (
    session_id BIGINT NOT NULL REFERENCES trip (session_id),
    role TEXT NOT NULL CHECK (role IN ('photo', 'safety', 'first_aid', 'guide', 'check_in')),
    sign_up_id BIGINT NOT NULL REFERENCES sign_up (id),
    PRIMARY KEY (session_id, role, sign_up_id)
);
CREATE INDEX trip_role_person_idx ON trip_role (sign_up_id);

-- The latest count of heads at each stage, and who was seen. Minutes never follow from it (R2).
CREATE TABLE trip_count (
    session_id BIGINT NOT NULL REFERENCES trip (session_id),
    stage TEXT NOT NULL CHECK (stage IN ('assembly', 'arrival', 'return')),
    heads BIGINT NOT NULL,
    at BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    PRIMARY KEY (session_id, stage)
);
CREATE TABLE trip_seen (
    session_id BIGINT NOT NULL REFERENCES trip (session_id),
    stage TEXT NOT NULL CHECK (stage IN ('assembly', 'arrival', 'return')),
    sign_up_id BIGINT NOT NULL REFERENCES sign_up (id),
    PRIMARY KEY (session_id, stage, sign_up_id)
);
