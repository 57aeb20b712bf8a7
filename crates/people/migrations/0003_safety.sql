-- The chain over the audit log (X6, ADR 0011): lines are written freely and linked by a regular job in the order
-- of their ids. The hash of a link covers the line and the hash before it, under a key outside the database.
CREATE TABLE audit_link (
    seq BIGINT PRIMARY KEY,
    audit_id BIGINT NOT NULL,
    key_version BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
CREATE UNIQUE INDEX audit_link_audit_key ON audit_link (audit_id);

-- The end of the chain: one row, made by the first link.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    audit_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);

-- The second factor of staff (X4). The secret is encrypted; last_step keeps a code from being used twice.
CREATE TABLE second_factor (
    account_id BIGINT PRIMARY KEY REFERENCES account (id),
    secret_enc BYTEA NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE TABLE recovery_code (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    code_hash BYTEA NOT NULL,
    used_at BIGINT
);
CREATE INDEX recovery_code_idx ON recovery_code (account_id, id);

-- When the owner of a session last proved to be who they are (X3).
ALTER TABLE login_session ADD COLUMN proof_at BIGINT NOT NULL DEFAULT 0;

-- Large exports of people's data that wait for a second person (X12).
CREATE TABLE export_request (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    target TEXT NOT NULL,
    title TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('draft', 'asked', 'approved', 'refused', 'used')),
    created_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    expires_at BIGINT NOT NULL DEFAULT 0,
    used_at BIGINT
);
CREATE INDEX export_request_account_idx ON export_request (account_id, id);
CREATE INDEX export_request_state_idx ON export_request (state, id);
