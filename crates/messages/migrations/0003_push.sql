-- Notifications on devices (Web Push).

-- Pairs of keys by which push services know the city, counted from 1. The newest is in use; devices are bound to the one
-- they subscribed under.
CREATE TABLE push_key (
    id BIGINT PRIMARY KEY,
    public_text TEXT NOT NULL,
    secret_enc BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- Devices that somebody wants to be notified on. An address at a push service is a secret: whoever has it can make the
-- device ring.
CREATE TABLE push_device (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    endpoint_enc BYTEA NOT NULL,
    endpoint_index BYTEA NOT NULL,
    keys_enc BYTEA NOT NULL,
    -- of the push service
    host TEXT NOT NULL,
    -- what the owner calls it by
    label TEXT NOT NULL,
    key_id BIGINT NOT NULL,
    -- the sign-in it hangs on: signing out ends it. Empty: subscribed by a program.
    session_hash BYTEA NOT NULL,
    -- gone: the push service knows it no more; rekeyed: the city's key was exchanged. Both keep nothing secret.
    state TEXT NOT NULL CHECK (state IN ('on', 'gone', 'rekeyed')),
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL DEFAULT 0,
    ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX push_device_endpoint_key ON push_device (endpoint_index);
CREATE INDEX push_device_account_idx ON push_device (account_id, id);
CREATE INDEX push_device_session_idx ON push_device (session_hash);
CREATE INDEX push_device_over_idx ON push_device (state, ended_at);

-- What was asked for with a press on a button is wished: all but what can wait for the next visit.
ALTER TABLE message_setting ADD COLUMN push_kinds TEXT NOT NULL DEFAULT 'sign_up reminder change tasks';

-- The record again, with one more way. What is there is kept.
CREATE TABLE delivery_kept (
    id BIGINT NOT NULL, once_key TEXT NOT NULL, channel TEXT NOT NULL, topic TEXT NOT NULL, target_id BIGINT NOT NULL,
    account_id BIGINT, message_id BIGINT, outbox_id BIGINT, masked TEXT NOT NULL, state TEXT NOT NULL,
    attempts BIGINT NOT NULL, due_at BIGINT NOT NULL, lapses_at BIGINT NOT NULL, last_error TEXT NOT NULL,
    created_at BIGINT NOT NULL, ended_at BIGINT NOT NULL
);
INSERT INTO delivery_kept (id, once_key, channel, topic, target_id, account_id, message_id, outbox_id, masked, state,
        attempts, due_at, lapses_at, last_error, created_at, ended_at)
    SELECT id, once_key, channel, topic, target_id, account_id, message_id, outbox_id, masked, state, attempts, due_at,
        lapses_at, last_error, created_at, ended_at FROM delivery;
CREATE TABLE digest_item_kept (delivery_id BIGINT NOT NULL, message_id BIGINT NOT NULL);
INSERT INTO digest_item_kept (delivery_id, message_id) SELECT delivery_id, message_id FROM digest_item;
DROP TABLE digest_item;
DROP TABLE delivery;
CREATE TABLE delivery (
    id BIGINT PRIMARY KEY,
    once_key TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms', 'webhook', 'push')),
    -- kind of the message, or the event
    topic TEXT NOT NULL,
    -- webhook.id; 0: the one of the configuration, or none
    target_id BIGINT NOT NULL DEFAULT 0,
    -- push_device.id, which may be gone by now
    device_id BIGINT,
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
INSERT INTO delivery (id, once_key, channel, topic, target_id, account_id, message_id, outbox_id, masked, state,
        attempts, due_at, lapses_at, last_error, created_at, ended_at)
    SELECT id, once_key, channel, topic, target_id, account_id, message_id, outbox_id, masked, state, attempts, due_at,
        lapses_at, last_error, created_at, ended_at FROM delivery_kept;
CREATE TABLE digest_item (
    delivery_id BIGINT NOT NULL REFERENCES delivery (id),
    message_id BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, message_id)
);
INSERT INTO digest_item (delivery_id, message_id) SELECT delivery_id, message_id FROM digest_item_kept;
DROP TABLE digest_item_kept;
DROP TABLE delivery_kept;
