"""How jobs are given out: to sessions that stand, of kinds that may run there, within every limit.

Plain kinds are taken by one statement for all of them. Kinds with a cap, a rate, a concurrency key
or several versions are taken one by one. What several claims share (slots, rates, the units of
keys) is locked in the order of kinds.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

READY = """
DROP INDEX ix_live_ready;
CREATE INDEX ix_live_ready ON live (kind_id, version, priority, seq) WHERE state = 1;
"""

# Of these, `claim` takes care one by one.
LIMITED = """(k.max_assigned IS NOT NULL OR k.rate_per_s IS NOT NULL
            OR k.concurrency_key IS NOT NULL OR n.version_low < n.version_high)"""

CLAIMED = """id bigint, run_no int, kind_id int, attempt smallint, uid uuid,
    site_id uuid, account_id uuid, request_id text, args text, waited double precision,
    version smallint, group_id uuid, tags text[]"""

# A job may wait on its node for a while before it starts, hence the 30 seconds on top of its
# time-out.
START = """UPDATE live j SET state = 2, run_no = j.run_no + 1, attempt = j.attempt + 1,
        session_id = p_session, claimed_at = p_now,
        deadline_at = p_now + make_interval(secs => 30 +
            (SELECT k.timeout_s FROM kind k WHERE k.kind_id = j.kind_id))
    WHERE {which} AND (j.state = 1) IS TRUE
    RETURNING j.id, j.run_no, j.kind_id, j.attempt, j.uid, j.site_id, j.account_id, j.request_id,
        j.args::text, greatest(0, date_part('epoch', p_now - j.run_at)),
        j.version, j.group_id, j.tags"""

# Rows are locked only as far as they are taken.
TAKE = f"""
    WITH pick AS MATERIALIZED (
        SELECT p.tid FROM unnest({{kinds}}, {{free}}, {{versions}}) AS w (kind_id, free, version)
        CROSS JOIN LATERAL (
            SELECT j.ctid AS tid FROM live j
            WHERE j.state = 1 AND j.kind_id = w.kind_id AND j.version = w.version
            ORDER BY j.priority, j.seq LIMIT w.free FOR UPDATE SKIP LOCKED) p
        LIMIT {{room}})
    {START.format(which="j.ctid = ANY (ARRAY(SELECT tid FROM pick))")}"""
TAKE_PLAIN = TAKE.format(
    kinds="v_kinds[v_at:v_to]",
    free="v_free[v_at:v_to]",
    versions="v_versions[v_at:v_to]",
    room="v_room",
)
TAKE_LIMITED = TAKE.format(
    kinds="array_fill(p_kind, ARRAY[cardinality(v_versions)])",
    free="array_fill(v_free, ARRAY[cardinality(v_versions)])",
    versions="v_versions",
    room="v_free",
)

# Kinds are served in the caller's order until `p_room` jobs are found. A look that finds nothing
# writes nothing. The session row is locked so that a session cannot end between being found alive
# and its claim being committed.
CLAIM = f"""
CREATE FUNCTION claim(p_session bigint, p_kinds int[], p_free int[], p_room int,
    p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE ({CLAIMED})
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE
    v_kinds int[]; v_free int[]; v_versions smallint[]; v_limited boolean[];
    v_at int; v_to int := 0; v_room int := p_room; v_taken int;
BEGIN
    SELECT array_agg(a.kind_id), array_agg(a.free), array_agg(a.version_high),
        array_agg(a.is_limited)
    INTO v_kinds, v_free, v_versions, v_limited FROM (
        SELECT w.kind_id, w.free, n.version_high, {LIMITED} AS is_limited
        FROM unnest(p_kinds, p_free) WITH ORDINALITY AS w (kind_id, free, place)
        JOIN node_session s ON s.session_id = p_session
        JOIN node_kind n ON n.session_id = p_session AND n.kind_id = w.kind_id
        JOIN kind k ON k.kind_id = w.kind_id
        WHERE w.free > 0 AND k.paused_at IS NULL AND s.labels @> k.node_labels
          AND (k.node_filter IS NULL OR s.node_name ~ ('^(?:' || k.node_filter || ')$'))
          AND (SELECT true FROM live j
              WHERE j.state = 1 AND j.kind_id = w.kind_id LIMIT 1)
        ORDER BY w.place) a;
    IF v_kinds IS NULL THEN RETURN; END IF;
    PERFORM FROM node_session s
    WHERE s.session_id = p_session AND s.state = 'live' AND s.lease_until > p_now
      AND (SELECT n.paused_at FROM node n WHERE n.name = s.node_name) IS NULL FOR SHARE;
    IF NOT FOUND THEN RETURN; END IF;
    IF v_limited @> ARRAY[true] THEN PERFORM lock_limits(p_session, v_kinds); END IF;

    WHILE v_to < cardinality(v_kinds) AND v_room > 0 LOOP
        v_at := v_to + 1;
        v_to := v_at;
        IF v_limited[v_at] THEN
            RETURN QUERY SELECT * FROM claim_limited(
                p_session, v_kinds[v_at], least(v_free[v_at], v_room), p_now);
        ELSE
            WHILE NOT v_limited[v_to + 1] LOOP v_to := v_to + 1; END LOOP;
            RETURN QUERY {TAKE_PLAIN};
        END IF;
        GET DIAGNOSTICS v_taken = ROW_COUNT;
        v_room := v_room - v_taken;
    END LOOP;
END $$;
"""

# Of a kind with concurrency keys one claim at a time counts what runs of each key: so no two find
# the same unit free. The lock ends with the transaction, when others can see what was started.
LOCK_LIMITS = f"""
CREATE FUNCTION lock_limits(p_session bigint, p_kinds int[]) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT t.kind_id FROM unnest(p_kinds) AS t (kind_id) ORDER BY 1) o
    CROSS JOIN LATERAL (SELECT FROM allocation a
        WHERE a.kind_id = o.kind_id AND a.session_id = p_session FOR NO KEY UPDATE) l;
    PERFORM FROM (SELECT DISTINCT t.kind_id FROM unnest(p_kinds) AS t (kind_id) ORDER BY 1) o
    CROSS JOIN LATERAL (
        SELECT FROM rate_state r WHERE r.kind_id = o.kind_id FOR NO KEY UPDATE) l;
    PERFORM pg_advisory_xact_lock(hashtext('jobs.claim_keyed'), o.kind_id) FROM (
        SELECT DISTINCT k.kind_id FROM unnest(p_kinds) AS t (kind_id)
        JOIN kind k ON k.kind_id = t.kind_id
        WHERE k.concurrency_key IS NOT NULL ORDER BY k.kind_id) o;
