-- Categories that another body coordinates (Add-64), such as large events or traffic: it agrees before an activity of
-- theirs is published. All others are the team's own.

CREATE TABLE category_body (
    -- code of a category; what is set for one with children holds for them too
    category TEXT NOT NULL PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    set_at BIGINT NOT NULL,
    set_by BIGINT
);

-- What the body said of an activity.
CREATE TABLE coordination (
    activity_id BIGINT NOT NULL PRIMARY KEY REFERENCES activity (id),
    org_id BIGINT NOT NULL REFERENCES org (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'agreed', 'declined')),
    note TEXT NOT NULL DEFAULT '',
    asked_at BIGINT NOT NULL,
    asked_by BIGINT,
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE INDEX coordination_org_idx ON coordination (org_id, state, activity_id);
CREATE INDEX coordination_state_idx ON coordination (state, activity_id);
