-- Whoever ends the registration takes along what was written to them and where it went; that asks by account.
CREATE INDEX delivery_account_idx ON delivery (account_id, id);
UPDATE delivery SET masked = '', state = CASE WHEN state IN ('queued', 'failed') THEN 'lapsed' ELSE state END
    WHERE account_id IN (SELECT a.id FROM account a JOIN person p ON p.id = a.person_id WHERE p.state = 'closed');
DELETE FROM message WHERE person_id IN (SELECT p.id FROM person p WHERE p.state = 'closed')
    OR account_id IN (SELECT a.id FROM account a JOIN person p ON p.id = a.person_id WHERE p.state = 'closed');
DELETE FROM mail_address
    WHERE account_id IN (SELECT a.id FROM account a JOIN person p ON p.id = a.person_id WHERE p.state = 'closed');
DELETE FROM message_setting
    WHERE account_id IN (SELECT a.id FROM account a JOIN person p ON p.id = a.person_id WHERE p.state = 'closed');
DELETE FROM calendar_link WHERE person_id IN (SELECT p.id FROM person p WHERE p.state = 'closed');
