"""The words and rules of jobs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.jobs.domain import State, first_line, live_state, may_see, oldest_kept
from services.jobs.domain.limits import changes, effective, faults


def test_a_word_for_a_live_state_is_told_from_a_word_for_an_end() -> None:
    assert live_state("running") is State.RUNNING
    assert live_state("dead") is None


@pytest.mark.parametrize(
    ("is_insider", "account", "of_job", "seen"),
    [
        (True, None, "a", True),
        (False, "a", "a", True),
        (False, "a", "b", False),
        (False, "a", None, False),
        (False, None, None, False),
    ],
)
def test_a_member_sees_the_jobs_of_their_own_account_alone(
    is_insider: bool, account: str | None, of_job: str | None, seen: bool
) -> None:
    answer = may_see(is_insider=is_insider, account_id=account, job_account_id=of_job)
    assert answer is seen


def test_history_is_kept_by_whole_days() -> None:
    now = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
    assert oldest_kept(now, 30) == datetime(2026, 10, 22, tzinfo=UTC)


def test_a_reason_is_the_first_line_cut_to_length() -> None:
    assert first_line("ValueError: no\nTraceback …") == "ValueError: no"
    assert first_line("x" * 999, 10) == "x" * 10
    assert first_line("") == ""


def test_what_an_operator_changes_counts_before_what_is_declared() -> None:
    declared = {"timeout_s": 60, "max_assigned": 4}
    assert effective(declared, {"max_assigned": None}) == {"timeout_s": 60, "max_assigned": None}


@pytest.mark.parametrize(
    ("declared", "override", "field"),
    [
        ({}, {"concurrency_limit": 3}, "concurrency_limit"),
        ({"concurrency_key": ["a"], "concurrency_limit": 1}, {"concurrency_limit": None},
         "concurrency_limit"),
        ({}, {"rate_per_s": 2.0}, "rate_burst"),
        ({"rate_per_s": 1.0, "rate_burst": 1}, {"rate_per_s": None}, "rate_per_s"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_go_with_the_kind_is_named(
    declared: dict[str, Any], override: dict[str, Any], field: str
) -> None:
    assert [name for name, _ in faults(declared, override)] == [field]


@pytest.mark.parametrize(
    ("declared", "override"),
    [
        ({}, {}),
        ({}, {"rate_per_s": 2.0, "rate_burst": 1}),
        ({"rate_per_s": 1.0, "rate_burst": 1}, {"rate_per_s": None, "rate_burst": None}),
        ({"concurrency_key": ["a"], "concurrency_limit": 1}, {"concurrency_limit": 9}),
    ],
)
def test_a_change_that_goes_with_the_kind_has_no_fault(
    declared: dict[str, Any], override: dict[str, Any]
) -> None:
    assert not list(faults(declared, override))


def test_what_two_changes_have_otherwise_is_told_by_limit() -> None:
    seen = {"weight": 2.0, "priority": 1, "queue_size": None}
    stands = {"weight": 2, "queue_size": 5, "max_assigned": None}
    assert dict(changes(seen, stands)) == {
        "max_assigned": "was lifted",
        "priority": "is as declared again",
        "queue_size": "was set to 5",
    }
    assert list(changes(seen, seen)) == []
