"""What jobs may carry: versions, keys, needs, groups, tags; progress, lines and documents.

Every index on `live` is partial, so that a plain job pays for none of it.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

# `blocked_by`: 1 needs, 2 permission (then `run_at` is when to ask again), 3 its concurrency key.
# It is one rule in one expression, because it is checked at each step of each job.
# A running job is itself the unit of its concurrency key that is held: `ix_live_key` counts them.
# Whoever reads it gives the state as a variable, so that no other index of a part of the table
# fits: while the table is small the planner takes any that does, and then keeps to it.
# `needs` counts what has yet to succeed: a row of `dependency` each, and the group of a callback.
LIVE = """
ALTER TABLE live
    ADD version smallint NOT NULL DEFAULT 1,
    ADD unique_key text,
    ADD concurrency_key text COLLATE "C",
    ADD group_id uuid,
    ADD tags text[],
    ADD needs smallint NOT NULL DEFAULT 0,
    ADD has_dependents boolean NOT NULL DEFAULT false,
    ADD cancel_requested boolean NOT NULL DEFAULT false,
    ADD blocked_by smallint,
    ADD CONSTRAINT ck_live_blocked CHECK (CASE state
        WHEN 3 THEN NOT cancel_requested
            AND (blocked_by IN (2, 3) AND needs = 0 OR blocked_by = 1 AND needs > 0)
        WHEN 2 THEN blocked_by IS NULL AND needs = 0
        ELSE blocked_by IS NULL AND needs = 0 AND NOT cancel_requested END IS TRUE);
CREATE INDEX ix_live_blocked ON live (blocked_by, run_at) WHERE state = 3;
CREATE INDEX ix_live_key ON live (state, concurrency_key, priority, seq)
    WHERE concurrency_key IS NOT NULL AND (state IN (1, 2) OR blocked_by = 3);
CREATE UNIQUE INDEX uq_live_unique_key ON live (unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX ix_live_group_id ON live (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX ix_live_tags ON live USING gin (tags) WHERE tags IS NOT NULL;

ALTER TABLE enqueue_receipt ADD is_duplicate boolean NOT NULL DEFAULT false;
"""

# A job that was cancelled has a reason as well.
DONE = """
ALTER TABLE done
    ADD version smallint NOT NULL DEFAULT 1,
    ADD unique_key text,
    ADD concurrency_key text,
    ADD group_id uuid,
    ADD tags text[],
    DROP CONSTRAINT ck_done_error,
    ADD CONSTRAINT ck_done_error CHECK (CASE outcome WHEN 1 THEN error IS NULL
        WHEN 2 THEN error IS NOT NULL ELSE true END);
ALTER TABLE attempt
    DROP CONSTRAINT ck_attempt_outcome,
    ADD CONSTRAINT ck_attempt_outcome
        CHECK (outcome IN ('failed', 'lost', 'timeout', 'cancelled'));
CREATE INDEX ix_done_group_id ON done (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX ix_done_tags ON done USING gin (tags) WHERE tags IS NOT NULL;
"""

TIES = """
CREATE TABLE dependency (
    job_id bigint NOT NULL,
    needs_id bigint NOT NULL,
    CONSTRAINT pk_dependency PRIMARY KEY (job_id, needs_id)
);
CREATE INDEX ix_dependency_needs_id ON dependency (needs_id);

CREATE TABLE job_group (
    group_id uuid NOT NULL CONSTRAINT pk_job_group PRIMARY KEY,
    total int NOT NULL DEFAULT 0,
    succeeded int NOT NULL DEFAULT 0,
    dead int NOT NULL DEFAULT 0,
    cancelled int NOT NULL DEFAULT 0,
    sealed boolean NOT NULL DEFAULT false,
    callback_id bigint,
    account_id uuid,
    site_id uuid,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT ck_job_group_counts CHECK (succeeded >= 0 AND dead >= 0 AND cancelled >= 0
        AND succeeded + dead + cancelled <= total),
    CONSTRAINT ck_job_group_finished CHECK (finished_at IS NULL
        OR (sealed AND succeeded + dead + cancelled = total))
);
CREATE INDEX ix_job_group_created_at ON job_group (created_at);
"""

# Progress may be lost with a crash of the server: the next word of the handler replaces it.
WORDS = """
CREATE UNLOGGED TABLE progress (
    job_id bigint NOT NULL CONSTRAINT pk_progress PRIMARY KEY,
    run_no int NOT NULL,
    percent real NOT NULL CONSTRAINT ck_progress_percent CHECK (percent BETWEEN 0 AND 100),
    note text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_progress_at ON progress (at);

CREATE TABLE job_log (
    job_id bigint NOT NULL,
    run_no int NOT NULL,
    line_no int NOT NULL CONSTRAINT ck_job_log_line_no CHECK (line_no BETWEEN 1 AND 200),
    at timestamptz NOT NULL,
    text text NOT NULL,
    CONSTRAINT pk_job_log PRIMARY KEY (job_id, run_no, line_no, at)
) PARTITION BY RANGE (at);

CREATE TABLE document (
    uid uuid NOT NULL CONSTRAINT pk_document PRIMARY KEY,
    account_id uuid,
    site_id uuid,
    name text NOT NULL,
    content_type text NOT NULL,
    content bytea NOT NULL
        CONSTRAINT ck_document_content CHECK (octet_length(content) <= 10485760),
    created_at timestamptz NOT NULL
);
CREATE INDEX ix_document_created_at ON document (created_at);
"""

DAYS_AHEAD = 30

ENSURE = """
CREATE OR REPLACE FUNCTION ensure_partitions(p_first date, p_days int) RETURNS int
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
DECLARE
    v_parent text;
    v_day date;
    v_name text;
    v_made int := 0;
BEGIN
    -- Services that start together all make room: one after the other.
    PERFORM pg_advisory_xact_lock(hashtext('jobs.ensure_partitions'));
    FOR v_parent, v_day IN
        SELECT p.name, d::date FROM (VALUES ('done'), ('attempt'), ('job_log')) AS p (name),
            generate_series(p_first, p_first + p_days - 1, interval '1 day') AS d
    LOOP
        v_name := v_parent || to_char(v_day, '_YYYYMMDD');
        CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', v_name, v_parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            v_parent, v_name, v_day::timestamp AT TIME ZONE 'UTC',
            (v_day + 1)::timestamp AT TIME ZONE 'UTC');
        v_made := v_made + 1;
    END LOOP;
    RETURN v_made;
END $$;
"""


def upgrade() -> None:
    for statements in (LIVE, DONE, TIES, WORDS, ENSURE):
        op.execute(statements)
    today = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
    op.execute(f"SELECT ensure_partitions({today} - 1, {DAYS_AHEAD})")
