"""What the end of a run means for others: the next of its key, needs met, dependents, groups.

These run only for jobs that carry such a thing. Locks are taken in one order, so that no two of
them wait for each other: the running rows a node speaks of, then waiting rows by id, then groups by
id. Who begins with waiting rows (enqueue, cancel, seal) takes all of them at once or none, and
never waits while it holds one.

A table that is nearly empty when a join with it is planned is not worth an index to the planner,
which then goes through all of it, still when it has grown. OFFSET 0 has it look up each row by
itself.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

# A unit of a key was given back with the row of the run that held it; what is next of the key
# becomes ready at once. A claimer that found a key full locks its running jobs until the block is
# committed; this is a statement after the one that waited for them, because only that sees such a
# block.
LET_NEXT_IN = f"""
CREATE FUNCTION let_next_in(p_keys text[]) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_blocked CONSTANT smallint := 3;
BEGIN
    WITH next AS MATERIALIZED (
        SELECT p.tid FROM (
            SELECT t.key, count(*) AS n FROM unnest(p_keys) AS t (key)
            WHERE t.key IS NOT NULL AND (SELECT true FROM live j
                WHERE j.state = 3 AND j.blocked_by = 3 LIMIT 1)
            GROUP BY t.key) f
        CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j
            WHERE j.state = v_blocked AND j.blocked_by = 3 AND j.concurrency_key = f.key
            ORDER BY j.priority, j.seq LIMIT f.n FOR UPDATE SKIP LOCKED) p)
    UPDATE live j SET state = 1, blocked_by = NULL
    WHERE j.ctid = ANY (ARRAY(SELECT tid FROM next)) AND (j.state = 3) IS TRUE;
