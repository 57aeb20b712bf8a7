-- A tablet or a big screen at the place (Fix-22): bound to one session, good until an hour after its end, and able to do
-- only what the desk there does. It acts as far as whoever started it may.
CREATE TABLE desk (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    id BIGINT NOT NULL,
    session_id BIGINT NOT NULL REFERENCES session (id),
    started_by BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX desk_session_idx ON desk (session_id, id);
CREATE INDEX desk_expiry_idx ON desk (expires_at);
