"""How a run ends, now that jobs may be tied to others: completed, handed back, failed, taken back.

A statement that waited for a row does not see what the other made of it: jobs that were being tied
or asked to cancel just then are found by looking once more, and never taken for stale ones.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off"""

# What carries nothing is settled by the move to `done` alone.
TIED = "(g.concurrency_key IS NOT NULL OR g.group_id IS NOT NULL OR g.has_dependents)"

COMPLETE = f"""
CREATE OR REPLACE FUNCTION complete(p_session bigint, p_ids bigint[], p_runs int[],
    p_results jsonb[], p_now timestamptz DEFAULT clock_timestamp())
RETURNS SETOF bigint
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE
    v_ended bigint[] := '{{}}'; v_now bigint[]; v_tied bigint[]; v_keys text[]; v_groups uuid[];
    v_dependents boolean[];
BEGIN
    FOR v_look IN 1..2 LOOP
        WITH pick AS MATERIALIZED (
            SELECT p.tid FROM unnest(p_ids, p_runs) AS t (id, run_no) CROSS JOIN LATERAL (
                SELECT j.ctid AS tid FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
                    AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE
                FOR UPDATE) p),
        gone AS (
            DELETE FROM live j WHERE j.ctid = ANY (ARRAY(SELECT tid FROM pick)) RETURNING j.*),
        ended AS (
            INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,
                session_id, run_at, created_at, claimed_at, finished_at, site_id, account_id,
                request_id, args, result, version, unique_key, concurrency_key, group_id, tags)
            SELECT g.id, g.uid, g.kind_id, 1, g.priority, g.attempt, g.max_attempts, g.run_no,
                g.session_id, g.run_at, g.created_at, g.claimed_at, p_now, g.site_id,
                g.account_id, g.request_id, g.args, t.result, g.version, g.unique_key,
                g.concurrency_key, g.group_id, g.tags
            FROM gone g JOIN unnest(p_ids, p_results) AS t (id, result) ON t.id = g.id)
        SELECT coalesce(array_agg(g.id), '{{}}'), array_agg(g.id) FILTER (WHERE {TIED}),
            array_agg(g.concurrency_key) FILTER (WHERE {TIED}),
            array_agg(g.group_id) FILTER (WHERE {TIED}),
            array_agg(g.has_dependents) FILTER (WHERE {TIED})
        INTO v_now, v_tied, v_keys, v_groups, v_dependents FROM gone g;
        v_ended := v_ended || v_now;
        IF v_tied IS NOT NULL THEN
            PERFORM settle_ended(v_tied, array_fill(1::smallint, ARRAY[cardinality(v_tied)]),
                v_keys, v_groups, v_dependents, p_now);
        END IF;
        EXIT WHEN cardinality(v_ended) = cardinality(p_ids);
    END LOOP;

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

# The caller gives locked rows that it found running. Whether they come back or end is decided here:
# who was asked to cancel ends, whatever the attempt. A run that was lost may start again at once.
RETRY_OR_BURY = f"""
CREATE OR REPLACE FUNCTION retry_or_bury(p_ids bigint[], p_outcomes text[], p_errors text[],
    p_at_once boolean, p_now timestamptz)
RETURNS TABLE (id bigint, verdict text)
LANGUAGE plpgsql {PINNED} SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_ids bigint[]; v_ends smallint[]; v_keys text[]; v_groups uuid[]; v_dependents boolean[];
BEGIN
    WITH ended AS MATERIALIZED (
        SELECT p.*, t.outcome, t.error,
            CASE WHEN p.cancel_requested THEN 3 WHEN p.attempt >= p.max_attempts THEN 2 ELSE 0
            END::smallint AS ends
        FROM unnest(p_ids, p_outcomes, p_errors) AS t (id, outcome, error) CROSS JOIN LATERAL (
            SELECT j.ctid AS tid, j.* FROM live j
            WHERE j.id = t.id AND (j.state = 2) IS TRUE FOR UPDATE) p),
    noted AS (
        INSERT INTO attempt (job_id, run_no, session_id, started_at, ended_at, outcome, error)
        SELECT e.id, e.run_no, e.session_id, e.claimed_at, p_now, e.outcome, e.error
        FROM ended e),
    again AS (
        UPDATE live j SET state = CASE WHEN p_at_once THEN 1 ELSE 0 END,
            run_at = CASE WHEN p_at_once THEN p_now
                ELSE p_now + backoff(j.kind_id, j.attempt) END,
            seq = nextval('job_seq'), session_id = NULL, claimed_at = NULL, deadline_at = NULL
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM ended WHERE ends = 0))),
    gone AS (
        DELETE FROM live j WHERE j.ctid = ANY (ARRAY(SELECT tid FROM ended WHERE ends > 0))),
    buried AS (
        INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,
            session_id, run_at, created_at, claimed_at, finished_at, site_id, account_id,
            request_id, args, error, announced, version, unique_key, concurrency_key, group_id,
            tags)
        SELECT e.id, e.uid, e.kind_id, e.ends, e.priority, e.attempt, e.max_attempts, e.run_no,
            e.session_id, e.run_at, e.created_at, e.claimed_at, p_now, e.site_id, e.account_id,
            e.request_id, e.args,
            CASE WHEN e.ends = 3 THEN 'cancelled on request while it ran' ELSE e.error END,
            e.ends <> 2, e.version, e.unique_key, e.concurrency_key, e.group_id, e.tags
        FROM ended e WHERE e.ends > 0)
    SELECT array_agg(e.id), array_agg(e.ends), array_agg(e.concurrency_key),
        array_agg(e.group_id), array_agg(e.has_dependents)
    INTO v_ids, v_ends, v_keys, v_groups, v_dependents FROM ended e;
    PERFORM settle_ended(v_ids, v_ends, v_keys, v_groups, v_dependents, p_now);
    RETURN QUERY SELECT t.id, CASE t.ends WHEN 0 THEN 'retry' WHEN 2 THEN 'dead' ELSE 'cancelled'
        END FROM unnest(v_ids, v_ends) AS t (id, ends);
