"""How a job runs: claimed by a session, then completed, failed or handed back by that run alone.

The fence is (id, run_no, session): whoever does not hold all three changes nothing.
Matching "(state = 2) IS TRUE" keeps the planner off the partial index of running jobs, where a
batch would cost the square of its size; `ctid = ANY (ARRAY(…))` keeps it from hashing the table.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off"""

# Kinds are served in the caller's order until `p_room` jobs are found. The session row is locked
# so that a session cannot end between being found alive and its claim being committed. A job may
# wait on its node for a while before it starts, hence the 30 seconds on top of its time-out.
CLAIM = f"""
CREATE FUNCTION claim(p_session bigint, p_kinds int[], p_free int[], p_room int,
    p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id bigint, run_no int, kind_id int, attempt smallint, uid uuid,
    site_id uuid, account_id uuid, request_id text, args text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM node_session s WHERE s.session_id = p_session AND s.state = 'live'
        AND s.lease_until > p_now FOR SHARE;
    IF NOT FOUND THEN RETURN; END IF;

    RETURN QUERY
    WITH want AS MATERIALIZED (
        SELECT w.kind_id, w.free
        FROM unnest(p_kinds, p_free) WITH ORDINALITY AS w (kind_id, free, place)
        JOIN node_kind n ON n.session_id = p_session AND n.kind_id = w.kind_id
        ORDER BY w.place),
    pick AS MATERIALIZED (
        SELECT p.tid FROM want w CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j WHERE j.state = 1 AND j.kind_id = w.kind_id
            ORDER BY j.priority, j.seq LIMIT w.free FOR UPDATE SKIP LOCKED) p
        LIMIT p_room)
    UPDATE live j SET state = 2, run_no = j.run_no + 1, attempt = j.attempt + 1,
        session_id = p_session, claimed_at = p_now,
        deadline_at = p_now + make_interval(secs => 30 +
            (SELECT k.timeout_s FROM kind k WHERE k.kind_id = j.kind_id))
    WHERE j.ctid = ANY (ARRAY(SELECT tid FROM pick)) AND (j.state = 1) IS TRUE
    RETURNING j.id, j.run_no, j.kind_id, j.attempt, j.uid,
        j.site_id, j.account_id, j.request_id, j.args::text;
END $$;
"""

# Returns the ids that ended by exactly this run, also those of an earlier call whose answer was
# lost; what is missing from it is stale and must be discarded.
COMPLETE = f"""
CREATE FUNCTION complete(p_session bigint, p_ids bigint[], p_runs int[], p_results jsonb[],
    p_now timestamptz DEFAULT clock_timestamp())
RETURNS SETOF bigint
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_ended bigint[];
BEGIN
    WITH pick AS MATERIALIZED (
        SELECT p.tid FROM unnest(p_ids, p_runs) AS t (id, run_no) CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
                AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE FOR UPDATE) p),
    gone AS (
        DELETE FROM live j WHERE j.ctid = ANY (ARRAY(SELECT tid FROM pick)) RETURNING j.*),
    ended AS (
    INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,
        session_id, run_at, created_at, claimed_at, finished_at, site_id, account_id, request_id,
        args, result)
    SELECT g.id, g.uid, g.kind_id, 1, g.priority, g.attempt, g.max_attempts, g.run_no,
        g.session_id, g.run_at, g.created_at, g.claimed_at, p_now, g.site_id, g.account_id,
        g.request_id, g.args, t.result
    FROM gone g JOIN unnest(p_ids, p_results) AS t (id, result) ON t.id = g.id RETURNING id)
    SELECT coalesce(array_agg(id), '{{}}') INTO v_ended FROM ended;

    RETURN QUERY SELECT unnest(v_ended);
    IF cardinality(v_ended) < cardinality(p_ids) THEN
        RETURN QUERY
        SELECT t.id FROM unnest(p_ids, p_runs) AS t (id, run_no) CROSS JOIN LATERAL (
            SELECT FROM done d WHERE d.id = t.id AND d.run_no = t.run_no
                AND d.session_id = p_session AND d.outcome = 1
                AND d.finished_at > p_now - interval '1 hour' LIMIT 1) d
        WHERE t.id <> ALL (v_ended);
    END IF;
END $$;
"""

# A job handed back unstarted costs no attempt and keeps its place; its run number never goes back.
RELEASE = f"""
CREATE FUNCTION release(p_session bigint, p_ids bigint[], p_runs int[])
RETURNS SETOF bigint
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH pick AS MATERIALIZED (
        SELECT p.tid FROM unnest(p_ids, p_runs) AS t (id, run_no) CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
                AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE FOR UPDATE) p)
    UPDATE live j SET state = 1, attempt = j.attempt - 1, session_id = NULL, claimed_at = NULL,
        deadline_at = NULL
    WHERE j.ctid = ANY (ARRAY(SELECT tid FROM pick)) RETURNING j.id;
END $$;
"""


def upgrade() -> None:
    for function in (CLAIM, COMPLETE, RELEASE):
        op.execute(function)
