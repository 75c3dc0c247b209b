"""`memberhall jobs …`: what is asked of the service, and what an operator then reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from console import main
from tests.console import answers
from tests.console.answers import KIND, OTHER, UID
from tests.console.cluster import Cluster, types

Output = pytest.CaptureFixture[str]


# Seeing


def test_the_overview_tells_who_leads_and_where_the_jobs_are(capsys: Output):
    cluster = Cluster(
        overview={
            "nodes": [answers.node(paused_at=answers.AT)],
            "kinds": [answers.kind(ready=10_000, max_assigned=3, run_ms=1500.0)],
            "leader": {"holder": "jobs@box", "term": 3, "since": answers.AT},
            "counts": {"ready": 10_000, "scheduled": 2, "running": 3, "blocked": 0, "dead": 1},
        }
    )

    assert types(cluster, "overview") == 0
    shown = capsys.readouterr().out
    assert "jobs@box, term 3" in shown
    assert "10,000+ ready, 2 scheduled, 3 running, 0 blocked, 1 dead" in shown
    assert "live, paused" in shown
    assert "1 of 3" in shown
    assert "1.5 s" in shown


def test_a_cluster_without_leader_nodes_and_kinds_says_what_is_missing(capsys: Output):
    counts = dict.fromkeys(("ready", "scheduled", "running", "blocked", "dead"), 0)
    cluster = Cluster(overview={"nodes": [], "kinds": [], "leader": None, "counts": counts})

    assert types(cluster, "overview") == 0
    shown = capsys.readouterr().out
    assert "nobody at the moment" in shown
    assert "memberhall node --name NAME" in shown


def test_a_node_that_is_growing_shows_both_numbers(capsys: Output):
    types(Cluster(nodes={"items": [answers.node(slots_wanted=8)]}), "nodes")

    assert "4 to 8" in capsys.readouterr().out


def test_one_kind_shows_what_was_changed_of_what_is_declared(capsys: Output):
    view = answers.kind_view(
        declared={"timeout_s": 60, "max_assigned": None, "rate_per_s": 5.0},
        override={"max_assigned": 3, "rate_per_s": None},
        report={"counts": {"total": 9, "pending": 2}, "at": answers.AT},
        allocation=[{"node": "anna", "slots": 2, "running": 1}],
        minutes=[
            {"minute": answers.AT, "succeeded": 60, "failed": 1, "run_ms": 12.0, "wait_ms": None}
        ],
    )

    types(Cluster(kind=view), "kinds", KIND)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["max_assigned", "-", "3"] in lines
    assert ["timeout_s", "60", "-"] in lines
    assert ["rate_per_s", "5.0", "none"] in lines, "a limit that was lifted"
    assert ["reported", "total=9,", "pending=2", "at", "2026-03-01", "12:00:00Z"] in lines
    assert ["anna", "2", "1"] in lines
    assert ["2026-03-01", "12:00:00Z", "60", "1", "12", "ms", "-"] in lines


def test_a_list_is_collected_page_by_page(capsys: Output):
    pages = [
        {"items": [answers.job()] * 100, "next_cursor": "7"},
        {"items": [answers.job()] * 30, "next_cursor": None},
    ]
    cluster = Cluster(jobs=pages)

    assert types(cluster, "list", "--state", "running", "--tag", "vip", "--limit", "150") == 0
    first, second = cluster.asked_for("jobs")
    assert (first["limit"], first["cursor"]) == (100, None)
    assert (second["limit"], second["cursor"]) == (50, "7")
    assert first["state"], first["tag"] == ("running", "vip")
    assert capsys.readouterr().out.count(UID) == 130


def test_a_list_that_was_cut_off_says_how_to_see_more(capsys: Output):
    types(Cluster(jobs={"items": [answers.job()], "next_cursor": "7"}), "list", "--limit", "1")

    assert "--limit 2" in capsys.readouterr().out


def test_a_job_is_shown_with_its_timeline_its_log_and_its_whole_error(capsys: Output):
    view = answers.job_view(
        state="dead",
        error="Traceback\n  line\nValueError: no",
        progress={"percent": 40.0, "note": "page 4", "at": answers.AT},
        timeline=[{"at": answers.AT, "what": "started", "detail": "run 1 on anna"}],
        log=[{"at": answers.AT, "run_no": 1, "text": "fetched 30 rows"}],
    )

    types(Cluster(job=view), "show", UID)
    shown = capsys.readouterr().out
    assert "40 %, page 4" in shown
    assert "run 1 on anna" in shown
    assert "fetched 30 rows" in shown
    assert "ValueError: no" in shown.splitlines()


@pytest.mark.parametrize(
    ("words", "request_name", "answer"),
    [
        (("nodes",), "nodes", {"items": [answers.node()]}),
        (("kinds",), "kinds", {"items": [answers.kind()]}),
        (("kinds", KIND), "kind", answers.kind_view()),
        (("show", UID), "job", answers.job_view()),
        (("schedules", "list"), "schedules", {"items": [answers.schedule()]}),
    ],
    ids=lambda each: "_".join(each) if isinstance(each, tuple) else None,
)
def test_programs_get_the_answer_as_json(
    words: tuple[str, ...], request_name: str, answer: object, capsys: Output
):
    types(Cluster(**{request_name: answer}), *words, "--json")

    assert json.loads(capsys.readouterr().out) == answer


# Acting


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


# Steering


@pytest.mark.parametrize("act", ["pause", "resume"])
@pytest.mark.parametrize("what", ["kind", "node"])
def test_kinds_and_nodes_are_paused_and_go_on(act: str, what: str):
    cluster = Cluster()

    assert types(cluster, act, what, "anna") == 0
    assert cluster.asked == [(f"{act}_{what}", {what: "anna"})]


def test_a_change_of_a_kind_keeps_the_changes_that_stand():
    cluster = Cluster(kind=answers.kind_view(override={"priority": 1, "max_assigned": 3}))
    types(cluster, "set", "kind", KIND, "max_assigned=", "rate_per_s=null", "node_filter=gpu-.*")

    (asked,) = cluster.asked_for("change_kind")
    assert asked == {
        "kind": KIND,
        "override": {"priority": 1, "rate_per_s": None, "node_filter": "gpu-.*"},
    }


def test_a_kind_is_put_back_to_what_is_declared(capsys: Output):
    cluster = Cluster(kind=answers.kind_view(override={"priority": 1}))
    types(cluster, "set", "kind", KIND, "--as-declared")

    assert cluster.asked_for("change_kind") == [{"kind": KIND, "override": {}}]
    assert "everything is as declared" in capsys.readouterr().out


def test_without_a_change_a_kind_is_only_shown(capsys: Output):
    cluster = Cluster(kind=answers.kind_view(override={"priority": 1}))
    types(cluster, "set", "kind", KIND)

    assert cluster.asked_for("change_kind") == []
    assert "priority=1" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "workers"), [("8", 8), ("started", None)])
def test_a_node_gets_more_workers_or_those_it_was_started_with(typed: str, workers: int | None):
    cluster = Cluster()
    types(cluster, "set", "node", "anna", "--workers", typed)

    assert cluster.asked == [("change_node", {"node": "anna", "workers": workers})]


# Schedules


def test_a_new_schedule_gets_an_identity_and_the_next_time_is_told(capsys: Output):
    cluster = Cluster(schedules=[{"items": []}, {"items": [answers.schedule()]}])
    words = ("nightly", KIND, "0 3 * * *", "--zone", "Europe/Madrid", "--missed", "skip")
    types(cluster, "schedules", "save", *words)

    (asked,) = cluster.asked_for("save_schedule")
    assert (asked["cron"], asked["time_zone"], asked["missed"]) == (
        "0 3 * * *",
        "Europe/Madrid",
        "skip",
    )
    assert "next due 2026-03-02 02:00:00Z" in capsys.readouterr().out


def test_a_schedule_of_a_known_name_is_changed_not_doubled():
    cluster = Cluster(schedules={"items": [answers.schedule()]})
    types(cluster, "schedules", "save", "nightly", KIND, "0 4 * * *")

    assert cluster.asked_for("save_schedule")[0]["schedule_id"] == UID


@pytest.mark.parametrize("act", ["remove", "pause", "resume"])
def test_schedules_are_named_not_numbered(act: str):
    cluster = Cluster(schedules={"items": [answers.schedule()]})

    assert types(cluster, "schedules", act, "nightly") == 0
    assert cluster.asked_for(f"{act}_schedule") == [{"schedule_id": UID}]


def test_a_schedule_fires_once_now(capsys: Output):
    cluster = Cluster(schedules={"items": [answers.schedule()]}, fire_now={"uid": OTHER})
    types(cluster, "schedules", "fire", "nightly")

    assert capsys.readouterr().out == f"{OTHER} is accepted\n"


def test_an_unknown_schedule_is_answered_with_those_that_there_are():
    cluster = Cluster(schedules={"items": [answers.schedule()]})

    with pytest.raises(NotFound) as refused:
        types(cluster, "schedules", "pause", "daily")
    assert "There are: nightly." in refused.value.message


def test_a_reader_who_has_seen_enough_ends_a_command_quietly():
    talking = """
from console import main
from console.commands import status
def talk(*_):
    for line in range(100_000):
        print(line)
status.run = talk
raise SystemExit(main.main(["status"]))
"""
    command = [sys.executable, "-c", talking]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_refusal_names_the_values_it_is_about():
    fields = {"/override/max_assigned": ["Must be at least 1."]}
    refused = Invalid("invalid_request", "Some of what was sent cannot be accepted.", fields)

    assert main._sentence(refused).endswith("override/max_assigned: Must be at least 1.")
