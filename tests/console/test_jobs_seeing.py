"""`memberhall jobs overview, nodes, kinds, list, show`: what an operator then reads."""

import json

import pytest

from tests.console import answers
from tests.console.answers import KIND, UID
from tests.console.cluster import Cluster, types

Output = pytest.CaptureFixture[str]


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
