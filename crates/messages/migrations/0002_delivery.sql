-- Messages to accounts without a person (offices), reminders that are sent once, what each account wishes, the
-- record of deliveries, targets of webhooks.

-- The inbox again, with two kinds of owners. What is there is kept.
CREATE TABLE message_kept (
    id BIGINT NOT NULL, person_id BIGINT NOT NULL, kind TEXT NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL,
    text_zh TEXT NOT NULL, text_en TEXT NOT NULL, href TEXT NOT NULL, created_at BIGINT NOT NULL, read_at BIGINT
);
INSERT INTO message_kept (id, person_id, kind, title_zh, title_en, text_zh, text_en, href, created_at, read_at)
    SELECT id, person_id, kind, title_zh, title_en, text_zh, text_en, href, created_at, read_at FROM message;
DROP TABLE message;
CREATE TABLE message (
    id BIGINT PRIMARY KEY,
    -- one of the two
    person_id BIGINT REFERENCES person (id),
    account_id BIGINT REFERENCES account (id),
    kind TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    text_zh TEXT NOT NULL,
    text_en TEXT NOT NULL,
    href TEXT NOT NULL DEFAULT '',
    -- not held back in quiet hours
    urgent BOOLEAN NOT NULL DEFAULT FALSE,
    -- later it is of no use outside the inbox; 0: always of use
    useful_until BIGINT NOT NULL DEFAULT 0,
    -- whether it was decided where else it goes
    routed BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX message_person_idx ON message (person_id, id);
CREATE INDEX message_unread_idx ON message (person_id, read_at);
CREATE INDEX message_account_idx ON message (account_id, id);
CREATE INDEX message_unrouted_idx ON message (routed, id);
INSERT INTO message (id, person_id, kind, title_zh, title_en, text_zh, text_en, href, routed, created_at, read_at)
    SELECT id, person_id, kind, title_zh, title_en, text_zh, text_en, href, TRUE, created_at, read_at FROM message_kept;
DROP TABLE message_kept;

-- What was said once and must not be said again, whatever restarts or other programs do: a reason, its object (with
-- a stamp: a session that moves is another occasion) and whom it was said to. Both 0: everybody of that occasion.
CREATE TABLE message_once (
    reason TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    stamp BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (reason, object_id, stamp, person_id, account_id)
);
CREATE INDEX message_once_age_idx ON message_once (at);

-- What an account wishes. No row: the usual.
CREATE TABLE message_setting (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES account (id),
    -- codes of the kinds, space-separated
    mail_kinds TEXT NOT NULL,
    sms_kinds TEXT NOT NULL,
    -- minutes of the day; equal: no quiet hours
    quiet_from BIGINT NOT NULL,
    quiet_to BIGINT NOT NULL,
    digest BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Nothing but the confirming link is sent to an address before it is confirmed.
CREATE TABLE mail_address (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES account (id),
    address_enc BYTEA NOT NULL,
    masked TEXT NOT NULL,
    -- counts up with each change, so that an older link confirms nothing
    version BIGINT NOT NULL,
    confirmed_at BIGINT,
    changed_at BIGINT NOT NULL
);

-- Links to one's own calendar: a higher version makes older links void.
CREATE TABLE calendar_link (
    person_id BIGINT NOT NULL PRIMARY KEY REFERENCES person (id),
    version BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Where facts and texts go besides: a system, a chat group, an SMS gateway. Addresses hold tokens: sealed like secrets.
CREATE TABLE webhook (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    shape TEXT NOT NULL,
    url_enc BYTEA NOT NULL,
    host TEXT NOT NULL,
    secret_enc BYTEA,
    body TEXT NOT NULL DEFAULT '',
    -- codes of the events, each with a space before and after
    events TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX webhook_active_idx ON webhook (active, id);

-- The record of what leaves: never a text, an address or a number in full.
CREATE TABLE delivery (
    id BIGINT PRIMARY KEY,
    once_key TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms', 'webhook')),
    -- kind of the message, or the event
    topic TEXT NOT NULL,
    -- webhook.id; 0: the one of the configuration, or none
    target_id BIGINT NOT NULL DEFAULT 0,
    account_id BIGINT,
    message_id BIGINT,
    outbox_id BIGINT,
    masked TEXT NOT NULL DEFAULT '',
    -- failed: is tried again at due_at; given_up: a person may send it again; lapsed: too late to be of use
    state TEXT NOT NULL CHECK (state IN ('queued', 'failed', 'sent', 'given_up', 'lapsed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    lapses_at BIGINT NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX delivery_once_key ON delivery (once_key);
CREATE INDEX delivery_due_idx ON delivery (state, due_at, id);
CREATE INDEX delivery_outbox_idx ON delivery (outbox_id);
CREATE INDEX delivery_age_idx ON delivery (created_at);

-- The messages of a digest.
CREATE TABLE digest_item (
    delivery_id BIGINT NOT NULL REFERENCES delivery (id),
    message_id BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, message_id)
);
