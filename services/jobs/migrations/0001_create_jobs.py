"""The job core's tables: what waits and runs (`live`), what ended (`done`), and who works.

bigint identifiers live and die inside the core; the outside knows a job by its `uid` alone.
"""

from alembic import op

from chassis.plumbing import create_plumbing

revision = "0001"
down_revision = None

KINDS = """
CREATE SEQUENCE job_seq;

CREATE TABLE kind (
    kind_id int GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_kind PRIMARY KEY,
    name text NOT NULL CONSTRAINT uq_kind_name UNIQUE,
    timeout_s int NOT NULL,
    max_attempts smallint NOT NULL,
    priority smallint NOT NULL,
    backoff_base_s double precision NOT NULL,
    backoff_factor double precision NOT NULL,
    backoff_cap_s double precision NOT NULL,
    backoff_jitter double precision NOT NULL,
    CONSTRAINT ck_kind_timeout CHECK (timeout_s BETWEEN 1 AND 86400),
    CONSTRAINT ck_kind_max_attempts CHECK (max_attempts BETWEEN 1 AND 100),
    CONSTRAINT ck_kind_priority CHECK (priority BETWEEN 1 AND 4),
    CONSTRAINT ck_kind_backoff CHECK (backoff_base_s >= 0 AND backoff_factor >= 1
        AND backoff_cap_s >= backoff_base_s AND backoff_jitter BETWEEN 0 AND 1)
);
"""

# One row for each time a node joins; a restarted node of the same name is another session.
SESSIONS = """
CREATE TABLE node_session (
    session_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_node_session PRIMARY KEY,
    node_name text NOT NULL,
    labels jsonb NOT NULL DEFAULT '{}',
    slots int NOT NULL CONSTRAINT ck_node_session_slots CHECK (slots > 0),
    version text NOT NULL,
    host text NOT NULL,
    agent_pid int NOT NULL,
    state text NOT NULL DEFAULT 'live'
        CONSTRAINT ck_node_session_state CHECK (state IN ('live', 'draining', 'left', 'dead')),
    lease_until timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    settled boolean NOT NULL DEFAULT false,
    CONSTRAINT ck_node_session_ended CHECK ((state IN ('left', 'dead')) = (ended_at IS NOT NULL)),
    CONSTRAINT ck_node_session_settled CHECK (NOT settled OR ended_at IS NOT NULL)
);
CREATE INDEX ix_node_session_lease_until ON node_session (lease_until)
    WHERE state IN ('live', 'draining');
CREATE INDEX ix_node_session_unsettled ON node_session (session_id)
    WHERE state IN ('left', 'dead') AND NOT settled;

CREATE TABLE node_kind (
    session_id bigint NOT NULL
        CONSTRAINT fk_node_kind_session_id REFERENCES node_session ON DELETE CASCADE,
    kind_id int NOT NULL CONSTRAINT fk_node_kind_kind_id REFERENCES kind,
    CONSTRAINT pk_node_kind PRIMARY KEY (session_id, kind_id)
);
"""

# States: 0 scheduled, 1 ready, 2 running, 3 blocked. No foreign keys here: the functions are the
# only writers, and a check of a foreign key for each job would cost more than claiming it.
LIVE = """
CREATE TABLE live (
    id bigint NOT NULL DEFAULT nextval('job_seq') CONSTRAINT pk_live PRIMARY KEY,
    uid uuid NOT NULL,
    kind_id int NOT NULL,
    state smallint NOT NULL CONSTRAINT ck_live_state CHECK (state BETWEEN 0 AND 3),
    priority smallint NOT NULL CONSTRAINT ck_live_priority CHECK (priority BETWEEN 1 AND 4),
    seq bigint NOT NULL,
    attempt smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL,
    run_no int NOT NULL DEFAULT 0,
    session_id bigint,
    run_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    claimed_at timestamptz,
    deadline_at timestamptz,
    site_id uuid,
    account_id uuid,
    request_id text,
    args jsonb NOT NULL,
    CONSTRAINT ck_live_running CHECK ((state = 2) = (session_id IS NOT NULL)),
    CONSTRAINT ck_live_deadline CHECK ((state = 2) = (deadline_at IS NOT NULL)),
    CONSTRAINT ck_live_attempt CHECK (attempt BETWEEN 0 AND max_attempts)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ix_live_ready ON live (kind_id, priority, seq) WHERE state = 1;
CREATE INDEX ix_live_due ON live (run_at) WHERE state = 0;
CREATE INDEX ix_live_run ON live (session_id) WHERE state = 2;

CREATE TABLE enqueue_receipt (
    uid uuid NOT NULL CONSTRAINT pk_enqueue_receipt PRIMARY KEY,
    job_id bigint NOT NULL,
    digest text NOT NULL,
    accepted_at timestamptz NOT NULL
);
CREATE INDEX ix_enqueue_receipt_accepted_at ON enqueue_receipt (accepted_at);
"""

# Outcomes: 1 succeeded, 2 dead, 3 cancelled, 4 expired. `announced` is false until the event
# jobs.job_died is staged: a node has no right to stage events, so the service does it after.
HISTORY = """
CREATE TABLE done (
    id bigint NOT NULL,
    uid uuid NOT NULL,
    kind_id int NOT NULL,
    outcome smallint NOT NULL CONSTRAINT ck_done_outcome CHECK (outcome BETWEEN 1 AND 4),
    priority smallint NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    run_no int NOT NULL,
    session_id bigint,
    run_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    claimed_at timestamptz,
    finished_at timestamptz NOT NULL,
    site_id uuid,
    account_id uuid,
    request_id text,
    args jsonb NOT NULL,
    result jsonb,
    error text,
    announced boolean NOT NULL DEFAULT true,
    CONSTRAINT pk_done PRIMARY KEY (id, finished_at),
    CONSTRAINT ck_done_error CHECK ((outcome = 2) = (error IS NOT NULL))
) PARTITION BY RANGE (finished_at);
CREATE INDEX ix_done_dead ON done (kind_id, id) WHERE outcome = 2;
CREATE INDEX ix_done_unannounced ON done (id) WHERE NOT announced;

CREATE TABLE attempt (
    job_id bigint NOT NULL,
    run_no int NOT NULL,
    session_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL
        CONSTRAINT ck_attempt_outcome CHECK (outcome IN ('failed', 'lost', 'timeout')),
    error text NOT NULL,
    CONSTRAINT pk_attempt PRIMARY KEY (job_id, run_no, ended_at)
) PARTITION BY RANGE (ended_at);
"""


def upgrade() -> None:
    create_plumbing(op)
    for statements in (KINDS, SESSIONS, LIVE, HISTORY):
        op.execute(statements)
