-- Campaigns (Add-12): what an organisation sets in motion for a time, which many teams take part in.

CREATE TABLE campaign (
    id BIGINT PRIMARY KEY,
    -- the organiser
    org_id BIGINT NOT NULL REFERENCES org (id),
    title TEXT NOT NULL,
    title_en TEXT NOT NULL DEFAULT '',
    -- the document or decision it rests on
    basis TEXT NOT NULL DEFAULT '',
    summary TEXT NOT NULL DEFAULT '',
    from_on BIGINT NOT NULL,
    to_on BIGINT NOT NULL,
    -- the last day on which teams declare what they plan
    declare_until BIGINT NOT NULL,
    -- that it runs, or is over and not closed, follows from the dates
    state TEXT NOT NULL CHECK (state IN ('draft', 'announced', 'closed')),
    -- the organiser's words of the closing report
    report TEXT NOT NULL DEFAULT '',
    -- the campaign it repeats
    before_id BIGINT REFERENCES campaign (id),
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    announced_at BIGINT,
    closed_at BIGINT,
    closed_by BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (declare_until < from_on),
    CHECK (from_on <= to_on)
);
CREATE INDEX campaign_org_idx ON campaign (org_id, id);
CREATE INDEX campaign_state_idx ON campaign (state, from_on, id);
CREATE UNIQUE INDEX campaign_before_key ON campaign (before_id);

CREATE TABLE campaign_phase (
    id BIGINT PRIMARY KEY,
    campaign_id BIGINT NOT NULL REFERENCES campaign (id),
    name TEXT NOT NULL,
    from_on BIGINT NOT NULL,
    to_on BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (from_on <= to_on)
);
CREATE INDEX campaign_phase_idx ON campaign_phase (campaign_id, from_on, id);

-- What is to be there when a phase ends.
CREATE TABLE campaign_deliverable (
    id BIGINT PRIMARY KEY,
    campaign_id BIGINT NOT NULL REFERENCES campaign (id),
    phase_id BIGINT NOT NULL REFERENCES campaign_phase (id),
    what TEXT NOT NULL,
    done_at BIGINT,
    done_by BIGINT
);
CREATE INDEX campaign_deliverable_idx ON campaign_deliverable (campaign_id, id);
CREATE INDEX campaign_deliverable_phase_idx ON campaign_deliverable (phase_id, id);

-- Streets and communities it covers; none: all that lies under the organiser.
CREATE TABLE campaign_area (
    campaign_id BIGINT NOT NULL REFERENCES campaign (id),
    org_id BIGINT NOT NULL REFERENCES org (id),
    PRIMARY KEY (campaign_id, org_id)
);

-- Lines of work, each with what it should come to. The measure is a figure of the dictionary (Add-03).
CREATE TABLE campaign_line (
    id BIGINT PRIMARY KEY,
    campaign_id BIGINT NOT NULL REFERENCES campaign (id),
    name TEXT NOT NULL,
    measure TEXT NOT NULL CHECK (measure IN ('sessions', 'attendances', 'persons', 'minutes')),
    target BIGINT NOT NULL CHECK (target > 0),
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX campaign_line_idx ON campaign_line (campaign_id, id);

-- What a team declares before the start; the organiser accepts it or gives it back with a note.
CREATE TABLE campaign_item (
    id BIGINT PRIMARY KEY,
    campaign_id BIGINT NOT NULL REFERENCES campaign (id),
    org_id BIGINT NOT NULL REFERENCES org (id),
    line_id BIGINT REFERENCES campaign_line (id),
    title TEXT NOT NULL,
    day_on BIGINT NOT NULL,
    place TEXT NOT NULL,
    people BIGINT NOT NULL CHECK (people > 0),
    note TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('declared', 'accepted', 'returned', 'withdrawn')),
    reply TEXT NOT NULL DEFAULT '',
    -- the activity the team made of it
    activity_id BIGINT REFERENCES activity (id),
    declared_at BIGINT NOT NULL,
    declared_by BIGINT,
    decided_at BIGINT,
    decided_by BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX campaign_item_campaign_idx ON campaign_item (campaign_id, state, day_on, id);
CREATE INDEX campaign_item_org_idx ON campaign_item (org_id, state, id);
CREATE INDEX campaign_item_state_idx ON campaign_item (state, campaign_id);

-- An activity counts for one campaign at most, so that no hour is shown twice. Figures are never kept: they are asked of
-- sessions, sign-ups and records.
CREATE TABLE campaign_activity (
    activity_id BIGINT PRIMARY KEY REFERENCES activity (id),
    campaign_id BIGINT NOT NULL REFERENCES campaign (id),
    line_id BIGINT REFERENCES campaign_line (id),
    at BIGINT NOT NULL,
    by_account BIGINT
);
CREATE INDEX campaign_activity_campaign_idx ON campaign_activity (campaign_id, activity_id);
