"""Kinds are declared by code, overridden by operators, and settled into what counts."""

from alembic import op

revision = "0009"
down_revision = "0008"

# What an override sets to JSON null is taken away. A new cap starts without slots, because the rows
# that guided nodes until now may add up to more than it.
SETTLE = """
CREATE FUNCTION settle_kind(p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
DECLARE v_id int; v jsonb; v_cap int;
BEGIN
    SELECT kind_id, declared || override, max_assigned INTO v_id, v, v_cap
    FROM kind WHERE name = p_name FOR UPDATE;
    UPDATE kind SET
        timeout_s = (v->>'timeout_s')::int,
        max_attempts = (v->>'max_attempts')::smallint,
        priority = (v->>'priority')::smallint,
        backoff_base_s = (v->>'backoff_base_s')::double precision,
        backoff_factor = (v->>'backoff_factor')::double precision,
        backoff_cap_s = (v->>'backoff_cap_s')::double precision,
        backoff_jitter = (v->>'backoff_jitter')::double precision,
        queue_size = (v->>'queue_size')::smallint,
        max_assigned = (v->>'max_assigned')::int,
        max_pending = (v->>'max_pending')::int,
        weight = coalesce((v->>'weight')::double precision, 1),
        node_filter = v->>'node_filter',
        node_labels = coalesce(nullif(v->'node_labels', 'null'), '{}'),
        concurrency_key = names_in(v->'concurrency_key'),
        concurrency_limit = (v->>'concurrency_limit')::int,
        rate_per_s = (v->>'rate_per_s')::double precision,
        rate_burst = (v->>'rate_burst')::int,
        unique_by = names_in(v->'unique_by'),
        version_low = coalesce((v->>'version_low')::smallint, 1),
        version_high = coalesce((v->>'version_high')::smallint, 1),
        hooks = coalesce(nullif(v->'hooks', 'null'), '{}')
    WHERE kind_id = v_id;
    IF (v->>'rate_per_s') IS NOT NULL THEN
        INSERT INTO rate_state (kind_id, tat) VALUES (v_id, '-infinity') ON CONFLICT DO NOTHING;
    END IF;
    IF v_cap IS NULL AND (v->>'max_assigned') IS NOT NULL THEN
        DELETE FROM allocation WHERE kind_id = v_id;
    END IF;
END $$;
"""

NAMES_IN = """
CREATE FUNCTION names_in(p_names jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(p_names) = 'array'
        THEN ARRAY(SELECT jsonb_array_elements_text(p_names)) END;
$$;
"""

DECLARE_KINDS = """
CREATE OR REPLACE FUNCTION declare_kinds(p_kinds jsonb, p_overwrite boolean) RETURNS void
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
DECLARE v_name text;
BEGIN
    FOR v_name IN
        INSERT INTO kind AS k (name, timeout_s, max_attempts, priority,
            backoff_base_s, backoff_factor, backoff_cap_s, backoff_jitter, declared)
        SELECT d.name, d.timeout_s, d.max_attempts, d.priority, d.backoff_base_s,
            d.backoff_factor, d.backoff_cap_s, d.backoff_jitter, e.described - 'schedule'
        FROM jsonb_array_elements(p_kinds) AS e (described)
        CROSS JOIN jsonb_to_record(e.described) AS d (name text, timeout_s int,
            max_attempts smallint, priority smallint, backoff_base_s double precision,
            backoff_factor double precision, backoff_cap_s double precision,
            backoff_jitter double precision)
        ORDER BY d.name
        ON CONFLICT (name) DO UPDATE SET declared = excluded.declared
            WHERE p_overwrite AND k.declared <> excluded.declared
        RETURNING k.name
    LOOP
        PERFORM settle_kind(v_name);
    END LOOP;
    IF p_overwrite THEN PERFORM declare_schedules(p_kinds); END IF;
END $$;
"""

# A declared schedule has its kind's name. One that is declared differently is worked out anew; that
# of a kind that is not passed is left alone, because another build may declare it.
DECLARE_SCHEDULES = """
CREATE FUNCTION declare_schedules(p_kinds jsonb) RETURNS void
LANGUAGE sql SET search_path = jobs, pg_temp AS $$
    DELETE FROM schedule s USING jsonb_array_elements(p_kinds) AS e (described)
    WHERE s.is_declared AND s.name = e.described->>'name'
      AND jsonb_typeof(e.described->'schedule') IS DISTINCT FROM 'object';

    INSERT INTO schedule AS s (schedule_id, name, kind_id, cron, time_zone, missed, args,
        is_declared)
    SELECT md5('schedule ' || k.name)::uuid, k.name, k.kind_id, d.cron, d.time_zone,
        coalesce(d.missed, 'one'), coalesce(d.args, '{}'), true
    FROM jsonb_array_elements(p_kinds) AS e (described)
    JOIN kind k ON k.name = e.described->>'name'
    CROSS JOIN jsonb_to_record(e.described->'schedule') AS d (cron text, time_zone text,
        missed text, args jsonb)
    WHERE jsonb_typeof(e.described->'schedule') = 'object'
    ORDER BY k.name
    ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, time_zone = excluded.time_zone,
        missed = excluded.missed, args = excluded.args, version = s.version + 1,
        next_fire_at = CASE WHEN (s.cron, s.time_zone) = (excluded.cron, excluded.time_zone)
            THEN s.next_fire_at END
    WHERE s.is_declared AND (s.cron, s.time_zone, s.missed, s.args)
        <> (excluded.cron, excluded.time_zone, excluded.missed, excluded.args);
$$;
"""

OVERRIDE = """
CREATE FUNCTION override_kind(p_name text, p_override jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $$
BEGIN
    UPDATE kind SET override = p_override WHERE name = p_name;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM settle_kind(p_name);
    RETURN true;
END $$;
"""


def upgrade() -> None:
    for function in (NAMES_IN, SETTLE, DECLARE_SCHEDULES, DECLARE_KINDS, OVERRIDE):
        op.execute(function)
