"""How a job comes into being: once for each uid, once for each unique key while it lives, tied to
what it needs and to its group.

What cannot be accepted is found out before anything is stored. A plain batch is one statement.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

# Joins here are between what was passed and what was just stored; nothing else is read but by key.
PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off"""

# Jobs with the same values of these arguments have the same key; long ones are told apart by hash.
JOB_KEY = """
CREATE FUNCTION job_key(p_kind text, p_names text[], p_args jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT p_kind || ' ' || CASE WHEN length(v.text) > 200 THEN md5(v.text) ELSE v.text END
    FROM (SELECT coalesce(jsonb_agg(coalesce(p_args->n.name, 'null') ORDER BY n.place), '[]')::text
        AS text FROM unnest(p_names) WITH ORDINALITY AS n (name, place)) v;
$$;
"""

# A need is a job that was accepted before or stands earlier in the batch: so no job can wait for
# itself. What it says of a uid that was accepted already is ignored.
REFUSE_TIES = f"""
CREATE FUNCTION refuse_ties(p_jobs jsonb, p_now timestamptz, OUT uids uuid[], OUT reasons text[])
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v record; v_known uuid[] := '{{}}'; v_sealed uuid[];
BEGIN
    uids := '{{}}'; reasons := '{{}}';
    PERFORM lock_all_or_none(ARRAY(
        SELECT r.job_id FROM jsonb_to_recordset(p_jobs) AS a (needs uuid[])
        CROSS JOIN unnest(a.needs) AS n (uid)
        CROSS JOIN LATERAL (
            SELECT e.job_id FROM enqueue_receipt e WHERE e.uid = n.uid LIMIT 1) r));
    v_sealed := lock_groups(p_jobs, p_now);
    FOR v IN
        SELECT a.uid, a.needs, a.group_id,
            (SELECT true FROM enqueue_receipt e WHERE e.uid = a.uid LIMIT 1) AS is_repeated,
            (SELECT true FROM kind k WHERE k.name = a.kind LIMIT 1) AS is_known
        FROM ROWS FROM (jsonb_to_recordset(p_jobs) AS (uid uuid, kind text, needs uuid[],
            group_id uuid)) WITH ORDINALITY AS a (uid, kind, needs, group_id, place)
        ORDER BY a.place
    LOOP
        IF v.is_repeated OR v.is_known IS NULL THEN CONTINUE; END IF;
        IF v.group_id = ANY (v_sealed) THEN
            uids := uids || v.uid; reasons := reasons || 'group_sealed'::text;
        ELSIF (SELECT true FROM unnest(v.needs) AS n (uid) WHERE n.uid <> ALL (v_known)
            AND (SELECT true FROM enqueue_receipt e WHERE e.uid = n.uid LIMIT 1) IS NULL LIMIT 1)
        THEN
            uids := uids || v.uid; reasons := reasons || 'unknown_need'::text;
        ELSE
            v_known := v_known || v.uid;
        END IF;
    END LOOP;
END $$;
"""

# A group that nobody opened begins with its first job. Returns those that take no more.
LOCK_GROUPS = f"""
CREATE FUNCTION lock_groups(p_jobs jsonb, p_now timestamptz) RETURNS uuid[]
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    INSERT INTO job_group (group_id, account_id, site_id, created_at)
    SELECT DISTINCT ON (a.group_id) a.group_id, a.account_id, a.site_id, p_now
    FROM jsonb_to_recordset(p_jobs) AS a (group_id uuid, account_id uuid, site_id uuid)
    WHERE a.group_id IS NOT NULL ORDER BY a.group_id
    ON CONFLICT (group_id) DO NOTHING;
    PERFORM FROM (
        SELECT DISTINCT a.group_id FROM jsonb_to_recordset(p_jobs) AS a (group_id uuid)
        ORDER BY a.group_id) o
    CROSS JOIN LATERAL (SELECT FROM job_group g WHERE g.group_id = o.group_id FOR UPDATE) l;
    RETURN ARRAY(
        SELECT g.group_id FROM jsonb_to_recordset(p_jobs) AS a (group_id uuid)
        CROSS JOIN LATERAL (
            SELECT b.group_id FROM job_group b WHERE b.group_id = a.group_id AND b.sealed) g);
END $$;
"""

