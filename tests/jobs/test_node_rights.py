"""A node may run the core's functions and nothing else."""

import psycopg2.errors
import pytest

from tests.jobs.core import Core


@pytest.fixture
def node(core: Core, node_url: str) -> Core:
    node = Core(node_url)
    node.rows("SET search_path = jobs")
    return node


def test_a_node_lives_a_jobs_whole_life_by_functions(core: Core, node: Core) -> None:
    core.enqueue_many(3)
    session = node.join()
    kind = core.value("SELECT kind_id FROM kind")
    rows = node.rows("SELECT * FROM claim(%s, %s, %s, 3)", session, [kind], [3])
    ids, runs = [row.id for row in rows], [row.run_no for row in rows]
    node.rows("SELECT complete(%s, %s, %s, %s::jsonb[])", session, ids[:1], runs[:1], [None])
    node.rows(
        "SELECT * FROM fail(%s, %s, %s, %s, %s)", session, ids[1:2], runs[1:2], ["failed"], ["x"]
    )
    node.rows("SELECT release(%s, %s, %s)", session, ids[2:], runs[2:])
    node.rows("SELECT * FROM heartbeat(%s, %s, %s)", session, ids[:0], runs[:0])
    assert node.renew(session).standing
    assert node.note(session) == 0
    assert node.value("SELECT close_session(%s, 'left')", session) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM live",
        "DELETE FROM live",
        "SELECT * FROM done",
        "UPDATE node_session SET state = 'live'",
        "INSERT INTO outbox (message_id) VALUES (gen_random_uuid())",
        "SELECT * FROM enqueue('[]')",
        "SELECT expire_sessions()",
        "SELECT cancel(1)",
        "SELECT revive(1)",
        "SELECT * FROM campaign('jobs', 'me', 10)",
        "SELECT write_allocation('[]')",
        "SELECT override_kind('tests.work', '{}')",
        "SELECT settle_ended(NULL, NULL, NULL, NULL, NULL, now())",
        "SELECT bury_cancelled(ARRAY[1], '', now())",
        "SELECT * FROM claim_limited(1, 1, 1, now())",
        "SELECT * FROM permit(ARRAY[1])",
        "SELECT fire_schedule(gen_random_uuid(), '{}', now())",
        "SELECT * FROM document",
        "SELECT * FROM rescue(1)",
        "SELECT * FROM retry_or_bury(NULL, NULL, NULL, true, now())",
        "SELECT prune_history(current_date)",
        "CREATE TABLE jobs.mine (id int)",
    ],
)
def test_everything_else_is_refused(node: Core, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        node.rows(statement)
