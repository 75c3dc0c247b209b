"""What happens to a run that did not succeed: another attempt after a pause, or the end, dead.

One function judges (`retry_or_bury`); failing, rescuing from ended sessions and taking back what is
overdue only differ in which running jobs they lock first. Rows are found one by one (LATERAL … FOR
UPDATE) and written by `ctid = ANY (ARRAY(…))`: a plain join reads the whole table when it was
planned while the table was empty.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

# The pause before the next attempt: exponential, capped, and jittered so that a burst of failures
# does not come back as a burst.
BACKOFF = """
CREATE FUNCTION backoff(p_kind int, p_attempt int) RETURNS interval
LANGUAGE sql SET search_path = jobs, pg_temp AS $$
    SELECT make_interval(secs =>
        least(k.backoff_cap_s, k.backoff_base_s * power(k.backoff_factor, least(p_attempt - 1, 60)))
        * (1 + k.backoff_jitter * (2 * random() - 1)))
    FROM kind k WHERE k.kind_id = p_kind;
$$;
"""

# The caller has chosen running jobs and locked them. A job lost with its node may come back at once;
# one that failed by itself waits.
RETRY_OR_BURY = f"""
CREATE FUNCTION retry_or_bury(p_ids bigint[], p_outcomes text[], p_errors text[],
    p_at_once boolean, p_now timestamptz)
RETURNS TABLE (id bigint, verdict text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH ended AS MATERIALIZED (
        SELECT p.*, t.outcome, t.error
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
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM ended WHERE attempt < max_attempts))
        RETURNING j.id),
    gone AS (
        DELETE FROM live j
        WHERE j.ctid = ANY (ARRAY(SELECT tid FROM ended WHERE attempt >= max_attempts))),
    buried AS (
        INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,
            session_id, run_at, created_at, claimed_at, finished_at, site_id, account_id,
            request_id, args, error, announced)
        SELECT e.id, e.uid, e.kind_id, 2, e.priority, e.attempt, e.max_attempts, e.run_no,
            e.session_id, e.run_at, e.created_at, e.claimed_at, p_now, e.site_id, e.account_id,
            e.request_id, e.args, e.error, false
        FROM ended e WHERE e.attempt >= e.max_attempts RETURNING id)
    SELECT id, 'retry' FROM again UNION ALL SELECT id, 'dead' FROM buried;
END $$;
"""

FAIL = f"""
CREATE FUNCTION fail(p_session bigint, p_ids bigint[], p_runs int[], p_outcomes text[],
    p_errors text[], p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id bigint, verdict text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_ids bigint[]; v_outcomes text[]; v_errors text[];
BEGIN
    SELECT array_agg(p.id), array_agg(t.outcome), array_agg(t.error)
    INTO v_ids, v_outcomes, v_errors
    FROM unnest(p_ids, p_runs, p_outcomes, p_errors) AS t (id, run_no, outcome, error)
    CROSS JOIN LATERAL (
        SELECT j.id FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
            AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE FOR UPDATE) p;
    RETURN QUERY SELECT * FROM retry_or_bury(v_ids, v_outcomes, v_errors, false, p_now);
END $$;
"""

# Sessions that ended with jobs running; with `p_session`, that one only. A session is settled when
# nothing is left to take back, and is never looked at again.
RESCUE = f"""
CREATE FUNCTION rescue(p_limit int, p_session bigint DEFAULT NULL,
    p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id bigint, verdict text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_ids bigint[]; v_errors text[];
BEGIN
    SELECT array_agg(p.id), array_agg(p.error) INTO v_ids, v_errors FROM (
        SELECT j.id, 'node ' || s.node_name || ' was lost while the job ran' AS error
        FROM node_session s CROSS JOIN LATERAL (
            SELECT l.id FROM live l WHERE l.state = 2 AND l.session_id = s.session_id
            FOR UPDATE SKIP LOCKED) j
        WHERE s.state IN ('left', 'dead') AND NOT s.settled
          AND (p_session IS NULL OR s.session_id = p_session)
        LIMIT p_limit) p;
    RETURN QUERY SELECT * FROM retry_or_bury(
        v_ids, array_fill('lost'::text, ARRAY[coalesce(cardinality(v_ids), 0)]), v_errors, true,
        p_now);
    UPDATE node_session s SET settled = true WHERE s.state IN ('left', 'dead') AND NOT s.settled
        AND (SELECT true FROM live j WHERE j.state = 2 AND j.session_id = s.session_id LIMIT 1)
            IS NULL;
END $$;
"""

# The net below the node's own time-out: a live node that did not stop its job in time.
TAKE_BACK_OVERDUE = f"""
CREATE FUNCTION take_back_overdue(p_limit int, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (id bigint, verdict text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_ids bigint[];
BEGIN
    SELECT array_agg(p.id) INTO v_ids FROM (
        SELECT j.id FROM node_session s CROSS JOIN LATERAL (
            SELECT l.id FROM live l WHERE l.state = 2 AND l.session_id = s.session_id
                AND l.deadline_at < p_now FOR UPDATE SKIP LOCKED) j
        WHERE s.state IN ('live', 'draining') LIMIT p_limit) p;
    RETURN QUERY SELECT * FROM retry_or_bury(v_ids,
        array_fill('timeout'::text, ARRAY[coalesce(cardinality(v_ids), 0)]),
        array_fill('the node did not end the job by its deadline'::text,
            ARRAY[coalesce(cardinality(v_ids), 0)]), false, p_now);
END $$;
"""

# An operator's retry of a dead job: all its attempts anew, its run number going on from where it was.
REVIVE = """
CREATE FUNCTION revive(p_id bigint, p_now timestamptz DEFAULT clock_timestamp()) RETURNS boolean
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
BEGIN
    WITH gone AS (DELETE FROM done WHERE id = p_id AND outcome = 2 RETURNING *)
    INSERT INTO live (id, uid, kind_id, state, priority, seq, max_attempts, run_no, run_at,
        created_at, site_id, account_id, request_id, args)
    SELECT id, uid, kind_id, 1, priority, nextval('job_seq'), max_attempts, run_no, p_now,
        created_at, site_id, account_id, request_id, args FROM gone;
    RETURN FOUND;
END $$;
"""


def upgrade() -> None:
    for function in (BACKOFF, RETRY_OR_BURY, FAIL, RESCUE, TAKE_BACK_OVERDUE, REVIVE):
        op.execute(function)
