"""What happened to a job: newest first, with where it ran and the whole of each error."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.job_history import history, last_hour
from tests.gateway.sample_pages import work


def test_a_job_s_history_is_newest_first_with_each_run_s_node_and_whole_error() -> None:
    told = [(each["title"], each["detail"]) for each in history(work.RUNNING)]
    assert told == [
        ("Started", "on n1"),
        ("Failed, run 1", work.TRACE),
        ("Started", "on n2"),
        ("Enqueued", None),
    ]


def test_the_last_error_is_told_once() -> None:
    ended, last = history(work.BURIED)[:2]
    assert (ended["title"], ended["detail"]) == ("Dead", None)
    assert (last["title"], last["detail"]) == ("Failed, run 5", work.TRACE)


def test_an_end_that_was_no_run_s_keeps_its_own_words() -> None:
    job = work.whole(work.JOBS[5], timeline=[work.moment("cancelled", "by hand", minutes=1)])
    assert [(each["title"], each["detail"]) for each in history(job)] == [("Cancelled", "by hand")]


def test_an_hour_has_sixty_minutes_of_the_readers_clock_also_where_nothing_ended() -> None:
    now = datetime(2026, 11, 21, 9, 30, 44, tzinfo=UTC)
    minutes = [
        {"minute": "2026-11-21T08:30:00Z", "succeeded": 9, "failed": 9},
        {"minute": "2026-11-21T08:31:00Z", "succeeded": 7, "failed": 1},
        {"minute": "2026-11-21T09:30:00Z", "succeeded": 3, "failed": 0},
    ]
    told = last_hour(minutes, now, ZoneInfo("Europe/Paris"))
    assert len(told) == 60
    assert (told[0], told[1], told[-1]) == (("09:31", 7, 1), ("09:32", 0, 0), ("10:30", 3, 0))
