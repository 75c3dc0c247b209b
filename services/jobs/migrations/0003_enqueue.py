"""How a job comes into being: kinds are declared, jobs enqueued once for each uid, due ones readied.

Every function takes the instant as its last argument, the database's own clock when it is left
out, so that tests are exact and no other machine's clock ever counts.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

# The planner is pinned: a plan made while the table was empty must also be right at a million rows.
PINNED = """SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

DECLARE_KINDS = """
CREATE FUNCTION declare_kinds(p_kinds jsonb, p_overwrite boolean) RETURNS void
LANGUAGE sql SET search_path = jobs, pg_temp AS $$
    INSERT INTO kind AS k (name, timeout_s, max_attempts, priority,
        backoff_base_s, backoff_factor, backoff_cap_s, backoff_jitter)
    SELECT name, timeout_s, max_attempts, priority,
        backoff_base_s, backoff_factor, backoff_cap_s, backoff_jitter
    FROM jsonb_to_recordset(p_kinds) AS d (name text, timeout_s int, max_attempts smallint,
        priority smallint, backoff_base_s double precision, backoff_factor double precision,
        backoff_cap_s double precision, backoff_jitter double precision)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET timeout_s = excluded.timeout_s,
        max_attempts = excluded.max_attempts, priority = excluded.priority,
        backoff_base_s = excluded.backoff_base_s, backoff_factor = excluded.backoff_factor,
        backoff_cap_s = excluded.backoff_cap_s, backoff_jitter = excluded.backoff_jitter
    WHERE p_overwrite;
$$;
"""

# Two statements on purpose: the second sees receipts that a concurrent caller committed while the
# first was waiting for it.
ENQUEUE = f"""
CREATE FUNCTION enqueue(p_jobs jsonb, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (uid uuid, job_id bigint, kind text, verdict text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_fresh bigint[];
BEGIN
    WITH asked AS MATERIALIZED (
        SELECT a.*, k.kind_id, k.max_attempts, k.priority AS usual_priority
        FROM ROWS FROM (jsonb_to_recordset(p_jobs) AS (uid uuid, kind text, args jsonb,
            run_at timestamptz, priority smallint, site_id uuid, account_id uuid, request_id text)
        ) WITH ORDINALITY AS a (uid, kind, args, run_at, priority, site_id, account_id, request_id,
            place)
        JOIN kind k ON k.name = a.kind
        ORDER BY a.place),
    receipt AS (
        INSERT INTO enqueue_receipt (uid, job_id, digest, accepted_at)
        SELECT a.uid, nextval('job_seq'), job_digest(a.kind, a.args), p_now FROM asked a
        ON CONFLICT (uid) DO NOTHING RETURNING uid, job_id),
    stored AS (
        INSERT INTO live (id, uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,
            site_id, account_id, request_id, args)
        SELECT DISTINCT ON (r.job_id) r.job_id, a.uid, a.kind_id,
            CASE WHEN a.run_at > p_now THEN 0 ELSE 1 END, coalesce(a.priority, a.usual_priority),
            r.job_id, a.max_attempts, coalesce(a.run_at, p_now), p_now,
            a.site_id, a.account_id, a.request_id, a.args
        FROM receipt r JOIN asked a ON a.uid = r.uid ORDER BY r.job_id, a.place
        RETURNING id)
    SELECT array_agg(id) INTO v_fresh FROM stored;

    RETURN QUERY
    SELECT a.uid, r.job_id, a.kind, CASE
        WHEN r.job_id IS NULL THEN 'unknown_kind'
        WHEN r.digest <> job_digest(a.kind, a.args) THEN 'conflict'
        WHEN r.job_id = ANY (v_fresh) THEN 'accepted' ELSE 'repeated' END
    FROM jsonb_to_recordset(p_jobs) AS a (uid uuid, kind text, args jsonb)
    LEFT JOIN LATERAL (
        SELECT e.job_id, e.digest FROM enqueue_receipt e WHERE e.uid = a.uid LIMIT 1) r ON true;
END $$;
"""

# What must be equal for a second enqueue of a uid to be a repetition and not a contradiction.
DIGEST = """
CREATE FUNCTION job_digest(p_kind text, p_args jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(p_kind || ' ' || p_args::text) $$;
"""

PROMOTE = f"""
CREATE FUNCTION promote(p_limit int, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (kind text, jobs bigint)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT j.ctid AS tid FROM live j WHERE j.state = 0 AND j.run_at <= p_now
        ORDER BY j.run_at LIMIT p_limit FOR UPDATE SKIP LOCKED),
    moved AS (
        UPDATE live j SET state = 1, seq = nextval('job_seq')
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM due)) AND (j.state = 0) IS TRUE
        RETURNING j.kind_id)
    SELECT k.name, m.jobs FROM
        (SELECT kind_id, count(*) AS jobs FROM moved GROUP BY kind_id) m JOIN kind k USING (kind_id);
END $$;
"""


def upgrade() -> None:
    for function in (DECLARE_KINDS, DIGEST, ENQUEUE, PROMOTE):
        op.execute(function)