END $$;
"""

# Within a kind, older versions come first. A cap holds by the session's slots, which the leader
# keeps within it; a rate by the generic cell rate algorithm (ITU-T I.371), which pays for what was
# taken and for nothing else.
CLAIM_LIMITED = f"""
CREATE FUNCTION claim_limited(p_session bigint, p_kind int, p_free int, p_now timestamptz)
RETURNS TABLE ({CLAIMED})
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE
    k kind%ROWTYPE; v_free int := p_free; v_tat timestamptz; v_taken int; v_versions smallint[];
BEGIN
    SELECT * INTO k FROM kind WHERE kind_id = p_kind;
    SELECT array_agg(v.version) INTO v_versions FROM node_kind n
    CROSS JOIN LATERAL generate_series(n.version_low::int, n.version_high) AS v (version)
    WHERE n.session_id = p_session AND n.kind_id = p_kind;
    IF k.max_assigned IS NOT NULL THEN
        v_free := least(v_free, least(k.max_assigned, coalesce((SELECT a.slots
                FROM allocation a WHERE a.kind_id = p_kind AND a.session_id = p_session), 0))
            - (SELECT count(*) FROM live j
                WHERE j.state = 2 AND j.session_id = p_session AND j.kind_id = p_kind));
    END IF;
    IF k.rate_per_s IS NOT NULL THEN
        SELECT greatest(r.tat, p_now) INTO v_tat FROM rate_state r WHERE r.kind_id = p_kind;
        v_free := least(v_free, floor(1e-6 + k.rate_burst
            - extract(epoch FROM v_tat - p_now)::double precision * k.rate_per_s));
    END IF;
    IF v_free <= 0 THEN RETURN; END IF;
    IF k.concurrency_key IS NOT NULL THEN
        RETURN QUERY SELECT * FROM claim_keyed(
            p_session, p_kind, v_free, v_versions, k.concurrency_limit, p_now);
    ELSE
        RETURN QUERY {TAKE_LIMITED};
    END IF;
    GET DIAGNOSTICS v_taken = ROW_COUNT;
    IF k.rate_per_s IS NOT NULL AND v_taken > 0 THEN
        UPDATE rate_state r SET tat = v_tat + make_interval(secs => v_taken / k.rate_per_s)
        WHERE r.kind_id = p_kind;
    END IF;
