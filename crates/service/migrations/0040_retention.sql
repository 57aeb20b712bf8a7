-- Who stays and who slips away: counted beside the pages, one community or team after the other, and kept.

-- People by the month of their first service: of a community those at home there, of a team those who served for it.
CREATE TABLE retention_cohort (
    org_id BIGINT NOT NULL,
    -- its first day
    month_on BIGINT NOT NULL,
    began BIGINT NOT NULL,
    -- who served in the month so many months later, or after it
    after_1 BIGINT NOT NULL,
    after_3 BIGINT NOT NULL,
    after_6 BIGINT NOT NULL,
    after_12 BIGINT NOT NULL,
    PRIMARY KEY (org_id, month_on)
);
CREATE TABLE retention_org (
    org_id BIGINT PRIMARY KEY,
    -- who served regularly and within half a year, and those of them who fell silent
    regular BIGINT NOT NULL,
    slipping BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX retention_org_age_idx ON retention_org (at, org_id);
CREATE INDEX retention_org_slipping_idx ON retention_org (slipping, org_id);

-- Somebody who fell silent was written to.
CREATE TABLE call_back (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    org_id BIGINT NOT NULL,
    text TEXT NOT NULL,
    by_account BIGINT,
    at BIGINT NOT NULL
);
CREATE INDEX call_back_person_idx ON call_back (person_id, at);
