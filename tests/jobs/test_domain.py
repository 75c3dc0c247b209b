"""The words and rules of jobs."""

from datetime import UTC, datetime

import pytest

from services.jobs.domain import State, first_line, live_state, may_see, oldest_kept


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
