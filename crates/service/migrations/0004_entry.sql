-- How people come to a place and how they part with it: by approval, by invitation, handed over, given back late.

-- open: whoever meets the rules takes a place; approval: the leader accepts first; invitation: only who was invited
ALTER TABLE activity ADD COLUMN entry TEXT NOT NULL DEFAULT 'open';
-- whether the leader agrees before a stand-in takes over
ALTER TABLE activity ADD COLUMN stand_in_asked BOOLEAN NOT NULL DEFAULT FALSE;

-- What is noted of a sign-up: that it was cancelled late and why (a code), that a leader overrode a warning and why.
CREATE TABLE sign_up_note (
    sign_up_id BIGINT NOT NULL REFERENCES sign_up (id),
    kind TEXT NOT NULL CHECK (kind IN ('late_cancel', 'override')),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    account_id BIGINT,
    -- for counting what one person did over a year
    person_id BIGINT NOT NULL,
    PRIMARY KEY (sign_up_id, kind)
);
CREATE INDEX sign_up_note_person_idx ON sign_up_note (person_id, kind, at);

-- Somebody asks for a place that the leader gives: a place is counted only once it is given.
CREATE TABLE application (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    post_id BIGINT REFERENCES post (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- as in sign_up, no foreign key
    team_id BIGINT NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    -- over: the session began or was cancelled before anybody decided
    state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused', 'withdrawn', 'over')),
    reason TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE UNIQUE INDEX application_once_key ON application (session_id, person_id) WHERE state = 'waiting';
CREATE INDEX application_session_idx ON application (session_id, state, id);
CREATE INDEX application_person_idx ON application (person_id, state, id);
CREATE INDEX application_state_idx ON application (state, session_id, id);

-- A link that invites to an activity: whoever opens it while signed in is invited. The address is signed, not kept.
CREATE TABLE invitation_link (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    uses_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX invitation_link_activity_idx ON invitation_link (activity_id, id);

-- An invited person takes a place in the activity without asking the leader, until it expires.
CREATE TABLE invitation (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    link_id BIGINT REFERENCES invitation_link (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'declined', 'revoked')),
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX invitation_once_key ON invitation (activity_id, person_id) WHERE state = 'open';
CREATE INDEX invitation_activity_idx ON invitation (activity_id, state, id);
CREATE INDEX invitation_person_idx ON invitation (person_id, state, id);

-- A place offered to a stand-in; until somebody takes over it stays with whoever offers it.
CREATE TABLE hand_over (
    id BIGINT PRIMARY KEY,
    sign_up_id BIGINT NOT NULL REFERENCES sign_up (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    from_person BIGINT NOT NULL REFERENCES person (id),
    -- who is asked; NULL: whoever could take it
    to_person BIGINT REFERENCES person (id),
    note TEXT NOT NULL DEFAULT '',
    -- offered: somebody may take it; proposed: the taker offers a place of their own in exchange and the giver
    -- decides; asked: the leader decides; over: the session began or was cancelled, or the place was given back
    state TEXT NOT NULL CHECK (state IN ('offered', 'proposed', 'asked', 'done', 'withdrawn', 'declined', 'refused', 'over')),
    taker_id BIGINT REFERENCES person (id),
    -- the taker's place that the giver gets in exchange
    swap_sign_up_id BIGINT REFERENCES sign_up (id),
    reason TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    taken_at BIGINT,
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE UNIQUE INDEX hand_over_once_key ON hand_over (sign_up_id) WHERE state IN ('offered', 'proposed', 'asked');
CREATE INDEX hand_over_session_idx ON hand_over (session_id, state, id);
CREATE INDEX hand_over_from_idx ON hand_over (from_person, state, id);
CREATE INDEX hand_over_to_idx ON hand_over (to_person, state, id);
CREATE INDEX hand_over_taker_idx ON hand_over (taker_id, state, id);
CREATE INDEX hand_over_state_idx ON hand_over (state, id);

-- Somebody held a place and did not come, and had not said so. Whether it counts follows from the state and from
-- the sign-up, which a later correction of the roll changes.
CREATE TABLE absence (
    sign_up_id BIGINT NOT NULL PRIMARY KEY REFERENCES sign_up (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- start of the session
    at BIGINT NOT NULL,
    -- open: nothing was said; explained: the leader decides; excused: does not count; upheld: counts for good
    state TEXT NOT NULL CHECK (state IN ('open', 'explained', 'excused', 'upheld')),
    explanation TEXT NOT NULL DEFAULT '',
    explained_at BIGINT,
    reply TEXT NOT NULL DEFAULT '',
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE INDEX absence_person_idx ON absence (person_id, at);
CREATE INDEX absence_session_idx ON absence (session_id, sign_up_id);
CREATE INDEX absence_state_idx ON absence (state, session_id, sign_up_id);

-- Hours asked for after the roll was handed in (A9, Fix-18): a second person decides.
CREATE TABLE back_fill (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'withdrawn')),
    asked_by BIGINT NOT NULL REFERENCES account (id),
    asked_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    decision_note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX back_fill_once_key ON back_fill (session_id, person_id) WHERE state = 'waiting';
CREATE INDEX back_fill_session_idx ON back_fill (session_id, id);
CREATE INDEX back_fill_state_idx ON back_fill (state, id);

-- Why, and on what evidence, people were entered on a roll after the end; the latest word of whoever handed it in.
CREATE TABLE late_entry (
    session_id BIGINT NOT NULL PRIMARY KEY REFERENCES session (id),
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    at BIGINT NOT NULL,
    account_id BIGINT
);
