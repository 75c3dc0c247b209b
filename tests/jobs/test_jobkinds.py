"""A wrong declaration is refused where it is written, with file, kind and field."""

import json
import uuid
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.jobkinds import (
    Backoff,
    Concurrency,
    Handler,
    Hooks,
    Job,
    JobKind,
    Rate,
    Schedule,
    WrongKind,
    kind,
    kinds_in,
)
from tests.jobs import kinds as test_kinds


def work(job: Job) -> None:
    return None


def declare(handler: Handler, **options: Any) -> JobKind:
    return JobKind(name="tests.x", handler=handler, file=__file__, **options)


def a_job(**further: Any) -> Job:
    described: dict[str, Any] = {
        "uid": uuid.UUID(int=7), "id": 1, "run_no": 1, "attempt": 1, "kind": "tests.x", "args": {},
        "request_id": "r", "ask": lambda *_, **__: None,
    }  # fmt: skip
    return Job(**(described | further))


@pytest.mark.parametrize(
    ("field", "name", "options"),
    [
        ("name", "Render Invoice", {}),
        ("name", "render", {}),
        ("timeout", "tests.x", {"timeout": 0}),
        ("timeout", "tests.x", {"timeout": 2.5}),
        ("timeout", "tests.x", {"timeout": True}),
        ("attempts", "tests.x", {"attempts": 101}),
        ("priority", "tests.x", {"priority": 5}),
        ("backoff", "tests.x", {"backoff": Backoff(base=10, cap=5)}),
        ("backoff", "tests.x", {"backoff": Backoff(jitter=2)}),
        ("backoff", "tests.x", {"backoff": Backoff(cap=float("inf"))}),
        ("backoff must be a Backoff", "tests.x", {"backoff": 5}),
        ("name", f"tests.{'x' * 100}", {}),
        ("queue_size", "tests.x", {"queue_size": 201}),
        ("queue_size", "tests.x", {"queue_size": 0}),
        ("max_assigned", "tests.x", {"max_assigned": 0}),
        ("max_pending", "tests.x", {"max_pending": "all"}),
        ("weight", "tests.x", {"weight": 0}),
        ("weight", "tests.x", {"weight": float("nan")}),
        ("weight", "tests.x", {"weight": 10**400}),
        ("nodes is no regular expression:", "tests.x", {"nodes": "gpu-["}),
        ("nodes uses '(?',", "tests.x", {"nodes": "(?<=a)b"}),
        (r"nodes uses '\\b',", "tests.x", {"nodes": r"\bgpu"}),
        ("nodes uses '*+',", "tests.x", {"nodes": "a*+"}),
        ("nodes", "tests.x", {"nodes": ""}),
        ("labels", "tests.x", {"labels": {"gpu": True}}),
        ("labels", "tests.x", {"labels": ["gpu"]}),
        ("concurrency key", "tests.x", {"concurrency": Concurrency(key=())}),
        ("concurrency key", "tests.x", {"concurrency": Concurrency(key="host")}),  # type: ignore[arg-type]
        ("concurrency limit", "tests.x", {"concurrency": Concurrency(("host",), limit=0)}),
        ("concurrency must be", "tests.x", {"concurrency": ("host",)}),
        ("rate per_second", "tests.x", {"rate": Rate(per_second=0)}),
        ("rate burst", "tests.x", {"rate": Rate(per_second=1, burst=0)}),
        ("unique", "tests.x", {"unique": ["invoice_id"]}),
        ("unique", "tests.x", {"unique": ("a", "a")}),
        ("unique", "tests.x", {"unique": ("a b",)}),
        ("versions", "tests.x", {"versions": (2, 1)}),
        ("versions", "tests.x", {"versions": (0, 1)}),
        ("versions", "tests.x", {"versions": 1}),
        ("schedule cron must have five fields:", "tests.x", {"schedule": Schedule("* * * * * *")}),
        ("schedule cron must have five fields:", "tests.x", {"schedule": Schedule("@daily")}),
        ("schedule cron cannot be read: Bad hour", "tests.x", {"schedule": Schedule("0 25 * * *")}),
        ("schedule cron", "tests.x", {"schedule": Schedule("0 0 31 2 *")}),
        ("schedule time_zone", "tests.x", {"schedule": Schedule("0 3 * * *", "Mars/Olympus")}),
        ("schedule time_zone", "tests.x", {"schedule": Schedule("0 3 * * *", "../etc/passwd")}),
        ("schedule missed", "tests.x", {"schedule": Schedule("0 3 * * *", missed="some")}),
        ("schedule args", "tests.x", {"schedule": Schedule("0 3 * * *", args={"at": object()})}),
        ("hooks selecting", "tests.x", {"hooks": Hooks(selecting="Due Renewals")}),
        ("hooks reporting", "tests.x", {"hooks": Hooks(reporting=work)}),  # type: ignore[arg-type]
        ("hooks starting", "tests.x", {"hooks": Hooks(starting=lambda: None)}),  # type: ignore[misc,arg-type]
        ("hooks finishing", "tests.x", {"hooks": Hooks(finishing=work)}),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_field_is_named(field: str, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(WrongKind) as refused:
        kind(name, **options)(work)
    assert f"test_jobkinds.py: kind {name!r}: {field} " in f"{refused.value} "


def test_a_handler_must_take_the_job_alone() -> None:
    def handler(job: Job, more: int) -> None:
        return None

    with pytest.raises(WrongKind, match="handler must take exactly one"):
        kind("tests.x")(handler)  # type: ignore[arg-type]  # the mistake is the point


def test_a_name_declared_twice_is_refused() -> None:
    module = ModuleType(__name__)
    first, second = (kind("tests.x")(lambda _: None) for _ in range(2))
    module.__dict__.update(first=first, second=second)
    with pytest.raises(WrongKind, match="name is taken"):
        kinds_in([module])


def test_kinds_are_found_in_the_modules_that_declare_them() -> None:
    found = kinds_in([test_kinds])
    assert found["tests.hang"].timeout == 1
    assert found["tests.hang"].as_json()["max_attempts"] == 2


def test_what_is_declared_is_what_the_jobs_service_is_told() -> None:
    declared = declare(
        work,
        queue_size=5,
        max_assigned=3,
        max_pending=100,
        weight=2.5,
        nodes=r"gpu-\d+|big",
        labels={"zone": "a"},
        concurrency=Concurrency(("account_id",), limit=2),
        rate=Rate(per_second=5.0, burst=7),
        unique=(),
        versions=(2, 3),
        schedule=Schedule("0 3 * * *", "Europe/Madrid", "skip", {"dry": True}),
        hooks=Hooks(selecting="due_renewals", reporting="renewals", starting=work),
    )
    assert declared.as_json() == {
        "name": "tests.x",
        "timeout_s": 60,
        "max_attempts": 5,
        "priority": 2,
        "backoff_base_s": 5.0,
        "backoff_factor": 2.0,
        "backoff_cap_s": 3600.0,
        "backoff_jitter": 0.2,
        "queue_size": 5,
        "max_assigned": 3,
        "max_pending": 100,
        "weight": 2.5,
        "node_filter": r"gpu-\d+|big",
        "node_labels": {"zone": "a"},
        "concurrency_key": ["account_id"],
        "concurrency_limit": 2,
        "rate_per_s": 5.0,
        "rate_burst": 7,
        "unique_by": [],
        "version_low": 2,
        "version_high": 3,
        "hooks": {"selecting": "due_renewals", "reporting": "renewals"},
        "schedule": {
            "cron": "0 3 * * *",
            "time_zone": "Europe/Madrid",
            "missed": "skip",
            "args": {"dry": True},
        },
    }


def test_a_kind_without_options_tells_that_it_has_none() -> None:
    told = declare(work).as_json()
    unset = {name for name, value in told.items() if value is None}
    assert unset == {
        "queue_size", "max_assigned", "max_pending", "node_filter", "concurrency_key",
        "concurrency_limit", "rate_per_s", "rate_burst", "unique_by", "schedule",
    }  # fmt: skip
    assert (told["version_low"], told["version_high"], told["hooks"]) == (1, 1, {})


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


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
    | st.tuples(inner) | st.tuples(inner, inner),
    max_leaves=4,
)  # fmt: skip
OPTIONS = (
    "timeout", "attempts", "backoff", "priority", "queue_size", "max_assigned", "max_pending",
    "weight", "nodes", "labels", "concurrency", "rate", "unique", "versions", "schedule", "hooks",
)  # fmt: skip
PARTS = (
    (Backoff, ("base", "factor", "cap", "jitter")),
    (Concurrency, ("key", "limit")),
    (Rate, ("per_second", "burst")),
    (Schedule, ("cron", "time_zone", "missed", "args")),
    (Hooks, ("selecting", "occupied", "starting", "finishing")),
)


@given(st.data())
def test_whatever_is_written_is_either_a_kind_that_can_be_told_or_a_wrong_one(data: Any) -> None:
    if data.draw(st.booleans()):
        options = {data.draw(st.sampled_from(OPTIONS)): data.draw(ANYTHING)}
    else:
        part, names = data.draw(st.sampled_from(PARTS))
        given_ = {"key": ("a",), "per_second": 1.0, "cron": "* * * * *"}
        first = {name: given_[name] for name in names if name in given_}
        changed = {data.draw(st.sampled_from(names)): data.draw(ANYTHING)}
        options = {part.__name__.lower(): part(**(first | changed))}
    try:
        told = declare(work, **options).as_json()
    except WrongKind:
        return
    json.dumps(told, allow_nan=False)
