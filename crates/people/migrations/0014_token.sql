-- Tokens that people issue for programs acting in their name. Of a token only its hash is kept.
CREATE TABLE api_token (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    token_hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    -- Whether it carries the roles of its owner; one issued without any never gains them.
    with_roles BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    used_from TEXT NOT NULL DEFAULT '',
    ended_at BIGINT
);
CREATE UNIQUE INDEX api_token_hash_key ON api_token (token_hash);
CREATE INDEX api_token_account_idx ON api_token (account_id, id);

CREATE TABLE api_token_scope (
    token_id BIGINT NOT NULL REFERENCES api_token (id),
    scope TEXT NOT NULL,
    PRIMARY KEY (token_id, scope)
);
