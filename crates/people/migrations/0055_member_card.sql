-- The register of printed member cards (Add-24). The number that counts is `person.card_no`: the phone's card and the
-- printed one carry it, and whoever has a card without a row here has it still (ADR 0033).

CREATE TABLE member_card (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- the number in its code
    card_no BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('printed', 'issued', 'lost', 'replaced', 'void')),
    -- not known of a card that was printed before there was a register
    printed_at BIGINT,
    printed_by BIGINT,
    issued_at BIGINT,
    issued_by BIGINT,
    ended_at BIGINT,
    ended_by BIGINT,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX member_card_live_key ON member_card (person_id) WHERE state IN ('printed', 'issued');
CREATE INDEX member_card_person_idx ON member_card (person_id, id);
CREATE INDEX member_card_state_idx ON member_card (state, id);
