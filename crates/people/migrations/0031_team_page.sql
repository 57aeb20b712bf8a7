-- What a team shows of itself besides the texts of its node: its emblem, and how one joins.
CREATE TABLE team_page (
    org_id BIGINT PRIMARY KEY REFERENCES org (id),
    join_how TEXT NOT NULL DEFAULT '',
    -- name in stored_file
    emblem TEXT,
    changed_at BIGINT NOT NULL,
    changed_by BIGINT
);
