"""What a handler is given, and what stands around it."""

import uuid
from typing import Any

import pytest

from chassis.jobkinds import Hooks, Job
from tests.jobs.handling import declare, work


def a_job(**further: Any) -> Job:
    described: dict[str, Any] = {
        "uid": uuid.UUID(int=7), "id": 1, "run_no": 1, "attempt": 1, "kind": "tests.x", "args": {},
        "request_id": "r", "ask": lambda *_, **__: None,
    }  # fmt: skip
    return Job(**(described | further))


def test_starting_and_finishing_stand_around_the_handler() -> None:
    seen: list[object] = []

    def finishing(job: Job, error: BaseException | None) -> None:
        seen.append(error)

    def handler(job: Job) -> dict[str, Any]:
        seen.append("handler")
        return {"done": True}

    hooks = Hooks(starting=lambda _: seen.append("starting"), finishing=finishing)
    assert declare(handler, hooks=hooks).run(a_job()) == {"done": True}
    assert seen == ["starting", "handler", None]


def test_what_starting_or_the_handler_raises_is_told_to_finishing_and_fails_the_run() -> None:
    told: list[str] = []

    def finishing(job: Job, error: BaseException | None) -> None:
        told.append(repr(error))
        raise OSError("finishing is broken as well")

    def refuse(job: Job) -> None:
        raise ValueError("no such invoice")

    for declared in (
        declare(refuse, hooks=Hooks(finishing=finishing)),
        declare(work, hooks=Hooks(starting=refuse, finishing=finishing)),
    ):
        with pytest.raises(ValueError, match="no such invoice"):
            declared.run(a_job())
    assert told == ["ValueError('no such invoice')"] * 2


def test_a_finishing_that_fails_fails_a_run_that_had_succeeded() -> None:
    def finishing(job: Job, error: BaseException | None) -> None:
        raise OSError("the books are closed")

    with pytest.raises(OSError, match="the books are closed"):
        declare(work, hooks=Hooks(finishing=finishing)).run(a_job())


@pytest.mark.parametrize(
    ("said", "told"), [(50, 50.0), (-1, 0.0), (1e9, 100.0), (float("nan"), 0.0)]
)
def test_progress_stays_between_nothing_and_all(said: float, told: float) -> None:
    heard: list[tuple[float, str]] = []
    job = a_job(tell_progress=lambda percent, note: heard.append((percent, note)))
    job.progress(said, "half\x00way" + "y" * 300)
    assert heard == [(told, ("half\ufffdway" + "y" * 300)[:200])]


def test_lines_are_kept_with_the_job_up_to_their_number_and_length() -> None:
    lines: list[str] = []
    job = a_job(keep_line=lines.append)
    job.log("charged", invoice="7", note="\ud800")
    for _ in range(300):
        job.log("x" * 600)
    assert lines[0] == "charged invoice=7 note=?"
    assert len(lines) == 200
    assert {len(line) for line in lines[1:-1]} == {500}
    assert lines[-1] == "further lines are only in the node's log"


def test_a_line_may_have_a_value_called_like_what_names_the_job() -> None:
    lines: list[str] = []
    a_job(keep_line=lines.append).log("refunded", kind="partial", message="thanks")
    assert lines == ["refunded kind=partial message=thanks"]


def test_a_call_that_is_made_once_a_job_has_one_id_in_every_run() -> None:
    def ids_of(run_no: int) -> list[uuid.UUID]:
        asked: list[uuid.UUID] = []
        job = a_job(run_no=run_no, ask=lambda *_, call_id, **__: asked.append(call_id))
        for key in ("1", "2"):
            job.call_once("billing", "renew", key)
        job.call_once("billing", "close", "1")
        return asked

    assert ids_of(1) == ids_of(2)
    assert len(set(ids_of(1))) == 3


def test_calls_of_one_run_have_ids_of_their_own_that_a_replay_repeats() -> None:
    def ids_of(run_no: int) -> list[uuid.UUID]:
        asked: list[uuid.UUID] = []

        def ask(service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any) -> None:
            asked.append(call_id)

        job = a_job(run_no=run_no, ask=ask)
        job.call("billing", "invoice_print", invoice_id="1")
        job.call("billing", "invoice_print", invoice_id="1")
        return asked

    assert ids_of(1) == ids_of(1)
    assert len({*ids_of(1), *ids_of(2)}) == 4
