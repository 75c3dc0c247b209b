"""A wrong declaration is refused where it is written, with file, kind and field."""

import uuid
from types import ModuleType
from typing import Any

import pytest

from chassis.jobkinds import Backoff, Job, WrongKind, kind, kinds_in
from tests.jobs import kinds as test_kinds


def work(job: Job) -> None:
    return None


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
    ],
)
def test_a_wrong_field_is_named(field: str, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(WrongKind, match=rf"test_jobkinds\.py: kind '{name}': {field} "):
        kind(name, **options)(work)


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


def test_calls_of_one_run_have_ids_of_their_own_that_a_replay_repeats() -> None:
    def ids_of(run_no: int) -> list[uuid.UUID]:
        asked: list[uuid.UUID] = []

        def ask(service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any) -> None:
            asked.append(call_id)

        job = Job(
            uid=uuid.UUID(int=7), id=1, run_no=run_no, attempt=1, kind="tests.x", args={},
            request_id="r", ask=ask,
        )  # fmt: skip
        job.call("billing", "invoice_print", invoice_id="1")
        job.call("billing", "invoice_print", invoice_id="1")
        return asked

    assert ids_of(1) == ids_of(1)
    assert len({*ids_of(1), *ids_of(2)}) == 4
