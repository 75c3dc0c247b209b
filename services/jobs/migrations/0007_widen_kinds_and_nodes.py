"""What is said of kinds and nodes beside their names: limits, versions, allocation, schedules.

A kind's columns hold what counts; `declared` is what the code says and `override` what operators
say at run time, and `settle_kind` makes the one out of the two.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

# An expression that is none fails at ck_kind_node_filter, and not where nodes claim.
KINDS = """
ALTER TABLE kind
    ADD queue_size smallint,
    ADD max_assigned int,
    ADD max_pending int,
    ADD weight double precision NOT NULL DEFAULT 1,
    ADD node_filter text,
    ADD node_labels jsonb NOT NULL DEFAULT '{}',
    ADD concurrency_key text[],
    ADD concurrency_limit int,
    ADD rate_per_s double precision,
    ADD rate_burst int,
    ADD unique_by text[],
    ADD version_low smallint NOT NULL DEFAULT 1,
    ADD version_high smallint NOT NULL DEFAULT 1,
    ADD hooks jsonb NOT NULL DEFAULT '{}',
    ADD declared jsonb NOT NULL DEFAULT '{}',
    ADD override jsonb NOT NULL DEFAULT '{}',
    ADD paused_at timestamptz,
    ADD CONSTRAINT ck_kind_queue_size CHECK (queue_size BETWEEN 1 AND 200),
    ADD CONSTRAINT ck_kind_max_assigned CHECK (max_assigned > 0),
    ADD CONSTRAINT ck_kind_max_pending CHECK (max_pending > 0),
    ADD CONSTRAINT ck_kind_weight CHECK (weight > 0),
    ADD CONSTRAINT ck_kind_node_filter CHECK (('' ~ node_filter) IS NOT NULL
        OR node_filter IS NULL),
    ADD CONSTRAINT ck_kind_node_labels CHECK (jsonb_typeof(node_labels) = 'object'),
    ADD CONSTRAINT ck_kind_concurrency CHECK (concurrency_limit > 0
        AND (concurrency_key IS NULL) = (concurrency_limit IS NULL)),
    ADD CONSTRAINT ck_kind_rate CHECK (rate_per_s > 0 AND rate_burst > 0
        AND (rate_per_s IS NULL) = (rate_burst IS NULL)),
    ADD CONSTRAINT ck_kind_versions CHECK (version_low BETWEEN 1 AND version_high
        AND version_high - version_low < 100);
UPDATE kind SET declared = to_jsonb(kind) - '{kind_id,paused_at,declared,override}'::text[];

CREATE TABLE rate_state (
    kind_id int NOT NULL CONSTRAINT pk_rate_state PRIMARY KEY
        CONSTRAINT fk_rate_state_kind_id REFERENCES kind ON DELETE CASCADE,
    tat timestamptz NOT NULL
);
"""

# A node outlives its sessions: what operators say of it holds when it joins again.
NODES = """
CREATE TABLE node (
    name text NOT NULL CONSTRAINT pk_node PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    paused_at timestamptz,
    slots_wanted int CONSTRAINT ck_node_slots_wanted CHECK (slots_wanted BETWEEN 1 AND 1000)
);
INSERT INTO node (name, first_seen_at)
SELECT node_name, min(started_at) FROM node_session GROUP BY node_name;

ALTER TABLE node_session
    ADD load jsonb NOT NULL DEFAULT '{}',
    ADD slots_at_start int;
UPDATE node_session SET slots_at_start = slots;

ALTER TABLE node_kind
    ADD version_low smallint NOT NULL DEFAULT 1,
    ADD version_high smallint NOT NULL DEFAULT 1,
    ADD CONSTRAINT ck_node_kind_versions CHECK (version_low BETWEEN 1 AND version_high
        AND version_high - version_low < 100);
"""

# `epoch` counts the allocations that were written, under whatever term.
LEADER = """
CREATE TABLE leader (
    name text NOT NULL CONSTRAINT pk_leader PRIMARY KEY,
    term bigint NOT NULL,
    holder text NOT NULL,
    elected_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    epoch bigint NOT NULL DEFAULT 0
);

CREATE TABLE allocation (
    kind_id int NOT NULL CONSTRAINT fk_allocation_kind_id REFERENCES kind ON DELETE CASCADE,
    session_id bigint NOT NULL
        CONSTRAINT fk_allocation_session_id REFERENCES node_session ON DELETE CASCADE,
    slots int NOT NULL CONSTRAINT ck_allocation_slots CHECK (slots >= 0),
    epoch bigint NOT NULL,
    CONSTRAINT pk_allocation PRIMARY KEY (kind_id, session_id)
);
CREATE INDEX ix_allocation_session_id ON allocation (session_id);
"""

# A schedule without `next_fire_at` is new or was changed; the leader works out when it is due.
SCHEDULES = """
CREATE TABLE schedule (
    schedule_id uuid NOT NULL CONSTRAINT pk_schedule PRIMARY KEY,
    name text NOT NULL CONSTRAINT uq_schedule_name UNIQUE,
    kind_id int NOT NULL CONSTRAINT fk_schedule_kind_id REFERENCES kind,
    cron text NOT NULL,
    time_zone text NOT NULL,
    missed text NOT NULL CONSTRAINT ck_schedule_missed CHECK (missed IN ('skip', 'one', 'all')),
    args jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT ck_schedule_args CHECK (jsonb_typeof(args) = 'object'),
    is_declared boolean NOT NULL DEFAULT false,
    paused_at timestamptz,
    next_fire_at timestamptz,
    version int NOT NULL DEFAULT 1
);
CREATE INDEX ix_schedule_next_fire_at ON schedule (next_fire_at);

CREATE TABLE fire (
    schedule_id uuid NOT NULL
        CONSTRAINT fk_fire_schedule_id REFERENCES schedule ON DELETE CASCADE,
    fire_at timestamptz NOT NULL,
    uid uuid NOT NULL,
    fired_at timestamptz NOT NULL,
    CONSTRAINT pk_fire PRIMARY KEY (schedule_id, fire_at)
);
CREATE INDEX ix_fire_fired_at ON fire (fired_at);
"""

# What nodes tell of their kinds by the minute, and what services tell of their work as a whole.
REPORTS = """
CREATE TABLE kind_minute (
    kind_id int NOT NULL,
    minute timestamptz NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    run_s double precision NOT NULL,
    wait_s double precision NOT NULL,
    CONSTRAINT pk_kind_minute PRIMARY KEY (kind_id, minute)
);
CREATE INDEX ix_kind_minute_minute ON kind_minute (minute);

CREATE TABLE kind_report (
    kind_id int NOT NULL CONSTRAINT pk_kind_report PRIMARY KEY
        CONSTRAINT fk_kind_report_kind_id REFERENCES kind ON DELETE CASCADE,
    counts jsonb NOT NULL,
    at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    for statements in (KINDS, NODES, LEADER, SCHEDULES, REPORTS):
        op.execute(statements)
