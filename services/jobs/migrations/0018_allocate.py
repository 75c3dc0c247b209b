"""What the leader reads and writes to share the workers among the kinds, and how schedules fire."""

from alembic import op

revision = "0018"
down_revision = "0017"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

DEMANDS = f"""
CREATE FUNCTION demands(p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (kind_id int, kind text, backlog int, running jsonb, mean_seconds double precision,
    weight double precision, max_assigned int, max_pending int, is_paused boolean)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH run AS MATERIALIZED (
        SELECT r.kind_id, jsonb_object_agg(r.session_id, r.n) AS sessions FROM (
            SELECT j.kind_id, j.session_id, count(*) AS n FROM live j
            WHERE j.state = 2 GROUP BY j.kind_id, j.session_id) r
        GROUP BY r.kind_id)
    SELECT k.kind_id, k.name, b.n::int, coalesce(
            (SELECT r.sessions FROM run r WHERE r.kind_id = k.kind_id), '{{}}'),
        (SELECT sum(m.run_s) / nullif(sum(m.succeeded + m.failed), 0) FROM kind_minute m
         WHERE m.kind_id = k.kind_id AND m.minute > p_now - interval '10 minutes')
            ::double precision,
        k.weight, k.max_assigned, k.max_pending, k.paused_at IS NOT NULL
    FROM kind k CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
        SELECT FROM live j WHERE j.state = 1 AND j.kind_id = k.kind_id LIMIT 10000) x) b
    ORDER BY k.kind_id;
END $$;
"""

# The same rules as in `claim`, but for jobs' versions.
HOSTS = f"""
CREATE FUNCTION hosts(p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (session_id bigint, node text, slots int, kinds int[])
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.session_id, s.node_name, s.slots, ARRAY(
        SELECT k.kind_id FROM node_kind a JOIN kind k ON k.kind_id = a.kind_id
        WHERE a.session_id = s.session_id AND k.paused_at IS NULL AND s.labels @> k.node_labels
          AND (k.node_filter IS NULL OR s.node_name ~ ('^(?:' || k.node_filter || ')$'))
        ORDER BY k.kind_id)
    FROM node_session s JOIN node n ON n.name = s.node_name
    WHERE s.state = 'live' AND s.lease_until > p_now AND n.paused_at IS NULL
    ORDER BY s.session_id;
END $$;
"""

# The whole allocation at once, without sessions that have ended. Rows of capped kinds are kept within the cap whatever is asked: a
# claim of such a kind holds its session's row, so that nothing starts while this counts.
WRITE_ALLOCATION = f"""
CREATE FUNCTION write_allocation(p_rows jsonb, p_now timestamptz DEFAULT clock_timestamp())
RETURNS bigint
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_epoch bigint; v_cap record;
BEGIN
    INSERT INTO leader AS l (name, term, holder, elected_at, expires_at, epoch)
    VALUES ('jobs', 0, '', p_now, p_now, 1)
    ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1 RETURNING l.epoch INTO v_epoch;
    PERFORM FROM allocation a ORDER BY a.kind_id, a.session_id FOR UPDATE;
    SELECT coalesce(jsonb_agg(e.row), '[]') INTO p_rows FROM jsonb_array_elements(p_rows) AS e (row)
    JOIN node_session s ON s.session_id = (e.row->>'session_id')::bigint
    WHERE s.state IN ('live', 'draining');
    FOR v_cap IN SELECT k.kind_id, k.max_assigned FROM kind k WHERE k.max_assigned IS NOT NULL
    LOOP
        p_rows := within_cap(p_rows, v_cap.kind_id, v_cap.max_assigned);
    END LOOP;
    DELETE FROM allocation a WHERE (SELECT true
        FROM jsonb_to_recordset(p_rows) AS t (kind_id int, session_id bigint, slots int)
        WHERE t.kind_id = a.kind_id AND t.session_id = a.session_id LIMIT 1) IS NULL;
    INSERT INTO allocation AS a (kind_id, session_id, slots, epoch)
    SELECT t.kind_id, t.session_id, t.slots, v_epoch
    FROM jsonb_to_recordset(p_rows) AS t (kind_id int, session_id bigint, slots int)
    JOIN kind k ON k.kind_id = t.kind_id ORDER BY t.kind_id, t.session_id
    ON CONFLICT (kind_id, session_id) DO UPDATE SET slots = excluded.slots, epoch = excluded.epoch
    WHERE a.slots <> excluded.slots;
    RETURN v_epoch;
END $$;
"""

