-- Co-organisers (Add-52): an activity stands under each of them, and is counted once, with the body that records (C3).
CREATE TABLE co_organiser (
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    org_id BIGINT NOT NULL REFERENCES org (id),
    -- asked: the other side has not answered; ended: taken back by one side
    state TEXT NOT NULL CHECK (state IN ('asked', 'agreed', 'declined', 'ended')),
    asked_at BIGINT NOT NULL,
    asked_by BIGINT NOT NULL,
    answered_at BIGINT,
    answered_by BIGINT,
    PRIMARY KEY (activity_id, org_id)
);
CREATE INDEX co_organiser_org_idx ON co_organiser (org_id, state, activity_id);
