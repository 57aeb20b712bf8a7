-- What a team hands in before it is public (A4, A8): each time it was, and what the reviewer said. What lies ahead of
-- "published" stays a draft; that it was handed in is told by its row here.
CREATE TABLE review (
    id BIGINT PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activity (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'returned', 'withdrawn')),
    -- words of title and content that hint at something which is not volunteer service
    words TEXT NOT NULL DEFAULT '',
    submitted_at BIGINT NOT NULL,
    submitted_by BIGINT,
    due_on BIGINT NOT NULL,
    -- why it was returned: a code, and a sentence
    reason TEXT,
    note TEXT NOT NULL DEFAULT '',
    decided_at BIGINT,
    decided_by BIGINT
);
CREATE UNIQUE INDEX review_waiting_idx ON review (activity_id) WHERE state = 'waiting';
CREATE INDEX review_activity_idx ON review (activity_id, id);
CREATE INDEX review_state_idx ON review (state, id);
