"""One leader at a time: elected by a lease, fenced by its term.

`lead` is the first statement of each of its transactions: whoever is no longer the leader is
stopped there, and whoever is holds off a successor until the transaction ends.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

PINNED = """SECURITY DEFINER
SET search_path = jobs, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off"""

# A leader whose lease ran out is elected anew under a new term, also when nobody else came.
CAMPAIGN = f"""
CREATE FUNCTION campaign(p_name text, p_holder text, p_seconds double precision,
    p_now timestamptz DEFAULT clock_timestamp(), OUT term bigint, OUT leads boolean)
LANGUAGE plpgsql {PINNED} AS $$
#variable_conflict use_column
DECLARE v_until timestamptz := p_now + make_interval(secs => p_seconds);
BEGIN
    UPDATE leader l SET expires_at = greatest(l.expires_at, v_until)
    WHERE l.name = p_name AND l.holder = p_holder AND l.expires_at > p_now
    RETURNING l.term INTO term;
    IF NOT FOUND THEN
        INSERT INTO leader AS l (name, term, holder, elected_at, expires_at)
        VALUES (p_name, 1, p_holder, p_now, v_until)
        ON CONFLICT (name) DO UPDATE SET term = l.term + 1, holder = p_holder,
            elected_at = p_now, expires_at = v_until
        WHERE l.expires_at <= p_now
        RETURNING l.term INTO term;
    END IF;
    leads := FOUND;
    IF NOT leads THEN SELECT l.term INTO term FROM leader l WHERE l.name = p_name; END IF;
END $$;
"""

# A leader that falls asleep within a transaction would keep this row, and with it the lead, for as
# long as it sleeps: PostgreSQL ends such a transaction.
LEAD = f"""
CREATE FUNCTION lead(p_name text, p_holder text, p_term bigint,
    p_now timestamptz DEFAULT clock_timestamp()) RETURNS void
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    PERFORM FROM leader l WHERE l.name = p_name AND l.holder = p_holder AND l.term = p_term
        AND l.expires_at > p_now FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% does not lead % in term %', p_holder, p_name, p_term
            USING ERRCODE = 'MH001';
    END IF;
    PERFORM set_config('idle_in_transaction_session_timeout', '3000', true);
END $$;
"""

RESIGN = f"""
CREATE FUNCTION resign(p_name text, p_holder text, p_term bigint,
    p_now timestamptz DEFAULT clock_timestamp()) RETURNS boolean
LANGUAGE plpgsql {PINNED} AS $$
BEGIN
    UPDATE leader l SET expires_at = p_now WHERE l.name = p_name AND l.holder = p_holder
        AND l.term = p_term AND l.expires_at > p_now;
    RETURN FOUND;
END $$;
"""


def upgrade() -> None:
    for function in (CAMPAIGN, LEAD, RESIGN):
        op.execute(function)
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
