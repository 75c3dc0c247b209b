"""History by the day: partitions are made ahead, and dropped whole when they are old enough."""

from alembic import op

revision = "0002"
down_revision = "0001"

DAYS_AHEAD = 30

# A partition is made beside its parent and then attached: attaching waits for no reader or writer,
# which CREATE TABLE … PARTITION OF would. There is no default partition, because attaching beside
# one would have to read it.
ENSURE = """
CREATE FUNCTION ensure_partitions(p_first date, p_days int) RETURNS int
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
DECLARE
    v_parent text;
    v_day date;
    v_name text;
    v_made int := 0;
BEGIN
    FOR v_parent, v_day IN
        SELECT p.name, d::date FROM (VALUES ('done'), ('attempt')) AS p (name),
            generate_series(p_first, p_first + p_days - 1, interval '1 day') AS d
    LOOP
        v_name := v_parent || to_char(v_day, '_YYYYMMDD');
        CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', v_name, v_parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            v_parent, v_name, v_day::timestamp AT TIME ZONE 'UTC',
            (v_day + 1)::timestamp AT TIME ZONE 'UTC');
        v_made := v_made + 1;
    END LOOP;
    RETURN v_made;
END $$;
"""

# A receipt stays as long as its job is live or remembered: it makes a second enqueue of the same uid
# harmless, and it is how a job is found by its uid.
PRUNE = """
CREATE FUNCTION prune_history(p_before date) RETURNS int
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
DECLARE
    v_name text;
    v_dropped int := 0;
BEGIN
    FOR v_name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('done'::regclass, 'attempt'::regclass)
          AND right(c.relname, 8) < to_char(p_before, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', v_name);
        v_dropped := v_dropped + 1;
    END LOOP;
    DELETE FROM enqueue_receipt r WHERE r.accepted_at < p_before
        AND NOT EXISTS (SELECT FROM live j WHERE j.id = r.job_id)
        AND NOT EXISTS (SELECT FROM done d WHERE d.id = r.job_id);
    DELETE FROM node_session s WHERE s.settled AND s.ended_at < p_before;
    RETURN v_dropped;
END $$;
"""


def upgrade() -> None:
    op.execute(ENSURE)
    op.execute(PRUNE)
    today = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
    op.execute(f"SELECT ensure_partitions({today} - 1, {DAYS_AHEAD})")
