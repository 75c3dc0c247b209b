"""A built-in kind on a real node: what its workers load, may reach and write down."""

import json
import sys
from pathlib import Path

from tests.jobs.core import Core
from tests.jobs.node_process import NodeProcess, until
from tests.jobs.web_server import Page, web_server


def test_a_node_delivers_a_webhook_and_tries_again_what_was_not_taken(
    core: Core, node_url: str, tmp_path: Path
) -> None:
    with web_server() as partner:
        answers = iter([Page(500, b"not now"), Page(200, b"thanks")])
        partner.pages["/hook"] = lambda _: next(answers)
        log = tmp_path / "node.log"
        node = NodeProcess(node_url, log, workers=1, MEMBERHALL_NODE_SANDBOX_HOSTS=partner.host)
        try:
            until(lambda: core.rows("SELECT 1 FROM node_session"))
            # The pause between attempts is none of this test's business.
            core.rows("UPDATE kind SET backoff_base_s = 0 WHERE name = 'jobs.http_request'")
            args = {"url": partner.url("/hook"), "json": {"event": "paid"}}
            now = core.value("SELECT clock_timestamp()")
            [job] = core.enqueue({"kind": "jobs.http_request", "args": args}, now=now)

            def is_done() -> bool:
                core.promote(now=core.value("SELECT clock_timestamp()"))
                return bool(core.rows("SELECT 1 FROM done WHERE id = %s", job.job_id))

            until(is_done, seconds=30)
        finally:
            node.kill_all()
            sys.stdout.write(log.read_text())
    result = core.value("SELECT result FROM done WHERE id = %s", job.job_id)
    assert (result["status"], result["body"]) == (200, "thanks")
    error = core.value("SELECT error FROM attempt WHERE job_id = %s", job.job_id)
    assert "answered 500: not now" in error.splitlines()[0]
    assert [json.loads(seen.body) for seen in partner.seen] == [{"event": "paid"}] * 2
    assert len({seen.headers["Webhook-Id"] for seen in partner.seen}) == 1
