"""What the leader does for waiting jobs, and how groups are opened and sealed."""

from alembic import op

revision = "0017"
down_revision = "0016"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

# A due job whose kind asks its service first waits for that permission instead.
PROMOTE = f"""
CREATE OR REPLACE FUNCTION promote(p_limit int, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (kind text, jobs bigint)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_asking int[] := asking_kinds();
BEGIN
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT j.ctid AS tid FROM live j WHERE j.state = 0 AND j.run_at <= p_now
        ORDER BY j.run_at LIMIT p_limit FOR UPDATE SKIP LOCKED),
    moved AS (
        UPDATE live j SET seq = nextval('job_seq'),
            state = CASE WHEN j.kind_id = ANY (v_asking) THEN 3 ELSE 1 END,
            blocked_by = CASE WHEN j.kind_id = ANY (v_asking) THEN 2 END
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM due)) AND (j.state = 0) IS TRUE
        RETURNING j.kind_id)
    SELECT k.name, m.jobs FROM
        (SELECT kind_id, count(*) AS jobs FROM moved GROUP BY kind_id) m JOIN kind k USING (kind_id);
END $$;
"""

WAITING_FOR_PERMISSION = f"""
CREATE FUNCTION waiting_for_permission(p_limit int, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id bigint, uid uuid, kind text, site_id uuid, account_id uuid, args jsonb)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT p.id, p.uid, k.name, p.site_id, p.account_id, p.args FROM (
        SELECT j.id, j.uid, j.kind_id, j.site_id, j.account_id, j.args FROM live j
        WHERE j.state = 3 AND j.blocked_by = 2 AND j.run_at <= p_now
        ORDER BY j.run_at LIMIT p_limit) p
    JOIN kind k ON k.kind_id = p.kind_id;
END $$;
"""

PERMIT = f"""
CREATE FUNCTION permit(p_ids bigint[], p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (kind text, jobs bigint)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH moved AS (
        UPDATE live j SET state = 1, blocked_by = NULL, run_at = least(j.run_at, p_now)
        WHERE j.id = ANY (p_ids) AND (j.blocked_by = 2) IS TRUE RETURNING j.kind_id)
    SELECT k.name, m.jobs FROM
        (SELECT kind_id, count(*) AS jobs FROM moved GROUP BY kind_id) m JOIN kind k USING (kind_id);
END $$;
"""

ASK_AGAIN = f"""
CREATE FUNCTION ask_again(p_ids bigint[], p_at timestamptz) RETURNS int
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_moved int;
BEGIN
    UPDATE live j SET run_at = p_at WHERE j.id = ANY (p_ids) AND (j.blocked_by = 2) IS TRUE;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    RETURN v_moved;
END $$;
"""

# The net below `let_next_in`: units that became free without a run ending, because a limit was
# raised or the next job of the key was cancelled. Keys are found one by one, never job by job.
UNBLOCK_KEYS = f"""
CREATE FUNCTION unblock_keys(p_limit int, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (kind text, jobs bigint)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_taking CONSTANT smallint[] := '{{1, 2}}'; v_blocked CONSTANT smallint := 3;
BEGIN
    RETURN QUERY
    WITH RECURSIVE waits (key, kind_id) AS (
        (SELECT j.concurrency_key, j.kind_id FROM live j
         WHERE j.state = v_blocked AND j.blocked_by = 3 AND j.concurrency_key IS NOT NULL
         ORDER BY j.concurrency_key LIMIT 1)
        UNION ALL
        SELECT n.* FROM waits w CROSS JOIN LATERAL (
            SELECT j.concurrency_key, j.kind_id FROM live j
            WHERE j.state = v_blocked AND j.blocked_by = 3 AND j.concurrency_key > w.key
            ORDER BY j.concurrency_key LIMIT 1) n),
    room AS MATERIALIZED (
        SELECT w.key, l.units - (SELECT count(*) FROM (
                SELECT FROM live j WHERE j.state IN (1, 2) AND j.state = ANY (v_taking)
                  AND j.concurrency_key = w.key LIMIT l.units) t) AS free
        FROM waits w JOIN kind k ON k.kind_id = w.kind_id
        CROSS JOIN LATERAL (SELECT coalesce(k.concurrency_limit, p_limit) AS units) l),
    pick AS MATERIALIZED (
        SELECT p.tid FROM room r CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j
            WHERE j.state = v_blocked AND j.blocked_by = 3 AND j.concurrency_key = r.key
            ORDER BY j.priority, j.seq LIMIT r.free FOR UPDATE SKIP LOCKED) p
        LIMIT p_limit),
    moved AS (
        UPDATE live j SET state = 1, blocked_by = NULL
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM pick)) AND (j.state = 3) IS TRUE
        RETURNING j.kind_id)
    SELECT k.name, m.jobs FROM
        (SELECT kind_id, count(*) AS jobs FROM moved GROUP BY kind_id) m JOIN kind k USING (kind_id);
END $$;
"""

