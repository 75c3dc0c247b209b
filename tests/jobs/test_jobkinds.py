"""A wrong declaration is refused where it is written, with file, kind and field."""

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.jobkinds import (
    Backoff,
    Concurrency,
    Hooks,
    Job,
    Rate,
    Schedule,
    WrongKind,
    kind,
    kinds_in,
)
from tests.jobs import kinds as test_kinds
from tests.jobs.handling import declare, work


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
    assert f"handling.py: kind {name!r}: {field} " in f"{refused.value} "


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
