"""How nodes come, stay and go: a session with a lease of 15 seconds, renewed every 3.

And the rights of nodes: they may run these functions and nothing else.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

# A node declares kinds that nobody declared before; it never changes one, because an older build
# may join beside a newer service.
OPEN = f"""
CREATE FUNCTION open_session(p_name text, p_labels jsonb, p_slots int, p_version text,
    p_host text, p_pid int, p_kinds jsonb, p_now timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (session_id bigint, kind_id int, kind text)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_session bigint;
BEGIN
    PERFORM declare_kinds(p_kinds, false);
    INSERT INTO node_session AS s (node_name, labels, slots, version, host, agent_pid,
        lease_until, started_at)
    VALUES (p_name, p_labels, p_slots, p_version, p_host, p_pid, p_now + interval '15 seconds',
        p_now)
    RETURNING s.session_id INTO v_session;
    RETURN QUERY
    WITH able AS (
        INSERT INTO node_kind (session_id, kind_id)
        SELECT v_session, k.kind_id FROM jsonb_to_recordset(p_kinds) AS d (name text)
            JOIN kind k ON k.name = d.name
        RETURNING kind_id)
    SELECT v_session, k.kind_id, k.name FROM able a JOIN kind k ON k.kind_id = a.kind_id;
END $$;
"""

# The node tells what it believes it holds. Answered: whether the session still stands; the ids it
# must drop, because they are no longer its own. What the database gave it longer than 10 seconds
# ago and it does not know of never reached it (the answer of a claim was lost): that is released.
HEARTBEAT = f"""
CREATE FUNCTION heartbeat(p_session bigint, p_ids bigint[], p_runs int[],
    p_now timestamptz DEFAULT clock_timestamp(), OUT standing boolean, OUT drop_ids bigint[],
    OUT released int)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_ids bigint[]; v_runs int[];
BEGIN
    UPDATE node_session s SET lease_until = p_now + interval '15 seconds'
    WHERE s.session_id = p_session AND s.state IN ('live', 'draining');
    standing := FOUND;
    released := 0;
    IF NOT standing THEN RETURN; END IF;

    SELECT array_agg(t.id) INTO drop_ids FROM unnest(p_ids, p_runs) AS t (id, run_no)
    WHERE (SELECT true FROM live j WHERE j.id = t.id AND j.run_no = t.run_no
        AND (j.state = 2) IS TRUE AND (j.session_id = p_session) IS TRUE LIMIT 1) IS NULL;

    SELECT array_agg(j.id), array_agg(j.run_no) INTO v_ids, v_runs FROM live j
    WHERE j.state = 2 AND j.session_id = p_session AND j.id <> ALL (p_ids)
      AND j.claimed_at < p_now - interval '10 seconds';
    IF v_ids IS NOT NULL THEN
        SELECT count(*) INTO released FROM release(p_session, v_ids, v_runs);
    END IF;
END $$;
"""

DRAIN = f"""
CREATE FUNCTION drain_session(p_session bigint) RETURNS void
LANGUAGE sql {PINNED} AS $$
    UPDATE node_session SET state = 'draining' WHERE session_id = p_session AND state = 'live';
$$;
"""

# 'left' by the agent that drained, 'dead' by the supervisor that saw its agent die: either way
# whatever still runs is taken back at once instead of when the lease ends.
CLOSE = f"""
CREATE FUNCTION close_session(p_session bigint, p_state text,
    p_now timestamptz DEFAULT clock_timestamp()) RETURNS int
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    UPDATE node_session SET state = p_state, ended_at = p_now
    WHERE session_id = p_session AND state IN ('live', 'draining');
    RETURN (SELECT count(*) FROM rescue(10000, p_session, p_now));
END $$;
"""

# Three seconds of grace: by then the node has long stopped its children by its own trust window.
EXPIRE = f"""
CREATE FUNCTION expire_sessions(p_now timestamptz DEFAULT clock_timestamp()) RETURNS SETOF text
LANGUAGE sql {PINNED} AS $$
    UPDATE node_session SET state = 'dead', ended_at = p_now
    WHERE state IN ('live', 'draining') AND lease_until < p_now - interval '3 seconds'
    RETURNING node_name;
$$;
"""

NODE_MAY = (
    "open_session(text, jsonb, int, text, text, int, jsonb, timestamptz)",
    "heartbeat(bigint, bigint[], int[], timestamptz)",
    "drain_session(bigint)",
    "close_session(bigint, text, timestamptz)",
    "claim(bigint, int[], int[], int, timestamptz)",
    "complete(bigint, bigint[], int[], jsonb[], timestamptz)",
    "fail(bigint, bigint[], int[], text[], text[], timestamptz)",
    "release(bigint, bigint[], int[])",
)


def upgrade() -> None:
    for function in (OPEN, HEARTBEAT, DRAIN, CLOSE, EXPIRE):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA jobs TO memberhall_node")
    for function in NODE_MAY:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO memberhall_node")
