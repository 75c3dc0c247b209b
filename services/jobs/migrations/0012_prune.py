"""History goes by the day: partitions are dropped whole, and what belongs to no day by index."""

from alembic import op

revision = "0012"
down_revision = "0011"

PINNED = """SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

# Receipts are as many as jobs: they go in portions, oldest first. One is kept as long as its job is
# live or remembered, which only partitions that are left can tell.
RECEIPTS = f"""
CREATE FUNCTION prune_receipts(p_before date, p_limit int) RETURNS int
LANGUAGE plpgsql {PINNED} AS $$
DECLARE v_pruned int;
BEGIN
    DELETE FROM enqueue_receipt e WHERE e.ctid = ANY (ARRAY(
        SELECT r.ctid FROM enqueue_receipt r
        WHERE r.accepted_at < p_before
          AND (SELECT true FROM live j WHERE j.id = r.job_id LIMIT 1) IS NULL
          AND (SELECT true FROM done d WHERE d.id = r.job_id AND d.finished_at >= p_before LIMIT 1)
            IS NULL
        ORDER BY r.accepted_at LIMIT p_limit));
    GET DIAGNOSTICS v_pruned = ROW_COUNT;
    RETURN v_pruned;
END $$;
"""

PRUNE = f"""
CREATE OR REPLACE FUNCTION prune_history(p_before date) RETURNS int
LANGUAGE plpgsql {PINNED} AS $$
DECLARE
    v_name text;
    v_dropped int := 0;
BEGIN
    FOR v_name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('done'::regclass, 'attempt'::regclass, 'job_log'::regclass)
          AND right(c.relname, 8) < to_char(p_before, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', v_name);
        v_dropped := v_dropped + 1;
    END LOOP;
    PERFORM prune_receipts(p_before, 20000);
    DELETE FROM node_session s WHERE s.settled AND s.ended_at < p_before;
    DELETE FROM fire f WHERE f.fired_at < p_before;
    DELETE FROM kind_minute m WHERE m.minute < p_before;
    DELETE FROM document d WHERE d.created_at < p_before;
    DELETE FROM progress p WHERE p.at < p_before
        AND (SELECT true FROM live j WHERE j.id = p.job_id LIMIT 1) IS NULL;
    DELETE FROM job_group g WHERE g.created_at < p_before
        AND (g.finished_at < p_before OR g.finished_at IS NULL)
        AND (SELECT true FROM live j WHERE j.group_id = g.group_id LIMIT 1) IS NULL
        AND (SELECT true FROM live j WHERE j.id = g.callback_id LIMIT 1) IS NULL;
    RETURN v_dropped;
END $$;
"""


def upgrade() -> None:
    op.execute(RECEIPTS)
    op.execute(PRUNE)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
