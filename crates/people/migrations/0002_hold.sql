-- Holding a person's row no longer writes it (PostgreSQL locks it without a new version; SQLite's units run one
-- after the other anyway).
ALTER TABLE person DROP COLUMN tick;
