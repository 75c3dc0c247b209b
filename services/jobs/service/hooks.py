"""Asking services about their kinds: what there is to do, what may run, what to try again.

Each kind is asked in a thread of its own and not again before it has answered: a service that is
slow, away or wrong harms nobody but its own kinds.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import Schema
from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.errors import Failure
from chassis.ids import new_id
from chassis.logs import log
from chassis.shapes import load, plain
from services.jobs import commands, queries, schemas
from services.jobs.adapters import NodeBell
from services.jobs.commands import Petitioner
from services.jobs.queries import HookedKind
from services.jobs.schemas.hooks import MOST_RELAUNCHED, MOST_SELECTED
from services.jobs.service import measures
from services.jobs.service.leadership import Leadership, NotLeading
from services.jobs.settings import Settings

Ask = Callable[..., Any]
"""The bus client's call: (service, request, caller=, deadline=, **arguments)."""

MOST_ASKED = 200  # jobs in one question for permission


class HookRounds:
    """One leader's questions, round after round."""

    def __init__(
        self, leadership: Leadership, bell: NodeBell, ask: Ask, settings: Settings
    ) -> None:
        self._leadership = leadership
        self._bell = bell
        self._settings = settings
        self._question = _Question(ask, settings)
        self._under_way: dict[str, threading.Thread] = {}
        self._selected: dict[str, set[str]] = {}
        self._reported: dict[str, float] = {}

    def begin(self) -> None:
        """Start a round for each kind whose last one has ended, and ask for new permissions."""
        kinds, petitioners = self._leadership.run(self._look)
        for kind in kinds:
            if not kind.is_paused:
                self._start(kind.name, self._round, kind)
        self._begin_allowing({kind.name: kind for kind in kinds}, petitioners)
        self._under_way = {name: each for name, each in self._under_way.items() if each.is_alive()}

    def wait(self) -> None:
        """Until every round has ended; for whoever stops or tests."""
        for thread in list(self._under_way.values()):
            thread.join()

    def _start(self, name: str, work: Callable[..., None], *given: Any) -> None:
        before = self._under_way.get(name)
        if before is None or not before.is_alive():
            thread = threading.Thread(target=work, args=given, name=f"hooks {name}", daemon=True)
            self._under_way[name] = thread
            thread.start()

    def _look(self, session: Session) -> tuple[list[HookedKind], list[Petitioner]]:
        again_in = self._settings.permission_seconds
        return queries.hooked_kinds(session), commands.take_petitioners(session, again_in=again_in)

    def _begin_allowing(
        self, kinds: Mapping[str, HookedKind], petitioners: Sequence[Petitioner]
    ) -> None:
        by_kind: dict[str, list[Petitioner]] = defaultdict(list)
        for petitioner in petitioners:
            by_kind[petitioner.kind].append(petitioner)
        for name, asking in by_kind.items():
            kind = kinds.get(name)
            if kind is None or "allowing" not in kind.hooks:
                # The kind had the hook when these came and has it no more: nobody can forbid them.
                self._permit([each.id for each in asking])
            elif not kind.is_paused:
                # A thread for these alone: they were taken now, and no other round will ask.
                self._start(f"{name} {new_id()}", self._allow_all, kind, asking)

    def _round(self, kind: HookedKind) -> None:
        for hook, work in (
            ("selecting", self._select),
            ("relaunching", self._relaunch),
            ("reporting", self._report),
        ):
            if hook in kind.hooks:
                self._guarded(kind, hook, work, kind)

    def _guarded(self, kind: HookedKind, hook: str, work: Callable[..., None], *given: Any) -> None:
        """Do it, and let no failure of one hook reach another."""
        outcome = "done"
        try:
            work(*given)
        except NotLeading:
            outcome = "not leading"
        except Failure as failure:
            outcome = "failed"
            log.warning("hook failed", kind=kind.name, hook=hook, reason=str(failure))
        except Exception as error:  # noqa: BLE001 - one service's defect is not the leader's
            outcome = "failed"
            log.error("hook failed", kind=kind.name, hook=hook, exc_info=error)
        measures.hooks.labels(kind.name, hook, outcome).inc()

    def _select(self, kind: HookedKind) -> None:
        """Fill the kind's backlog with what its service selects.

        A service reads its table before it answers, and by then a job may have ended that the
        answer still names. Keys that were live before the question are therefore passed over; a new
        leader knows none yet, and its first answer only tells it which to look after.
        """
        known = self._selected.get(kind.name)
        room = self._room(kind, known or set())
        if room <= 0:
            return
        before = self._leadership.run(queries.live_keys, kind=kind.name, keys=known or ())
        answer = self._question.put(kind, "selecting", schemas.Selected(), limit=room)
        items = answer["items"][:room]
        if known is None:
            self._selected[kind.name] = {item["key"] for item in items}
            return
        fresh = [item for item in items if item["key"] not in before]
        accepted = self._leadership.run(commands.store_selected, kind=kind.name, items=fresh)
        self._selected[kind.name] = before | {item["key"] for item in fresh}
        if any(each.is_new for each in accepted):
            self._bell.ring([kind.name])

    def _room(self, kind: HookedKind, known: set[str]) -> int:
        left = kind.room - self._leadership.run(queries.waiting, kind=kind, keys=known)
        if left > 0 and "occupied" in kind.hooks:
            left -= self._question.put(kind, "occupied", schemas.Occupied())["number"]
        return min(left, MOST_SELECTED)

    def _relaunch(self, kind: HookedKind) -> None:
        answer = self._question.put(
            kind, "relaunching", schemas.Relaunched(), limit=MOST_RELAUNCHED
        )
        uids = answer["uids"][:MOST_RELAUNCHED]
        if uids and self._leadership.run(commands.relaunch, kind=kind.name, uids=uids):
            self._bell.ring([kind.name])

    def _report(self, kind: HookedKind) -> None:
        last = self._reported.get(kind.name)
        now = time.monotonic()
        if last is not None and now - last < self._settings.report_seconds:
            return
        self._reported[kind.name] = now
        counts = self._question.put(kind, "reporting", schemas.Reported())
        self._leadership.run(commands.keep_report, kind_id=kind.kind_id, counts=counts)

    def _allow_all(self, kind: HookedKind, petitioners: Sequence[Petitioner]) -> None:
        for first in range(0, len(petitioners), MOST_ASKED):
            asked = petitioners[first : first + MOST_ASKED]
            self._guarded(kind, "allowing", self._allow, kind, asked)

    def _allow(self, kind: HookedKind, petitioners: Sequence[Petitioner]) -> None:
        jobs = [
            {"uid": each.uid, "account_id": each.account_id, "args": each.args}
            for each in petitioners
        ]
        answer = self._question.put(kind, "allowing", schemas.Allowed(), jobs=plain(jobs))
        allowed = set(answer["allowed"])
        self._permit([each.id for each in petitioners if each.uid in allowed])

    def _permit(self, ids: Sequence[int]) -> None:
        if ids:
            self._bell.ring(self._leadership.run(commands.permit, ids=ids))


class _Question:
    """How a kind's service is asked, in the name of jobs."""

    def __init__(self, ask: Ask, settings: Settings) -> None:
        self._ask = ask
        self._deadline = settings.hook_deadline

    def put(self, kind: HookedKind, hook: str, shape: Schema, **arguments: Any) -> dict[str, Any]:
        """The answer, in its shape; raises the five failures."""
        service = kind.name.partition(".")[0]
        caller = Caller(principal="jobs", request_id=f"{hook}-{new_id()}")
        answer = self._ask(
            service, kind.hooks[hook], caller=caller, deadline=self._deadline, **arguments
        )
        return load(shape, answer)
