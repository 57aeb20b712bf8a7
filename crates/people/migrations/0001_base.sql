-- Organisations, people, accounts, consents, audit.

CREATE TABLE org (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('city', 'street', 'community', 'station', 'department', 'team', 'group', 'unit')),
    type_code TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    name_en TEXT NOT NULL DEFAULT '',
    name_key TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL DEFAULT '',
    uscc TEXT,
    -- Two parents (Add-66): the area line and the sponsor line. A path ends with the node itself: /1/5/17/
    area_parent BIGINT REFERENCES org (id) DEFERRABLE INITIALLY DEFERRED,
    sponsor_parent BIGINT REFERENCES org (id) DEFERRABLE INITIALLY DEFERRED,
    area_path TEXT NOT NULL,
    sponsor_path TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('planned', 'open', 'suspended', 'closed')),
    address TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    opened_on BIGINT,
    due_on BIGINT,
    closed_on BIGINT,
    flag_no TEXT NOT NULL DEFAULT '',
    slogan TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL DEFAULT '',
    members BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);
CREATE INDEX org_area_idx ON org (area_path);
CREATE INDEX org_sponsor_idx ON org (sponsor_path);
CREATE INDEX org_parent_idx ON org (area_parent, kind, id);
CREATE INDEX org_kind_idx ON org (kind, name_key, id);
CREATE UNIQUE INDEX org_uscc_key ON org (uscc);

CREATE TABLE org_history (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    at BIGINT NOT NULL,
    account_id BIGINT,
    -- created, renamed, moved, merged, split, closed, opened, suspended, edited, leader
    change TEXT NOT NULL,
    before TEXT NOT NULL DEFAULT '',
    after TEXT NOT NULL DEFAULT ''
);
CREATE INDEX org_history_idx ON org_history (org_id, id);

CREATE TABLE org_successor (
    org_id BIGINT NOT NULL REFERENCES org (id),
    successor_id BIGINT NOT NULL REFERENCES org (id),
    on_day BIGINT NOT NULL,
    PRIMARY KEY (org_id, successor_id)
);