# Lowers first, then raises as far as the cap leaves room beside what others hold or still run.
WITHIN_CAP = f"""
CREATE FUNCTION within_cap(p_rows jsonb, p_kind int, p_cap int) RETURNS jsonb
LANGUAGE plpgsql {PINNED} AS $$
DECLARE
    v record; v_others jsonb; v_rows jsonb := '[]'; v_spare int; v_slots int; v_used int;
BEGIN
    SELECT coalesce(jsonb_agg(e.row), '[]') INTO v_others FROM jsonb_array_elements(p_rows) AS e (row)
    WHERE (e.row->>'kind_id')::int <> p_kind;
    FOR v IN
        WITH use AS MATERIALIZED (
            SELECT u.session_id, max(u.asked) AS asked, max(u.had) AS had, max(u.runs) AS runs
            FROM (
                SELECT t.session_id, t.slots AS asked, 0 AS had, 0 AS runs
                FROM jsonb_to_recordset(p_rows) AS t (kind_id int, session_id bigint, slots int)
                WHERE t.kind_id = p_kind
                UNION ALL
                SELECT a.session_id, 0, a.slots, 0 FROM allocation a WHERE a.kind_id = p_kind
                UNION ALL
                SELECT j.session_id, 0, 0, count(*)::int FROM live j
                WHERE j.state = 2 AND j.kind_id = p_kind GROUP BY j.session_id) u
            GROUP BY u.session_id)
        SELECT s.*, p_cap - sum(greatest(least(s.asked, s.had), s.runs)) OVER () AS spare
        FROM use s ORDER BY s.session_id
    LOOP
        v_spare := coalesce(v_spare, v.spare);
        v_used := greatest(least(v.asked, v.had), v.runs);
        v_slots := least(v.asked, v_used + greatest(v_spare, 0));
        v_spare := v_spare - greatest(v_slots - v_used, 0);
        v_rows := v_rows || jsonb_build_object(
            'kind_id', p_kind, 'session_id', v.session_id, 'slots', v_slots);
    END LOOP;
    RETURN v_others || jsonb_path_query_array(v_rows, '$[*] ? (@.slots > 0)');
END $$;
"""

# A fire is a row, and its job in the same transaction: whoever fires the same instant again makes
# neither. The job's uid is made of the schedule and the instant.
FIRE = f"""
CREATE FUNCTION fire_schedule(p_schedule uuid, p_fires timestamptz[], p_next timestamptz,
    p_now timestamptz DEFAULT clock_timestamp()) RETURNS int
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v record; v_jobs jsonb;
BEGIN
    SELECT s.args, k.name AS kind INTO v FROM schedule s JOIN kind k ON k.kind_id = s.kind_id
    WHERE s.schedule_id = p_schedule AND s.paused_at IS NULL FOR UPDATE OF s;
    IF NOT FOUND THEN RETURN 0; END IF;
    WITH fired AS (
        INSERT INTO fire (schedule_id, fire_at, uid, fired_at)
        SELECT p_schedule, t.at,
            md5(p_schedule || ' ' || extract(epoch FROM t.at)::numeric(20, 6))::uuid, p_now
        FROM unnest(p_fires) AS t (at) ORDER BY t.at
        ON CONFLICT (schedule_id, fire_at) DO NOTHING RETURNING fire_at, uid)
    SELECT coalesce(jsonb_agg(jsonb_build_object('uid', f.uid, 'kind', v.kind, 'args', v.args,
        'request_id', 'schedule-' || f.uid) ORDER BY f.fire_at), '[]') INTO v_jobs FROM fired f;
    PERFORM FROM enqueue(v_jobs, p_now);
    UPDATE schedule s SET next_fire_at = p_next WHERE s.schedule_id = p_schedule;
    RETURN jsonb_array_length(v_jobs);
END $$;
"""


def upgrade() -> None:
    for function in (DEMANDS, HOSTS, WITHIN_CAP, WRITE_ALLOCATION, FIRE):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
