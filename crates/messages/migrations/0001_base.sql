-- The in-app inbox. What leaves the city goes through db's outbox.

CREATE TABLE message (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    text_zh TEXT NOT NULL,
    text_en TEXT NOT NULL,
    href TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX message_person_idx ON message (person_id, id);
CREATE INDEX message_unread_idx ON message (person_id, read_at);
