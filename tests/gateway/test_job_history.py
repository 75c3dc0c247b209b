"""What happened to a job: newest first, with where it ran and the whole of each error."""

from gateway.job_history import history
from tests.gateway.sample_pages import work


def test_a_job_s_history_is_newest_first_with_each_run_s_node_and_whole_error() -> None:
    told = [(each["title"], each["detail"]) for each in history(work.RUNNING)]
    assert told == [
        ("Started", "on n1"),
        ("Failed, run 1", work.TRACE),
        ("Started", "on n2"),
        ("Enqueued", None),
    ]


def test_an_end_that_was_no_run_s_keeps_its_own_words() -> None:
    job = work.whole(work.JOBS[5], timeline=[work.moment("cancelled", "by hand", minutes=1)])
    assert [(each["title"], each["detail"]) for each in history(job)] == [("Cancelled", "by hand")]
