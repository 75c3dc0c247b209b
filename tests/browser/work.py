"""Jobs in every state that a page can show, made on the real suite."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from chassis.context import Caller
from chassis.ids import new_id
from tests.contracts.samples import SITE
from tests.processes import until
from tests.suite import Suite

KIND = "billing.render_invoice"
HOPELESS = "jobs.http_request"
OPERATOR = Caller(
    principal="console", request_id="tests", site_id=SITE, roles=frozenset({"operator"})
)


class Work:
    """Makes a job of each state, a group and a schedule, each when it is first asked for."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._uids: dict[str, str] = {}

    def uid(self, state: str) -> str:
        """The uid of a job in this state."""
        if state not in self._uids:
            making = {"blocked": self._blocked, "cancelled": self._cancelled}
            making |= {"scheduled": self._scheduled, "dead": self.dead}
            self._uids[state] = making[state]() if state in making else self._found(state)
        return self._uids[state]

    def made(self, **more: Any) -> str:
        """The uid of a new job that is due tomorrow."""
        return self._enqueued(run_at=self._later(), **more)

    def dead(self) -> str:
        """The uid of a job that failed at its only try: it may not connect to where it should."""
        self._suite.ask("jobs", "change_kind", kind=HOPELESS, override={"max_attempts": 1})
        args = {"method": "GET", "url": "http://127.0.0.1/"}
        uid = self._enqueued(kind=HOPELESS, args=args)
        until(lambda: self._state(uid) == "dead", 60, "it is dead")
        return uid

    def report(self, account_id: str) -> str:
        """The uid of a job that wrote the account's invoices into a file."""
        columns = [{"field": "number", "title": "Number"}, {"field": "state", "title": "State"}]
        args = {"title": "All invoices", "format": "csv", "service": "billing", "query": "invoices"}
        job = self._job(kind="jobs.make_report", args={**args, "columns": columns})
        asking = replace(OPERATOR, account_id=UUID(account_id))
        self._suite.client.call("jobs", "enqueue", caller=asking, **job)
        until(lambda: self._state(job["uid"]) == "succeeded", 60, "the report is written")
        return str(job["uid"])

    @cached_property
    def node(self) -> str:
        """The name of a node that works."""
        items = self._suite.ask("jobs", "nodes")["items"]
        return str(next(each["name"] for each in items if each["state"] == "live"))

    @cached_property
    def group(self) -> str:
        """The id of a group of three jobs whose callback waits."""
        group_id, later = str(new_id()), self._later()
        jobs = [self._job(run_at=later, tags=["browser"]) for _ in range(3)]
        callback = {"uid": str(new_id()), "kind": KIND, "args": {"invoice_id": str(new_id())}}
        group = {"group_id": group_id, "callback": callback, "sealed": True}
        self._suite.ask("jobs", "enqueue_many", jobs=jobs, group=group)
        return group_id

    @cached_property
    def schedule(self) -> str:
        """The id of a schedule that an operator made."""
        schedule_id = str(new_id())
        wanted = {
            "name": "Draw one each New Year",
            "cron": "0 0 1 jan *",
            "time_zone": "Asia/Tokyo",
        }
        self._suite.ask("jobs", "save_schedule", schedule_id=schedule_id, kind=KIND, **wanted)
        return schedule_id

    def _state(self, uid: str) -> str:
        return str(self._suite.ask("jobs", "job", uid=uid)["state"])

    def _found(self, state: str) -> str:
        def one() -> list[dict[str, Any]]:
            items: list[dict[str, Any]]
            items = self._suite.ask("jobs", "jobs", state=state, limit=1)["items"]
            return items

        return str(until(one, 30, f"a job is {state}")[0]["uid"])

    def _scheduled(self) -> str:
        return self.made(tags=["browser", "nightly"])

    def _blocked(self) -> str:
        return self._enqueued(needs=[self.uid("scheduled")])

    def _cancelled(self) -> str:
        uid = self.made()
        self._suite.ask("jobs", "cancel_job", job_id=uid)
        return uid

    def _enqueued(self, **more: Any) -> str:
        job = self._job(**more)
        self._suite.ask("jobs", "enqueue", **job)
        return str(job["uid"])

    @staticmethod
    def _job(**more: Any) -> dict[str, Any]:
        """A job that would draw an invoice that there is not."""
        args = {"invoice_id": str(new_id())}
        return {"uid": str(new_id()), "kind": KIND, "args": args, **more}

    @staticmethod
    def _later() -> str:
        return (datetime.now(UTC) + timedelta(days=1)).isoformat()
