-- Filters and columns of a list that somebody keeps under a name.
CREATE TABLE list_view (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    -- address of the list
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    -- what stands behind the question mark of that address, never another address
    query TEXT NOT NULL,
    -- the list opens with it; one of a list at most
    opens_first BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX list_view_name_key ON list_view (account_id, list, name);

-- Columns that somebody wants to see in a list; without any the usual ones.
CREATE TABLE list_column (
    account_id BIGINT NOT NULL REFERENCES account (id),
    list TEXT NOT NULL,
    column_key TEXT NOT NULL,
    PRIMARY KEY (account_id, list, column_key)
);
