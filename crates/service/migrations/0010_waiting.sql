-- Sessions whose records wait: by what is due first for large areas, by activity for small ones.
CREATE INDEX session_waiting_due_idx ON session (due_on, id) WHERE state IN ('submitted', 'closed');
CREATE INDEX session_waiting_idx ON session (activity_id, due_on) WHERE state IN ('submitted', 'closed');