# The fresh jobs of the batch are counted in their groups and tied to those that they need: what has
# succeeded is met, what is dead keeps them waiting, what was cancelled cancels them.
TIE = f"""
CREATE FUNCTION tie(p_jobs jsonb, p_fresh bigint[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_jobs bigint[]; v_needs bigint[]; v_met bigint[]; v_counts int[]; v_lost bigint[];
BEGIN
    UPDATE job_group g SET total = g.total + c.n FROM (
        SELECT j.group_id, count(*) AS n FROM live j
        WHERE j.id = ANY (p_fresh) AND j.group_id IS NOT NULL GROUP BY j.group_id) c
    WHERE g.group_id = c.group_id;

    SELECT array_agg(t.job_id), array_agg(t.needs_id) INTO v_jobs, v_needs FROM (
        SELECT DISTINCT r.job_id, m.job_id AS needs_id
        FROM jsonb_to_recordset(p_jobs) AS a (uid uuid, needs uuid[])
        CROSS JOIN LATERAL (
            SELECT e.job_id FROM enqueue_receipt e WHERE e.uid = a.uid LIMIT 1) r
        CROSS JOIN unnest(a.needs) AS n (uid) CROSS JOIN LATERAL (
            SELECT e.job_id FROM enqueue_receipt e WHERE e.uid = n.uid LIMIT 1) m
        WHERE r.job_id = ANY (p_fresh)) t;
    IF v_jobs IS NULL THEN RETURN; END IF;

    UPDATE live j SET has_dependents = true WHERE j.id = ANY (v_needs) AND NOT j.has_dependents;
    WITH need AS MATERIALIZED (
        SELECT t.job_id, t.needs_id,
            (SELECT true FROM live j WHERE j.id = t.needs_id LIMIT 1) AS lives,
            (SELECT d.outcome FROM done d WHERE d.id = t.needs_id LIMIT 1) AS outcome
        FROM unnest(v_jobs, v_needs) AS t (job_id, needs_id)),
    kept AS (
        INSERT INTO dependency (job_id, needs_id)
        SELECT n.job_id, n.needs_id FROM need n WHERE n.lives OR n.outcome = 2)
    SELECT array_agg(n.job_id) FILTER (WHERE n.lives IS NULL AND coalesce(n.outcome, 1) = 1),
        array_agg(DISTINCT n.job_id) FILTER (WHERE n.lives IS NULL AND n.outcome IN (3, 4))
    INTO v_met, v_lost FROM need n;
    SELECT array_agg(c.id), array_agg(c.n) INTO v_met, v_counts
    FROM (SELECT t.id, count(*) AS n FROM unnest(v_met) AS t (id) GROUP BY t.id) c;
    PERFORM lower_needs(v_met, v_counts, p_now);
    IF v_lost IS NOT NULL THEN
        PERFORM cancel_locked(v_lost, 'a job that it needs was cancelled', p_now);
    END IF;
END $$;
"""

# A receipt without a job: one with its unique key is live, and the uid stands for that one. When it
# has just ended, the job is accepted after all.
SETTLE_DUPLICATES = f"""
CREATE FUNCTION settle_duplicates(p_jobs jsonb, p_without bigint[], p_now timestamptz)
RETURNS bigint[]
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v record; v_live bigint; v_fresh bigint[] := '{{}}';
BEGIN
    FOR v IN
        SELECT DISTINCT ON (e.uid) e.uid, a.described, CASE
            WHEN a.described->>'unique_key' IS NOT NULL
                THEN k.name || ' ' || (a.described->>'unique_key')
            ELSE job_key(k.name, k.unique_by, a.described->'args') END AS key
        FROM jsonb_array_elements(p_jobs) WITH ORDINALITY AS a (described, place)
        JOIN kind k ON k.name = a.described->>'kind'
        CROSS JOIN LATERAL (SELECT r.uid, r.job_id FROM enqueue_receipt r
            WHERE r.uid = (a.described->>'uid')::uuid LIMIT 1) e
        WHERE e.job_id = ANY (p_without) ORDER BY e.uid, a.place
    LOOP
        SELECT j.id INTO v_live FROM live j WHERE j.unique_key = v.key;
        IF FOUND THEN
            UPDATE enqueue_receipt e SET job_id = v_live, is_duplicate = true WHERE e.uid = v.uid;
        ELSE
            DELETE FROM enqueue_receipt e WHERE e.uid = v.uid;
            SELECT v_fresh || array_agg(q.job_id) INTO v_fresh
            FROM enqueue(jsonb_build_array(v.described), p_now) q WHERE q.verdict = 'accepted';
        END IF;
    END LOOP;
    RETURN v_fresh;
END $$;
"""

