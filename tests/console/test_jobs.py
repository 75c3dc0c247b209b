"""`memberhall jobs enqueue, cancel, retry`: what is asked of the service, and what is then said."""

from pathlib import Path

import pytest

from chassis.errors import Conflict, NotFound
from tests.console.answers import KIND, OTHER, UID
from tests.console.cluster import Cluster, types

Output = pytest.CaptureFixture[str]


def test_a_job_is_enqueued_with_all_that_was_said(capsys: Output):
    cluster = Cluster(enqueue={"uid": UID, "repeated": False, "duplicate_of": None})
    said = (
        *(KIND, "--args", '{"invoice_id": "7"}', "--uid", UID, "--priority", "1", "--tag", "vip"),
        *("--tag", "march", "--needs", OTHER, "--at", "2026-12-24T18:00:00+01:00"),
    )

    assert types(cluster, "enqueue", *said) == 0
    (asked,) = cluster.asked_for("enqueue")
    assert asked == {
        "uid": UID,
        "kind": KIND,
        "args": {"invoice_id": "7"},
        "priority": 1,
        "tags": ["vip", "march"],
        "needs": [OTHER],
        "run_at": "2026-12-24T17:00:00Z",
    }
    assert capsys.readouterr().out == f"{UID} is accepted\n"


def test_a_job_without_a_uid_gets_one():
    cluster = Cluster(enqueue={"uid": UID, "repeated": False, "duplicate_of": None})
    types(cluster, "enqueue", KIND)
    types(cluster, "enqueue", KIND)

    first, second = cluster.asked_for("enqueue")
    assert first["uid"] != second["uid"]


def test_the_arguments_may_come_from_a_file(tmp_path: Path):
    file = tmp_path / "arguments.json"
    file.write_text('{"invoice_id": "9"}')
    cluster = Cluster(enqueue={"uid": UID, "repeated": False, "duplicate_of": None})
    types(cluster, "enqueue", KIND, "--args", f"@{file}")

    assert cluster.asked_for("enqueue")[0]["args"] == {"invoice_id": "9"}


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        ({"uid": UID, "repeated": True, "duplicate_of": None}, "had been accepted before"),
        ({"uid": UID, "repeated": False, "duplicate_of": OTHER}, f"{OTHER} does the same already"),
    ],
    ids=["repeated", "duplicate"],
)
def test_a_job_that_was_not_made_anew_says_so(
    answered: dict[str, object], said: str, capsys: Output
):
    assert types(Cluster(enqueue=answered), "enqueue", KIND) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("enqueue", KIND, "--args", "{nothing"), "is not JSON"),
        (("enqueue", KIND, "--args", "[1]"), "must be an object"),
        (("enqueue", KIND, "--args", "@/nowhere/at/all"), "cannot be read"),
        (("enqueue", KIND, "--at", "tomorrow"), "+15m"),
        (("enqueue", KIND, "--at", "2026-12-24T18:00:00"), "with a zone"),
        (("set", "kind", KIND, "max_assigned"), "must look like max_assigned=3"),
        (("set", "node", "anna", "--workers", "0"), "from 1 to 1000"),
        (("list", "--state", "lost"), "invalid choice"),
        (("list", "--limit", "0"), "at least 1"),
    ],
    ids=lambda each: "_".join(each[:2]) if isinstance(each, tuple) else None,
)
def test_a_wrong_command_line_says_what_would_be_right(
    words: tuple[str, ...], hint: str, capsys: Output
):
    with pytest.raises(SystemExit) as ended:
        types(Cluster(), *words)
    assert ended.value.code == 2
    assert hint in capsys.readouterr().err


def test_several_are_cancelled_and_one_that_refuses_does_not_keep_the_others(capsys: Output):
    gone = NotFound("job_unknown", "There is no such job.")
    states = [{"state": "cancelled"}, gone, {"state": "requested"}]

    assert types(Cluster(cancel_job=states), "cancel", UID, UID, OTHER) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        f"{UID} is cancelled",
        f"{OTHER} runs and is asked to stop",
    ]
    assert shown.err == f"{UID}: There is no such job.\n"


def test_a_job_that_is_not_dead_is_not_retried(capsys: Output):
    refused = Conflict("job_not_dead", "Only a dead job can be tried again.")

    assert types(Cluster(retry_job=refused), "retry", UID) == 1
    assert "Only a dead job" in capsys.readouterr().err


def test_all_dead_jobs_of_a_kind_are_retried(capsys: Output):
    cluster = Cluster(retry_dead=[{"number": 5_000}, {"number": 1_200}])

    assert types(cluster, "retry-dead", "--kind", KIND) == 0
    assert cluster.asked_for("retry_dead") == [{"kind": KIND}, {"kind": KIND}]
    assert "6,200" in capsys.readouterr().out
