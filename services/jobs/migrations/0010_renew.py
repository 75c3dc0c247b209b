"""How a node joins, stays and tells: one call every three seconds carries the lease, the load, the
numbers of its work and all orders for it; another what its handlers say of their progress.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

OPEN = f"""
CREATE OR REPLACE FUNCTION open_session(p_name text, p_labels jsonb, p_slots int, p_version text,
    p_host text, p_pid int, p_kinds jsonb, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (session_id bigint, kind_id int, kind text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_session bigint;
BEGIN
    PERFORM declare_kinds(p_kinds, false);
    INSERT INTO node (name, first_seen_at) VALUES (p_name, p_now) ON CONFLICT DO NOTHING;
    INSERT INTO node_session AS s (node_name, labels, slots, slots_at_start, version, host,
        agent_pid, lease_until, started_at)
    SELECT p_name, p_labels, coalesce(n.slots_wanted, p_slots), p_slots, p_version, p_host, p_pid,
        p_now + interval '15 seconds', p_now
    FROM node n WHERE n.name = p_name
    RETURNING s.session_id INTO v_session;
    RETURN QUERY
    WITH able AS (
        INSERT INTO node_kind (session_id, kind_id, version_low, version_high)
        SELECT v_session, k.kind_id, coalesce(d.version_low, 1), coalesce(d.version_high, 1)
        FROM jsonb_to_recordset(p_kinds)
            AS d (name text, version_low smallint, version_high smallint)
            JOIN kind k ON k.name = d.name
        RETURNING kind_id)
    SELECT v_session, k.kind_id, k.name FROM able a JOIN kind k ON k.kind_id = a.kind_id;
END $$;
"""

# As `heartbeat`, which stays for nodes of the version before; and the answer carries every order,
# so that no message to the node has to arrive.
RENEW = f"""
CREATE FUNCTION renew(p_session bigint, p_ids bigint[], p_runs int[], p_load jsonb, p_stats jsonb,
    p_now timestamptz DEFAULT clock_timestamp(), OUT standing boolean, OUT drop_ids bigint[],
    OUT cancel_ids bigint[], OUT released int, OUT slots int, OUT paused boolean,
    OUT allocation jsonb, OUT epoch bigint, OUT limits jsonb)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    SELECT h.standing, h.drop_ids, h.released INTO standing, drop_ids, released
    FROM heartbeat(p_session, p_ids, p_runs, p_now) h;
    IF NOT standing THEN RETURN; END IF;

    UPDATE node_session s SET load = coalesce(p_load, '{{}}'),
        slots = coalesce(n.slots_wanted, s.slots_at_start, s.slots)
    FROM node n WHERE s.session_id = p_session AND n.name = s.node_name
    RETURNING s.slots, n.paused_at IS NOT NULL INTO slots, paused;

    SELECT array_agg(j.id) INTO cancel_ids FROM live j
    WHERE j.state = 2 AND j.session_id = p_session AND j.cancel_requested;
    SELECT coalesce(jsonb_object_agg(a.kind_id, a.slots), '{{}}') INTO allocation
    FROM allocation a WHERE a.session_id = p_session;
    -- What operators changed counts at once, on nodes whose build declares otherwise, too.
    SELECT coalesce(jsonb_object_agg(k.kind_id, jsonb_build_object('timeout_s', k.timeout_s,
        'queue_size', k.queue_size, 'max_assigned', k.max_assigned,
        'concurrency_limit', k.concurrency_limit)), '{{}}') INTO limits
    FROM node_kind n JOIN kind k ON k.kind_id = n.kind_id WHERE n.session_id = p_session;
    epoch := coalesce((SELECT l.epoch FROM leader l WHERE l.name = 'jobs'), 0);
    PERFORM count_minutes(p_stats, p_now);
END $$;
"""

# One addition for each kind and renewal, never for each job.
COUNT_MINUTES = f"""
CREATE FUNCTION count_minutes(p_stats jsonb, p_now timestamptz) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    IF coalesce(p_stats, '[]') = '[]' THEN RETURN; END IF;
    INSERT INTO kind_minute AS m (kind_id, minute, succeeded, failed, run_s, wait_s)
    SELECT t.kind_id, date_trunc('minute', p_now), sum(coalesce(t.succeeded, 0)),
        sum(coalesce(t.failed, 0)), sum(coalesce(t.run_s, 0)), sum(coalesce(t.wait_s, 0))
    FROM jsonb_to_recordset(p_stats) AS t (kind_id int, succeeded bigint, failed bigint,
        run_s double precision, wait_s double precision)
    GROUP BY t.kind_id ORDER BY t.kind_id
    ON CONFLICT (kind_id, minute) DO UPDATE SET succeeded = m.succeeded + excluded.succeeded,
        failed = m.failed + excluded.failed, run_s = m.run_s + excluded.run_s,
        wait_s = m.wait_s + excluded.wait_s;
END $$;
"""

# A node's own clock only orders the lines of a run: an instant outside of the run is moved into it.
NOTE = f"""
CREATE FUNCTION note(p_session bigint, p_progress jsonb, p_lines jsonb,
    p_now timestamptz DEFAULT clock_timestamp()) RETURNS int
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_progress int; v_lines int;
BEGIN
    INSERT INTO progress AS p (job_id, run_no, percent, note, at)
    SELECT DISTINCT ON (t.id) t.id, t.run_no, least(greatest(t.percent, 0), 100),
        left(coalesce(t.note, ''), 500), p_now
    FROM ROWS FROM (jsonb_to_recordset(coalesce(p_progress, '[]')) AS (id bigint, run_no int,
        percent real, note text)) WITH ORDINALITY AS t (id, run_no, percent, note, place)
    CROSS JOIN LATERAL (
        SELECT FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
            AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE LIMIT 1) held
    ORDER BY t.id, t.place DESC
    ON CONFLICT (job_id) DO UPDATE SET run_no = excluded.run_no, percent = excluded.percent,
        note = excluded.note, at = excluded.at
    WHERE p.run_no <= excluded.run_no;
    GET DIAGNOSTICS v_progress = ROW_COUNT;

    INSERT INTO job_log (job_id, run_no, line_no, at, text)
    SELECT t.id, t.run_no, t.line_no, least(greatest(t.at, held.claimed_at), p_now),
        left(coalesce(t.text, ''), 500)
    FROM jsonb_to_recordset(coalesce(p_lines, '[]'))
        AS t (id bigint, run_no int, line_no int, at timestamptz, text text)
    CROSS JOIN LATERAL (
        SELECT j.claimed_at FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
            AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE LIMIT 1) held
    WHERE t.line_no BETWEEN 1 AND 200
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_lines = ROW_COUNT;
    RETURN v_progress + v_lines;
END $$;
"""

NODE_MAY = (
    "renew(bigint, bigint[], int[], jsonb, jsonb, timestamptz)",
    "note(bigint, jsonb, jsonb, timestamptz)",
)


def upgrade() -> None:
    for function in (OPEN, COUNT_MINUTES, RENEW, NOTE):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
    for function in NODE_MAY:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO memberhall_node")