# Two statements on purpose: the second sees receipts that a concurrent caller committed while the
# first was waiting for it. Receipts are taken in the order of uids and unique keys in theirs, so
# that two callers with the same jobs wait for one another but never in a circle. What was passed is
# looked up in what was stored by hash, `IS TRUE` keeps it from becoming a join: a planner that knows
# of one kind expects one job, and would compare each of a thousand with each.
ENQUEUE = f"""
CREATE FUNCTION enqueue(p_jobs jsonb, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (uid uuid, job_id bigint, kind text, verdict text, duplicate_of uuid)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_fresh bigint[]; v_kept bigint[]; v_refused uuid[]; v_reasons text[]; v_tied boolean;
BEGIN
    v_tied := jsonb_path_exists(p_jobs, '$[*].needs[*] ? (@ != null)')
        OR jsonb_path_exists(p_jobs, '$[*].group_id ? (@ != null)');
    IF v_tied THEN
        SELECT r.uids, r.reasons INTO v_refused, v_reasons FROM refuse_ties(p_jobs, p_now) r;
    END IF;

    WITH asked AS MATERIALIZED (
        SELECT o.*, nextval('job_seq') AS id FROM (
            SELECT a.*, k.kind_id, k.name, k.max_attempts, k.priority AS usual_priority,
                k.version_high, k.unique_by, k.concurrency_key, k.hooks ? 'allowing' AS asks,
                coalesce((SELECT count(DISTINCT n) FROM unnest(a.needs) AS n), 0)
                    + (a.callback_of IS NOT NULL)::int AS ties
            FROM ROWS FROM (jsonb_to_recordset(p_jobs) AS (uid uuid, kind text, args jsonb,
                run_at timestamptz, priority smallint, site_id uuid, account_id uuid,
                request_id text, version smallint, tags text[], group_id uuid, needs uuid[],
                unique_key text, callback_of uuid)
            ) WITH ORDINALITY AS a (uid, kind, args, run_at, priority, site_id, account_id,
                request_id, version, tags, group_id, needs, unique_key, callback_of, place)
            JOIN kind k ON k.name = a.kind
            WHERE v_refused IS NULL OR a.uid <> ALL (v_refused)
            ORDER BY a.place) o),
    receipt AS (
        INSERT INTO enqueue_receipt (uid, job_id, digest, accepted_at)
        SELECT a.uid, a.id, job_digest(a.kind, a.args), p_now FROM asked a ORDER BY a.uid, a.id
        ON CONFLICT (uid) DO NOTHING RETURNING job_id),
    stored AS (
        INSERT INTO live (id, uid, kind_id, state, blocked_by, needs, priority, seq, max_attempts,
            run_at, created_at, site_id, account_id, request_id, args, version, unique_key,
            concurrency_key, group_id, tags)
        SELECT a.id, a.uid, a.kind_id,
            CASE WHEN a.ties > 0 THEN 3 WHEN a.run_at > p_now THEN 0 WHEN a.asks THEN 3 ELSE 1 END,
            CASE WHEN a.ties > 0 THEN 1 WHEN a.run_at > p_now THEN NULL WHEN a.asks THEN 2 END,
            a.ties, coalesce(a.priority, a.usual_priority), a.id, a.max_attempts,
            coalesce(a.run_at, p_now), p_now, a.site_id, a.account_id, a.request_id, a.args,
            coalesce(a.version, a.version_high),
            CASE WHEN a.unique_key IS NOT NULL THEN a.name || ' ' || a.unique_key
                WHEN a.unique_by IS NOT NULL THEN job_key(a.name, a.unique_by, a.args) END,
            CASE WHEN a.concurrency_key IS NOT NULL
                THEN job_key(a.name, a.concurrency_key, a.args) END,
            a.group_id, nullif(a.tags, '{{}}')
        FROM asked a WHERE (a.id IN (SELECT r.job_id FROM receipt r)) IS TRUE ORDER BY 17, 1
        ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL DO NOTHING
        RETURNING id)
    SELECT (SELECT array_agg(id) FROM stored), (SELECT array_agg(job_id) FROM receipt)
    INTO v_fresh, v_kept;
    IF cardinality(v_kept) > coalesce(cardinality(v_fresh), 0) THEN
        v_fresh := v_fresh || settle_duplicates(p_jobs, ARRAY(
            SELECT unnest(v_kept) EXCEPT SELECT unnest(v_fresh)), p_now);
    END IF;
    IF v_tied THEN PERFORM tie(p_jobs, v_fresh, p_now); END IF;

    RETURN QUERY
    SELECT a.uid, CASE WHEN a.uid = ANY (v_refused) THEN NULL ELSE r.job_id END, a.kind, CASE
        WHEN a.uid = ANY (v_refused) THEN v_reasons[array_position(v_refused, a.uid)]
        WHEN r.job_id IS NULL THEN 'unknown_kind'
        WHEN r.digest <> job_digest(a.kind, a.args) THEN 'conflict'
        WHEN r.is_duplicate THEN 'duplicate'
        WHEN r.job_id IN (SELECT unnest(v_fresh)) THEN 'accepted' ELSE 'repeated' END,
        CASE WHEN r.is_duplicate THEN coalesce(
            (SELECT j.uid FROM live j WHERE j.id = r.job_id),
            (SELECT d.uid FROM done d WHERE d.id = r.job_id LIMIT 1)) END
    FROM jsonb_to_recordset(p_jobs) AS a (uid uuid, kind text, args jsonb)
    LEFT JOIN LATERAL (SELECT e.job_id, e.digest, e.is_duplicate FROM enqueue_receipt e
        WHERE e.uid = a.uid LIMIT 1) r ON true;
END $$;
"""


def upgrade() -> None:
    op.execute("DROP FUNCTION enqueue(jsonb, timestamptz)")
    for function in (JOB_KEY, LOCK_GROUPS, REFUSE_TIES, TIE, SETTLE_DUPLICATES, ENQUEUE):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
