-- Working bodies (Add-16): leading groups, headquarters, task forces, with seats over time.

CREATE TABLE body (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL DEFAULT '',
    -- the document that set it up, as it is cited
    basis TEXT NOT NULL,
    -- who keeps its office
    host_id BIGINT NOT NULL REFERENCES org (id),
    from_on BIGINT NOT NULL,
    -- the first day on which it is no more
    until_on BIGINT,
    note TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);
CREATE INDEX body_order_idx ON body (name_key, id);
CREATE INDEX body_host_idx ON body (host_id, id);

-- Held by a registered person, by somebody named, or by whoever holds a post of an organisation (ex officio).
CREATE TABLE body_seat (
    id BIGINT PRIMARY KEY,
    body_id BIGINT NOT NULL REFERENCES body (id),
    title TEXT NOT NULL,
    place BIGINT NOT NULL,
    person_id BIGINT REFERENCES person (id),
    name TEXT NOT NULL DEFAULT '',
    post_org BIGINT REFERENCES org (id),
    post_title TEXT NOT NULL DEFAULT '',
    from_on BIGINT NOT NULL,
    -- the first day on which it is not held so any more
    until_on BIGINT
);
CREATE INDEX body_seat_idx ON body_seat (body_id, place, id);
CREATE INDEX body_seat_person_idx ON body_seat (person_id, id);