# Kinds that have work and whose rate allows a start again, so that nodes can be told.
RATE_WAITING = f"""
CREATE FUNCTION rate_waiting(p_now timestamptz DEFAULT clock_timestamp()) RETURNS SETOF text
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    RETURN QUERY
    SELECT k.name FROM rate_state r JOIN kind k ON k.kind_id = r.kind_id
    WHERE k.rate_per_s IS NOT NULL AND k.paused_at IS NULL
      AND r.tat <= p_now + make_interval(secs => (k.rate_burst - 1) / k.rate_per_s)
      AND (SELECT true FROM live j WHERE j.state = 1 AND j.kind_id = k.kind_id LIMIT 1)
    ORDER BY k.name;
END $$;
"""

# The callback is a job that needs its group. What it would need beside is not looked at.
OPEN_GROUP = f"""
CREATE FUNCTION open_group(p_group uuid, p_callback jsonb, p_account uuid, p_site uuid,
    p_now timestamptz DEFAULT clock_timestamp()) RETURNS text
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_is_new boolean; v_callback bigint; v_finished timestamptz; v record;
BEGIN
    INSERT INTO job_group (group_id, account_id, site_id, created_at)
    VALUES (p_group, p_account, p_site, p_now) ON CONFLICT (group_id) DO NOTHING;
    v_is_new := FOUND;
    SELECT g.callback_id, g.finished_at INTO v_callback, v_finished FROM job_group g
    WHERE g.group_id = p_group FOR UPDATE;
    IF coalesce(p_callback, 'null') = 'null' THEN
        RETURN CASE WHEN v_is_new THEN 'opened' ELSE 'repeated' END;
    END IF;
    IF v_callback IS NOT NULL OR v_finished IS NOT NULL THEN
        RETURN CASE WHEN (SELECT true FROM enqueue_receipt e
                WHERE e.uid = (p_callback->>'uid')::uuid AND e.job_id = v_callback LIMIT 1)
            THEN 'repeated' ELSE 'conflict' END;
    END IF;
    SELECT e.job_id, e.verdict INTO v FROM enqueue(jsonb_build_array(
        p_callback - 'needs' || jsonb_build_object('callback_of', p_group)), p_now) e;
    IF v.verdict <> 'accepted' THEN
        RETURN CASE v.verdict WHEN 'unknown_kind' THEN 'unknown_kind' ELSE 'conflict' END;
    END IF;
    UPDATE job_group g SET callback_id = v.job_id WHERE g.group_id = p_group;
    RETURN 'opened';
END $$;
"""

SEAL_GROUP = f"""
CREATE FUNCTION seal_group(p_group uuid, p_now timestamptz DEFAULT clock_timestamp())
RETURNS boolean
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_is_sealed boolean; v_callback bigint; v_finished timestamptz;
BEGIN
    PERFORM lock_all_or_none(callbacks(ARRAY[p_group], NULL));
    SELECT g.sealed INTO v_is_sealed FROM job_group g WHERE g.group_id = p_group FOR UPDATE;
    IF NOT FOUND OR v_is_sealed THEN RETURN FOUND; END IF;
    UPDATE job_group g SET sealed = true,
        finished_at = CASE WHEN g.succeeded + g.dead + g.cancelled = g.total THEN p_now END
    WHERE g.group_id = p_group
    RETURNING g.callback_id, g.finished_at INTO v_callback, v_finished;
    IF v_finished IS NOT NULL AND v_callback IS NOT NULL THEN
        PERFORM lower_needs(ARRAY[v_callback], ARRAY[1], p_now);
    END IF;
    RETURN true;
END $$;
"""


def upgrade() -> None:
    for function in (
        *(PROMOTE, WAITING_FOR_PERMISSION, PERMIT, ASK_AGAIN, UNBLOCK_KEYS, RATE_WAITING),
        *(OPEN_GROUP, SEAL_GROUP),
    ):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
