-- Files beside the database (ADR 0020). A file counts from the moment its row is here; it is put before. When nobody
-- refers to it any more the row is marked, and a day later file and row go.
CREATE TABLE stored_file (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    gone_at BIGINT
);
CREATE INDEX stored_file_gone_idx ON stored_file (gone_at, name);