END $$;
"""

ASKING_KINDS = f"""
CREATE FUNCTION asking_kinds() RETURNS int[]
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    RETURN ARRAY(SELECT k.kind_id FROM kind k WHERE k.hooks ? 'allowing');
END $$;
"""

# The caller holds the rows. What needs nothing any more waits for its time, for permission, or not.
LOWER_NEEDS = f"""
CREATE FUNCTION lower_needs(p_ids bigint[], p_met int[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_asking int[] := asking_kinds();
BEGIN
    WITH held AS MATERIALIZED (
        SELECT l.tid, t.met FROM unnest(p_ids, p_met) AS t (id, met) CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j WHERE j.id = t.id OFFSET 0) l)
    UPDATE live j SET needs = j.needs - h.met,
        state = CASE WHEN j.needs > h.met THEN 3 WHEN j.run_at > p_now THEN 0
            WHEN j.kind_id = ANY (v_asking) THEN 3 ELSE 1 END,
        blocked_by = CASE WHEN j.needs > h.met THEN 1 WHEN j.run_at > p_now THEN NULL
            WHEN j.kind_id = ANY (v_asking) THEN 2 END,
        run_at = CASE WHEN j.needs > h.met THEN j.run_at ELSE greatest(j.run_at, p_now) END
    FROM held h
    WHERE j.ctid = h.tid AND (j.blocked_by = 1) IS TRUE;
END $$;
"""

MEET_NEEDS = f"""
CREATE FUNCTION meet_needs(p_ids bigint[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_ids bigint[]; v_met int[];
BEGIN
    WITH met AS (
        DELETE FROM dependency d WHERE d.ctid = ANY (ARRAY(
            SELECT x.tid FROM unnest(p_ids) AS t (id) CROSS JOIN LATERAL (
                SELECT e.ctid AS tid FROM dependency e WHERE e.needs_id = t.id OFFSET 0) x))
        RETURNING d.job_id)
    SELECT array_agg(m.job_id), array_agg(m.n) INTO v_ids, v_met
    FROM (SELECT job_id, count(*) AS n FROM met GROUP BY job_id) m;
    PERFORM lower_needs(v_ids, v_met, p_now);
END $$;
"""

# Everything that waits for these jobs, however far away.
DEPENDENTS = f"""
CREATE FUNCTION dependents(p_ids bigint[], p_all boolean) RETURNS bigint[]
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    RETURN ARRAY(
        WITH RECURSIVE waits (id, is_root) AS (
            SELECT t.id, true FROM unnest(p_ids) AS t (id)
            UNION
            SELECT d.job_id, false FROM waits w CROSS JOIN LATERAL (
                SELECT e.job_id FROM dependency e WHERE e.needs_id = w.id OFFSET 0) d
            WHERE w.is_root OR p_all)
        SELECT DISTINCT w.id FROM waits w WHERE NOT w.is_root ORDER BY w.id);
END $$;
"""

# Callbacks of the groups that these jobs, or jobs that wait for them, belong to.
CALLBACKS = f"""
CREATE FUNCTION callbacks(p_groups uuid[], p_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT g.callback_id FROM (
            SELECT unnest(p_groups) AS group_id UNION
            SELECT l.group_id FROM unnest(p_ids) AS t (id) CROSS JOIN LATERAL (
                SELECT j.group_id FROM live j WHERE j.id = t.id OFFSET 0) l) m
        CROSS JOIN LATERAL (
            SELECT c.callback_id FROM job_group c WHERE c.group_id = m.group_id
              AND c.finished_at IS NULL AND c.callback_id IS NOT NULL OFFSET 0) g);
END $$;
"""

LOCK_WAITING = f"""
CREATE FUNCTION lock_waiting(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT t.id FROM unnest(p_ids) AS t (id) ORDER BY t.id) o
    CROSS JOIN LATERAL (SELECT FROM live j WHERE j.id = o.id FOR UPDATE) l;
END $$;
"""

# A dead job that others need is held as well: it cannot be revived unnoticed.
LOCK_ALL_OR_NONE = f"""
CREATE FUNCTION lock_all_or_none(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    FOR v_try IN 1..400 LOOP
        BEGIN
            PERFORM FROM unnest(p_ids) AS o (id)
            CROSS JOIN LATERAL (SELECT FROM live j WHERE j.id = o.id FOR UPDATE NOWAIT) l;
            PERFORM FROM unnest(p_ids) AS o (id)
            CROSS JOIN LATERAL (
                SELECT FROM done d WHERE d.id = o.id AND d.outcome = 2 FOR SHARE NOWAIT) l;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.005);
        END;
    END LOOP;
    RAISE lock_not_available USING MESSAGE = 'jobs that this one is tied to stay locked';
END $$;
"""

# One update for each group and call, and none once the group has finished.
COUNT_GROUPS = f"""
CREATE FUNCTION count_groups(p_groups uuid[], p_outcomes smallint[], p_now timestamptz)
RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v record; v_callback bigint; v_finished timestamptz; v_ids bigint[] := '{{}}';
BEGIN
    FOR v IN
        SELECT t.group_id, count(*) FILTER (WHERE t.outcome = 1) AS succeeded,
            count(*) FILTER (WHERE t.outcome = 2) AS dead,
            count(*) FILTER (WHERE t.outcome = 3) AS cancelled
        FROM unnest(p_groups, p_outcomes) AS t (group_id, outcome)
        WHERE t.group_id IS NOT NULL AND t.outcome > 0 GROUP BY t.group_id ORDER BY t.group_id
    LOOP
        UPDATE job_group g SET succeeded = g.succeeded + v.succeeded, dead = g.dead + v.dead,
            cancelled = g.cancelled + v.cancelled,
            finished_at = CASE WHEN g.sealed AND g.succeeded + g.dead + g.cancelled
                + v.succeeded + v.dead + v.cancelled = g.total THEN p_now END
        WHERE g.group_id = v.group_id AND g.finished_at IS NULL
        RETURNING g.callback_id, g.finished_at INTO v_callback, v_finished;
        IF v_finished IS NOT NULL AND v_callback IS NOT NULL THEN
            v_ids := v_ids || v_callback;
        END IF;
        v_callback := NULL; v_finished := NULL;
    END LOOP;
    IF v_ids <> '{{}}' THEN
        PERFORM lower_needs(v_ids, array_fill(1, ARRAY[cardinality(v_ids)]), p_now);
    END IF;
END $$;
"""

# The caller holds the rows; what else they meant is left to `settle_ended`. Only what ran held a
# unit of its key.
BURY_CANCELLED = f"""
CREATE FUNCTION bury_cancelled(p_ids bigint[], p_reason text, p_now timestamptz,
    OUT ids bigint[], OUT keys text[], OUT groups uuid[], OUT dependents boolean[])
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    WITH gone AS (DELETE FROM live j WHERE j.id = ANY (p_ids) RETURNING j.*),
    buried AS (
        INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,
            session_id, run_at, created_at, claimed_at, finished_at, site_id, account_id,
            request_id, args, error, version, unique_key, concurrency_key, group_id, tags)
        SELECT g.id, g.uid, g.kind_id, 3, g.priority, g.attempt, g.max_attempts, g.run_no,
            g.session_id, g.run_at, g.created_at, g.claimed_at, p_now, g.site_id, g.account_id,
            g.request_id, g.args, p_reason, g.version, g.unique_key, g.concurrency_key,
            g.group_id, g.tags FROM gone g)
    SELECT array_agg(g.id), array_agg(CASE WHEN g.state = 2 THEN g.concurrency_key END),
        array_agg(g.group_id), array_agg(g.has_dependents)
    INTO ids, keys, groups, dependents FROM gone g;
    DELETE FROM dependency d WHERE d.job_id = ANY (p_ids);
END $$;
"""

# Outcomes as in `done`, and 0 for a job that goes on and only gives its unit back. What needs a
# cancelled job is cancelled with it; what needs a dead one waits until an operator has revived it.
SETTLE_ENDED = f"""
CREATE FUNCTION settle_ended(p_ids bigint[], p_outcomes smallint[], p_keys text[], p_groups uuid[],
    p_dependents boolean[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_won bigint[]; v_lost bigint[]; v_doomed bigint[]; v_keyed boolean; v_grouped boolean;
    v record;
BEGIN
    SELECT array_agg(t.id) FILTER (WHERE t.has AND t.outcome = 1),
        array_agg(t.id) FILTER (WHERE t.has AND t.outcome IN (3, 4)),
        bool_or(t.key IS NOT NULL), bool_or(t.group_id IS NOT NULL)
    INTO v_won, v_lost, v_keyed, v_grouped
    FROM unnest(p_ids, p_outcomes, p_keys, p_groups, p_dependents)
        AS t (id, outcome, key, group_id, has);
    IF v_won IS NOT NULL OR v_lost IS NOT NULL OR v_grouped THEN
        v_doomed := dependents(v_lost, true);
        PERFORM lock_waiting(
            v_doomed || dependents(v_won, false) || callbacks(p_groups, v_doomed));
    END IF;
    IF v_keyed THEN PERFORM let_next_in(p_keys); END IF;
    IF v_won IS NOT NULL THEN PERFORM meet_needs(v_won, p_now); END IF;
    IF v_lost IS NOT NULL THEN
        SELECT * INTO v FROM bury_cancelled(
            dependents(v_lost, true), 'a job that it needs was cancelled', p_now);
        p_groups := p_groups || v.groups;
        p_outcomes := p_outcomes || array_fill(3::smallint,
            ARRAY[coalesce(cardinality(v.ids), 0)]);
    END IF;
    IF v_grouped OR v_lost IS NOT NULL THEN
        PERFORM count_groups(p_groups, p_outcomes, p_now);
    END IF;
END $$;
"""


def upgrade() -> None:
    for function in (
        *(LET_NEXT_IN, ASKING_KINDS, LOWER_NEEDS, MEET_NEEDS, DEPENDENTS, CALLBACKS, LOCK_WAITING),
        *(LOCK_ALL_OR_NONE, COUNT_GROUPS, BURY_CANCELLED, SETTLE_ENDED),
    ):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
