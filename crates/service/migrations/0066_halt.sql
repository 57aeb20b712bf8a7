-- Bad weather and the like (Edge-23): sessions of an area cancelled or put off at once.
CREATE TABLE halt (
    id BIGINT PRIMARY KEY,
    area_id BIGINT NOT NULL REFERENCES org (id),
    cause TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    -- 0: cancelled; else put off by so many days
    days BIGINT NOT NULL DEFAULT 0,
    words TEXT NOT NULL DEFAULT '',
    told BIGINT NOT NULL DEFAULT 0,
    account_id BIGINT,
    at BIGINT NOT NULL
);
CREATE INDEX halt_order_idx ON halt (at, id);

CREATE TABLE halt_session (
    halt_id BIGINT NOT NULL REFERENCES halt (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    PRIMARY KEY (halt_id, session_id)
);
CREATE INDEX halt_session_idx ON halt_session (session_id, halt_id);
