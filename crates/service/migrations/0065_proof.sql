-- Pictures that prove what was entered after the fact (A9, Add-42): paper sheets, the group at the place. Never public.
CREATE TABLE proof (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    display TEXT NOT NULL,
    thumb TEXT NOT NULL,
    -- of the file that came: one picture counts once in a session
    hash BYTEA NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    account_id BIGINT NOT NULL REFERENCES account (id),
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX proof_once_key ON proof (session_id, hash);
CREATE INDEX proof_session_idx ON proof (session_id, id);