CREATE TABLE person (
    id BIGINT PRIMARY KEY,
    volunteer_no TEXT NOT NULL,
    national_no TEXT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    initials TEXT NOT NULL,
    gender TEXT NOT NULL DEFAULT '' CHECK (gender IN ('', 'm', 'f')),
    birth_on BIGINT,
    id_kind TEXT NOT NULL DEFAULT '',
    id_enc BYTEA,
    id_index BYTEA,
    phone_enc BYTEA,
    phone_index BYTEA,
    home_org BIGINT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    employer TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    -- incomplete: no identity document yet; unclaimed: imported, not yet confirmed by the person (Fix-03);
    -- disputed: somebody said "not me" (V3)
    state TEXT NOT NULL CHECK (state IN ('incomplete', 'unclaimed', 'active', 'suspended', 'disputed', 'closed', 'deceased')),
    assurance TEXT NOT NULL DEFAULT 'declared' CHECK (assurance IN ('declared', 'seen', 'verified')),
    rank_public BOOLEAN NOT NULL DEFAULT FALSE,
    card_no BIGINT NOT NULL DEFAULT 1,
    source TEXT NOT NULL CHECK (source IN ('self', 'desk', 'import', 'staff')),
    -- the import that wrote the row; its rows stay hidden until it is published (Fix-21). 0: none
    batch BIGINT NOT NULL DEFAULT 0,
    -- counts up, on PostgreSQL, when something is decided that rules about this person depend on: that holds the row
    tick BIGINT NOT NULL DEFAULT 0,
    joined_on BIGINT,
    created_at BIGINT NOT NULL,
    claimed_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX person_no_key ON person (volunteer_no);
CREATE INDEX person_batch_idx ON person (batch, id);

-- Narrow keys of people, apart from the wide rows: an import writes a million people in the order of the file and
-- these keys in their own order, instead of a million random places in four indexes (ADR 0006).
CREATE TABLE person_identity (
    id_index BYTEA NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL
);
CREATE TABLE person_phone (
    phone_index BYTEA NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (phone_index, person_id)
);
CREATE TABLE person_name (
    initials TEXT NOT NULL,
    name_key TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (initials, name_key, person_id)
);
-- Everybody in the order of lists, in the whole city and by home.
CREATE TABLE person_order (
    name_key TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (name_key, person_id)
);
CREATE TABLE person_home (
    home_org BIGINT NOT NULL,
    name_key TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (home_org, name_key, person_id)
);

-- Earlier identity documents of a person: they still find the person and block a second registration (Edge-07).
CREATE TABLE person_alias (
    id_index BYTEA NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    since BIGINT NOT NULL
);

CREATE TABLE person_skill (
    person_id BIGINT NOT NULL REFERENCES person (id),
    skill TEXT NOT NULL,
    PRIMARY KEY (person_id, skill)
);
CREATE INDEX person_skill_idx ON person_skill (skill, person_id);

CREATE TABLE person_category (
    person_id BIGINT NOT NULL REFERENCES person (id),
    category TEXT NOT NULL,
    PRIMARY KEY (person_id, category)
);

CREATE TABLE member (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('applied', 'member', 'left', 'rejected')),
    joined_on BIGINT,
    left_on BIGINT,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX member_once_key ON member (org_id, person_id) WHERE state IN ('applied', 'member');
CREATE INDEX member_person_idx ON member (person_id, state, org_id);
CREATE INDEX member_org_idx ON member (org_id, state, id);

-- Titled posts in an organisation; who leads a team is a post here and a role grant beside it (Add-32).
CREATE TABLE org_post (
    id BIGINT PRIMARY KEY,
    org_id BIGINT NOT NULL REFERENCES org (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('leader', 'deputy', 'liaison', 'other')),
    how TEXT NOT NULL CHECK (how IN ('elected', 'appointed')),
    from_on BIGINT NOT NULL,
    to_on BIGINT
);
CREATE INDEX org_post_idx ON org_post (org_id, to_on, id);
CREATE INDEX org_post_person_idx ON org_post (person_id, to_on);

CREATE TABLE consent (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    -- register: processing for registration and service records; rank: name in rankings
    purpose TEXT NOT NULL,
    version TEXT NOT NULL,
    channel TEXT NOT NULL,
    account_id BIGINT,
    given_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE UNIQUE INDEX consent_active_key ON consent (person_id, purpose) WHERE withdrawn_at IS NULL;

CREATE TABLE not_me (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    state_before TEXT NOT NULL,
    text TEXT NOT NULL,
    contact_enc BYTEA,
    state TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'refused')),
    answered_by BIGINT,
    answered_at BIGINT,
    answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX not_me_open_idx ON not_me (state, id);

CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    person_id BIGINT REFERENCES person (id),
    login TEXT,
    name TEXT NOT NULL,
    password_hash TEXT,
    password_at BIGINT,
    must_change BOOLEAN NOT NULL DEFAULT FALSE,
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    lang TEXT NOT NULL DEFAULT 'zh',
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX account_login_key ON account (login);
CREATE UNIQUE INDEX account_person_key ON account (person_id);

CREATE TABLE password_history (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    password_hash TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX password_history_idx ON password_history (account_id, id);

CREATE TABLE login_session (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- idle limit in milliseconds (staff 600 s, X3; volunteers 90 days)
    idle_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    device TEXT NOT NULL DEFAULT '',
    from_addr TEXT NOT NULL DEFAULT ''
);
CREATE INDEX login_session_account_idx ON login_session (account_id, created_at);
CREATE INDEX login_session_expiry_idx ON login_session (expires_at);

CREATE TABLE role_grant (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL CHECK (role IN ('leader', 'station', 'office', 'system', 'security', 'audit')),
    org_id BIGINT NOT NULL REFERENCES org (id),
    given_by BIGINT,
    given_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX role_grant_active_key ON role_grant (account_id, role, org_id) WHERE ended_at IS NULL;
CREATE INDEX role_grant_org_idx ON role_grant (org_id, role);

CREATE TABLE set_up_link (
    role TEXT NOT NULL PRIMARY KEY CHECK (role IN ('system', 'security', 'audit')),
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    account_id BIGINT
);

CREATE TABLE phone_code (
    id BIGINT PRIMARY KEY,
    phone_index BYTEA NOT NULL,
    code_hash BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    used_at BIGINT
);
CREATE INDEX phone_code_idx ON phone_code (phone_index, id);

CREATE TABLE slip (
    id BIGINT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    code_hash BYTEA NOT NULL,
    printed_at BIGINT NOT NULL,
    printed_by BIGINT,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX slip_code_key ON slip (code_hash);
CREATE INDEX slip_person_idx ON slip (person_id, id);

-- Counts tries by any key (account, session + account, address), for limits that hold across processes.
CREATE TABLE attempt (
    attempt_key TEXT NOT NULL PRIMARY KEY,
    tries BIGINT NOT NULL,
    since BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX attempt_age_idx ON attempt (since);

-- Append-only: no statement of the program changes or removes a row (X6).
CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    account_id BIGINT,
    actor TEXT NOT NULL,
    from_addr TEXT NOT NULL,
    act TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    ok BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE INDEX audit_act_idx ON audit (act, id);
CREATE INDEX audit_account_idx ON audit (account_id, id);
CREATE INDEX audit_object_idx ON audit (object_kind, object_id, id);

CREATE TABLE roster_import (
    id BIGINT PRIMARY KEY,
    account_id BIGINT,
    org_id BIGINT NOT NULL REFERENCES org (id),
    file_name TEXT NOT NULL,
    file_hash BYTEA NOT NULL,
    file_path TEXT NOT NULL,
    sheet TEXT NOT NULL DEFAULT '',
    mapping TEXT NOT NULL DEFAULT '',
    -- where people without a recognised community belong; NULL: such rows are refused
    default_org BIGINT,
    state TEXT NOT NULL CHECK (state IN ('mapping', 'staging', 'preview', 'applying', 'published', 'cancelled', 'failed')),
    -- rows with person.batch = id are not shown to anybody while this holds
    hidden BOOLEAN NOT NULL DEFAULT TRUE,
    job_id BIGINT,
    rows_all BIGINT NOT NULL DEFAULT 0,
    rows_new BIGINT NOT NULL DEFAULT 0,
    rows_same BIGINT NOT NULL DEFAULT 0,
    rows_changed BIGINT NOT NULL DEFAULT 0,
    rows_refused BIGINT NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX roster_import_account_idx ON roster_import (account_id, id);
CREATE INDEX roster_import_hidden_idx ON roster_import (hidden, id);

-- Rows a person must see: refused ones with their reasons, changed ones with old and new. Encrypted: they hold
-- ID numbers. Purged 30 days after the import ended.
CREATE TABLE roster_row (
    import_id BIGINT NOT NULL REFERENCES roster_import (id),
    row_no BIGINT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('refused', 'changed')),
    person_id BIGINT,
    reasons TEXT NOT NULL DEFAULT '',
    cells_enc BYTEA NOT NULL,
    PRIMARY KEY (import_id, row_no)
);

-- Memberships that an import will make once it is published.
CREATE TABLE roster_member (
    import_id BIGINT NOT NULL REFERENCES roster_import (id),
    person_id BIGINT NOT NULL,
    org_id BIGINT NOT NULL,
    PRIMARY KEY (import_id, person_id, org_id)
);

-- Small settings of the city that the program writes itself (fingerprint of the key file, demo seed …).
CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
