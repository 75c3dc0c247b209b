"""Sites, accounts and users; what is mailed to users; their sessions; counts of tries."""

from alembic import op

from chassis.plumbing import create_plumbing

revision = "0001"
down_revision = None

SITES = """
CREATE TABLE site (
    site_id uuid CONSTRAINT pk_site PRIMARY KEY,
    slug text NOT NULL CONSTRAINT uq_site_slug UNIQUE,
    name text NOT NULL
);
INSERT INTO site (site_id, slug, name)
VALUES ('018f0000-0000-7000-8000-000000000001', 'main', 'Memberhall');
"""

# The foreign key of two columns keeps a user on the site of the account.
ACCOUNTS = """
CREATE TABLE account (
    account_id uuid CONSTRAINT pk_account PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT fk_account_site_id REFERENCES site,
    created_at timestamptz NOT NULL,
    CONSTRAINT uq_account_account_id_site_id UNIQUE (account_id, site_id)
);
CREATE INDEX ix_account_site_id ON account (site_id);

CREATE TABLE site_user (
    user_id uuid CONSTRAINT pk_site_user PRIMARY KEY,
    site_id uuid NOT NULL,
    account_id uuid NOT NULL,
    email text NOT NULL,
    email_canonical text NOT NULL
        CONSTRAINT ck_site_user_email_canonical CHECK (position('@' IN email_canonical) > 1),
    name text NOT NULL CONSTRAINT ck_site_user_name CHECK (name <> ''),
    time_zone text NOT NULL,
    password_hash text NOT NULL
        CONSTRAINT ck_site_user_password_hash CHECK (left(password_hash, 10) = '$argon2id$'),
    password_version int NOT NULL DEFAULT 1,
    is_operator boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    version int NOT NULL DEFAULT 1,
    CONSTRAINT fk_site_user_account_id_site_id
        FOREIGN KEY (account_id, site_id) REFERENCES account (account_id, site_id),
    CONSTRAINT ck_site_user_operator_confirmed CHECK (NOT is_operator OR confirmed_at IS NOT NULL)
);
CREATE UNIQUE INDEX uq_site_user_site_id_email_canonical ON site_user (site_id, email_canonical);
CREATE INDEX ix_site_user_account_id ON site_user (account_id);

CREATE TABLE sign_up_receipt (
    user_id uuid CONSTRAINT pk_sign_up_receipt PRIMARY KEY,
    fingerprint bytea NOT NULL
        CONSTRAINT ck_sign_up_receipt_fingerprint CHECK (octet_length(fingerprint) = 32),
    received_at timestamptz NOT NULL
);
CREATE INDEX ix_sign_up_receipt_received_at ON sign_up_receipt (received_at);
"""

TOKENS = """
CREATE TABLE mailed_token (
    token_id uuid CONSTRAINT pk_mailed_token PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_mailed_token_user_id REFERENCES site_user,
    purpose text NOT NULL CONSTRAINT ck_mailed_token_purpose CHECK (purpose IN ('confirm', 'reset')),
    token_hash bytea NOT NULL CONSTRAINT uq_mailed_token_token_hash UNIQUE
        CONSTRAINT ck_mailed_token_token_hash CHECK (octet_length(token_hash) = 32),
    password_hash text,
    code_tries smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    voided_at timestamptz,
    CONSTRAINT ck_mailed_token_password
        CHECK ((purpose = 'confirm') = (password_hash IS NOT NULL)),
    CONSTRAINT ck_mailed_token_expires_at CHECK (expires_at > created_at),
    CONSTRAINT ck_mailed_token_used_or_voided CHECK (used_at IS NULL OR voided_at IS NULL)
);
CREATE INDEX ix_mailed_token_live ON mailed_token (user_id, purpose)
    WHERE used_at IS NULL AND voided_at IS NULL;
CREATE INDEX ix_mailed_token_expires_at ON mailed_token (expires_at);
"""

SESSIONS = """
CREATE TABLE user_session (
    session_id uuid CONSTRAINT pk_user_session PRIMARY KEY,
    session_hash text NOT NULL CONSTRAINT uq_user_session_session_hash UNIQUE
        CONSTRAINT ck_user_session_session_hash CHECK (session_hash ~ '^[0-9a-f]{64}$'),
    user_id uuid NOT NULL CONSTRAINT fk_user_session_user_id REFERENCES site_user,
    user_agent text NOT NULL,
    ip text NOT NULL,
    authenticated_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX ix_user_session_live ON user_session (user_id) WHERE ended_at IS NULL;
CREATE INDEX ix_user_session_authenticated_at ON user_session (authenticated_at);

CREATE TABLE try_count (
    site_id uuid NOT NULL CONSTRAINT fk_try_count_site_id REFERENCES site,
    action text NOT NULL CONSTRAINT ck_try_count_action CHECK (action IN ('log_in', 'mail')),
    subject_hash bytea NOT NULL
        CONSTRAINT ck_try_count_subject_hash CHECK (octet_length(subject_hash) = 32),
    tries int NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT pk_try_count PRIMARY KEY (site_id, action, subject_hash)
);
CREATE INDEX ix_try_count_since ON try_count (since);
"""


def upgrade() -> None:
    create_plumbing(op)
    for statements in (SITES, ACCOUNTS, TOKENS, SESSIONS):
        op.execute(statements)