END $$;
"""

# In each key's row those that run stand in front, then those that are ready, and as many as the
# limit may run; a job that was enqueued before its kind had a key always may. Looks on where keys
# are full, at 50 or more at a time and at some 2,000 in one call, however many of one key stand in
# front.
CLAIM_KEYED = f"""
CREATE FUNCTION claim_keyed(p_session bigint, p_kind int, p_free int, p_versions smallint[],
    p_limit int, p_now timestamptz)
RETURNS TABLE ({CLAIMED})
LANGUAGE plpgsql {PINNED} SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    v_left int := p_free; v_ask int := p_free; v_looked int := 0; v_seen int; v_won tid[];
    v_lost tid[]; v_keys text[]; v_taken int; v_aside int; v_running CONSTANT smallint := 2;
BEGIN
    WHILE v_left > 0 AND v_looked < 2000 LOOP
        WITH seen AS MATERIALIZED (
            SELECT q.*, row_number() OVER () AS place FROM (
                SELECT q.* FROM unnest(p_versions) AS v (version) CROSS JOIN LATERAL (
                    SELECT j.ctid AS tid, j.concurrency_key AS key FROM live j
                    WHERE j.state = 1 AND j.kind_id = p_kind AND j.version = v.version
                    ORDER BY j.priority, j.seq LIMIT v_ask FOR UPDATE SKIP LOCKED) q
                LIMIT v_ask) q),
        judged AS (
            SELECT n.*, n.key IS NULL
                OR row_number() OVER (PARTITION BY n.key ORDER BY n.place) <= p_limit AS fits
            FROM (SELECT s.tid, s.key, s.place FROM seen s UNION ALL
                SELECT NULL, j.concurrency_key, 0 FROM live j
                WHERE j.state IN (1, 2) AND j.state = v_running
                  AND j.concurrency_key = ANY (ARRAY(SELECT s.key FROM seen s))) n)
        SELECT count(*), (array_agg(c.tid ORDER BY c.place) FILTER (WHERE c.fits))[1:v_left],
            array_agg(c.tid) FILTER (WHERE NOT c.fits), array_agg(c.key) FILTER (WHERE NOT c.fits)
        INTO v_seen, v_won, v_lost, v_keys FROM judged c WHERE c.place > 0;
        RETURN QUERY {START.format(which="j.ctid = ANY (v_won)")};
        GET DIAGNOSTICS v_taken = ROW_COUNT;
        v_left := v_left - v_taken;
        v_looked := v_looked + v_seen;
        EXIT WHEN v_lost IS NULL;
        v_aside := set_full_aside(v_lost, v_keys, p_limit);
        EXIT WHEN v_aside = 0 AND v_taken = 0 AND v_ask >= 50;
        v_ask := greatest(v_left, 50);
    END LOOP;
END $$;
"""

# A job whose key is full waits for a unit. The key's running jobs are held until this is committed:
# whoever ends one then sees who waits for it. One that is just ending is not waited for, because
# its unit comes back.
SET_FULL_ASIDE = f"""
CREATE FUNCTION set_full_aside(p_tids tid[], p_keys text[], p_limit int) RETURNS int
LANGUAGE plpgsql {PINNED} SET enable_bitmapscan = off AS $$
DECLARE v_full text[]; v_aside int; v_running CONSTANT smallint := 2;
BEGIN
    v_full := ARRAY(
        SELECT h.key FROM (
            SELECT k.key FROM (SELECT DISTINCT t.key FROM unnest(p_keys) AS t (key)) k
            CROSS JOIN LATERAL (
                SELECT FROM live j WHERE j.state IN (1, 2) AND j.state = v_running
                  AND j.concurrency_key = k.key FOR KEY SHARE SKIP LOCKED) l) h
        GROUP BY h.key HAVING count(*) >= p_limit);
    UPDATE live j SET state = 3, blocked_by = 3
    WHERE j.ctid = ANY (ARRAY(
        SELECT t.tid FROM unnest(p_tids, p_keys) AS t (tid, key) WHERE t.key = ANY (v_full)))
      AND (j.state = 1) IS TRUE;
    GET DIAGNOSTICS v_aside = ROW_COUNT;
    RETURN v_aside;
END $$;
"""

NODE_MAY = ("claim(bigint, int[], int[], int, timestamptz)",)


def upgrade() -> None:
    op.execute(READY)
    op.execute("DROP FUNCTION claim(bigint, int[], int[], int, timestamptz)")
    for function in (LOCK_LIMITS, SET_FULL_ASIDE, CLAIM_KEYED, CLAIM_LIMITED, CLAIM):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
    for function in NODE_MAY:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO memberhall_node")
