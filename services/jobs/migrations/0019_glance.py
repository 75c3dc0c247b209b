"""What the leader reads between its rounds, so that rounds without work need not be begun.

Each round is a transaction that begins with the leader's term and is therefore written to the disk.
An idle cluster would spend most of its processor on them.
"""

from alembic import op

revision = "0019"
down_revision = "0018"

PINNED = """SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET jit = off"""

# Of the many days of history, deaths are looked for in the last hour's. `p_business` is what time it
# is for schedules. A job that waits for permission is blocked.
GLANCE = f"""
CREATE FUNCTION glance(p_business timestamptz, p_now timestamptz DEFAULT clock_timestamp(),
    OUT due_in double precision, OUT lost boolean, OUT died boolean, OUT blocked boolean,
    OUT ready boolean, OUT running boolean, OUT fires boolean, OUT asks boolean)
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    due_in := (SELECT extract(epoch FROM j.run_at - p_now) FROM live j WHERE j.state = 0
        ORDER BY j.run_at LIMIT 1);
    lost := EXISTS (SELECT FROM node_session s WHERE s.state IN ('live', 'draining')
            AND s.lease_until < p_now - interval '3 seconds')
        OR EXISTS (SELECT FROM node_session s WHERE s.state IN ('left', 'dead') AND NOT s.settled);
    died := EXISTS (SELECT FROM done d WHERE NOT d.announced
        AND d.finished_at > p_now - interval '1 hour');
    blocked := EXISTS (SELECT FROM live j WHERE j.state = 3);
    ready := EXISTS (SELECT FROM live j WHERE j.state = 1);
    running := EXISTS (SELECT FROM live j WHERE j.state = 2);
    fires := EXISTS (SELECT FROM schedule s WHERE s.paused_at IS NULL
        AND (s.next_fire_at IS NULL OR s.next_fire_at <= p_business));
    asks := blocked OR EXISTS (SELECT FROM kind k WHERE k.hooks <> '{{}}');
END $$;
"""


def upgrade() -> None:
    op.execute(GLANCE)
    op.execute("REVOKE ALL ON FUNCTION glance(timestamptz, timestamptz) FROM PUBLIC")