END $$;
"""

# A job handed back unstarted costs no attempt and keeps its place; its run number never goes back.
RELEASE = f"""
CREATE FUNCTION release(p_session bigint, p_ids bigint[], p_runs int[],
    p_now timestamptz DEFAULT clock_timestamp())
RETURNS SETOF bigint
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_ids bigint[]; v_cancelled bigint[]; v_keys text[];
BEGIN
    PERFORM FROM unnest(p_ids, p_runs) AS t (id, run_no) CROSS JOIN LATERAL (
        SELECT FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
            AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE FOR UPDATE) p;
    WITH held AS MATERIALIZED (
        SELECT p.* FROM unnest(p_ids, p_runs) AS t (id, run_no) CROSS JOIN LATERAL (
            SELECT j.ctid AS tid, j.id, j.concurrency_key, j.cancel_requested FROM live j
            WHERE j.id = t.id AND j.run_no = t.run_no
                AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE) p),
    back AS (
        UPDATE live j SET state = 1, attempt = j.attempt - 1, session_id = NULL,
            claimed_at = NULL, deadline_at = NULL
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM held WHERE NOT cancel_requested)))
    SELECT array_agg(h.id), array_agg(h.id) FILTER (WHERE h.cancel_requested),
        array_agg(h.concurrency_key)
            FILTER (WHERE NOT h.cancel_requested AND h.concurrency_key IS NOT NULL)
    INTO v_ids, v_cancelled, v_keys FROM held h;
    IF v_keys IS NOT NULL THEN PERFORM let_next_in(v_keys); END IF;
    IF v_cancelled IS NOT NULL THEN
        PERFORM cancel_locked(v_cancelled, 'cancelled on request before it started', p_now);
    END IF;
    RETURN QUERY SELECT unnest(v_ids);
END $$;
"""

CANCEL_LOCKED = f"""
CREATE FUNCTION cancel_locked(p_ids bigint[], p_reason text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v record;
BEGIN
    SELECT * INTO v FROM bury_cancelled(p_ids, p_reason, p_now);
    PERFORM settle_ended(v.ids, array_fill(3::smallint,
        ARRAY[coalesce(cardinality(v.ids), 0)]), v.keys, v.groups, v.dependents, p_now);
END $$;
"""

# Every waiting row that the cancelling touches is taken at once, or none, so that it waits for
# nobody while it holds one. A running job is only asked: its node ends it.
CANCEL = f"""
CREATE FUNCTION cancel(p_id bigint, p_now timestamptz DEFAULT clock_timestamp()) RETURNS text
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_waiting bigint[]; v_state smallint;
BEGIN
    v_waiting := p_id || dependents(ARRAY[p_id], true);
    PERFORM lock_all_or_none(v_waiting || callbacks('{{}}', v_waiting));
    SELECT j.state INTO v_state FROM live j WHERE j.id = p_id;
    IF v_state IS NULL THEN RETURN 'ended'; END IF;
    IF v_state = 2 THEN
        UPDATE live j SET cancel_requested = true WHERE j.id = p_id AND NOT j.cancel_requested;
        RETURN 'requested';
    END IF;
    PERFORM cancel_locked(ARRAY[p_id], 'cancelled on request', p_now);
    RETURN 'cancelled';
END $$;
"""

# An operator's retry of a dead job: all its attempts anew, its run number going on from where it
# was. Refused while another job lives under its unique key.
REVIVE = f"""
CREATE OR REPLACE FUNCTION revive(p_id bigint, p_now timestamptz DEFAULT clock_timestamp())
RETURNS boolean
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v done%ROWTYPE; v_asks boolean;
BEGIN
    SELECT * INTO v FROM done d WHERE d.id = p_id AND d.outcome = 2 FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    v_asks := v.kind_id = ANY (asking_kinds());
    INSERT INTO live (id, uid, kind_id, state, blocked_by, priority, seq, max_attempts, run_no,
        run_at, created_at, site_id, account_id, request_id, args, version, unique_key,
        concurrency_key, group_id, tags)
    VALUES (v.id, v.uid, v.kind_id, CASE WHEN v_asks THEN 3 ELSE 1 END,
        CASE WHEN v_asks THEN 2 END, v.priority, nextval('job_seq'), v.max_attempts, v.run_no,
        p_now, v.created_at, v.site_id, v.account_id, v.request_id, v.args, v.version,
        v.unique_key, v.concurrency_key, v.group_id, v.tags)
    ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL DO NOTHING;
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM done d WHERE d.id = p_id AND d.finished_at = v.finished_at;
    UPDATE live j SET has_dependents = true WHERE j.id = p_id
        AND (SELECT true FROM dependency d WHERE d.needs_id = p_id LIMIT 1);
    UPDATE job_group g SET dead = g.dead - 1
    WHERE g.group_id = v.group_id AND g.finished_at IS NULL;
    RETURN true;
END $$;
"""

NODE_MAY = ("release(bigint, bigint[], int[], timestamptz)",)


def upgrade() -> None:
    op.execute("DROP FUNCTION release(bigint, bigint[], int[])")
    for function in (COMPLETE, RETRY_OR_BURY, CANCEL_LOCKED, RELEASE, CANCEL, REVIVE):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
    for function in NODE_MAY:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO memberhall_node")
