-- What leaders' and volunteers' phones captured without a network.

-- What a checker should know of a check-in that came later than it happened (space-separated codes of record flags).
ALTER TABLE check_in ADD COLUMN flags TEXT NOT NULL DEFAULT '';

-- Every command a phone sent, once. The id is the phone's, drawn at random; what was answered is answered again.
CREATE TABLE attendance_command (
    command_id TEXT NOT NULL PRIMARY KEY,
    session_id BIGINT NOT NULL REFERENCES session (id),
    -- no foreign key: a command may name a line that this session does not have, and is refused and kept
    sign_up_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    -- a random number of the phone: two phones of one leader are two witnesses
    device TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('present', 'late', 'absent', 'out', 'undo', 'scan')),
    -- the command an undo takes back; '' for others
    undoes TEXT NOT NULL DEFAULT '',
    -- Edge-24: the phone's clock, how far the server was ahead of it at their last contact before, and the server's clock
    device_at BIGINT NOT NULL,
    offset_ms BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    -- when it was pressed by the corrected clock (the order of one phone's commands), and the moment that counts
    pressed_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    flags TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'same', 'waiting', 'conflict', 'refused')),
    reason TEXT NOT NULL DEFAULT '',
    -- somebody decided about this line since, or it was refused: it has no say any more
    settled BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX attendance_command_line_idx ON attendance_command (session_id, sign_up_id, settled);

-- Lines of a roll that phones' commands speak about: what they come to together, and what was written because of it,
-- so that it can be taken back when another phone says something else.
CREATE TABLE roll_line (
    sign_up_id BIGINT NOT NULL PRIMARY KEY REFERENCES sign_up (id),
    session_id BIGINT NOT NULL REFERENCES session (id),
    -- waiting: somebody noted that the person left, nobody yet that they came; conflict: a person must decide
    state TEXT NOT NULL CHECK (state IN ('clear', 'waiting', 'conflict')),
    why TEXT NOT NULL DEFAULT '',
    check_in_id BIGINT,
    in_applied BOOLEAN NOT NULL,
    out_applied BOOLEAN NOT NULL,
    absent_applied BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX roll_line_session_idx ON roll_line (session_id, state, sign_up_id);
