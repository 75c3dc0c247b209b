"""`memberhall jobs pause, resume, set, schedules`: what is asked of the service."""

import pytest

from chassis.errors import Conflict, NotFound
from tests.console import answers
from tests.console.answers import KIND, OTHER, UID
from tests.console.cluster import Cluster, types

Output = pytest.CaptureFixture[str]


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
        "instead_of": {"priority": 1, "max_assigned": 3},
    }


def test_a_change_that_somebody_else_s_came_before_is_not_made(capsys: Output):
    meanwhile = {"/override/weight": ["It was set to 2."]}
    refused = Conflict("override_changed", "Nothing was saved.", meanwhile)

    with pytest.raises(Conflict):
        types(
            Cluster(kind=answers.kind_view(), change_kind=refused), "set", "kind", KIND, "weight=3"
        )
    assert "weight" not in capsys.readouterr().out


def test_a_kind_is_put_back_to_what_is_declared(capsys: Output):
    cluster = Cluster(kind=answers.kind_view(override={"priority": 1}))
    types(cluster, "set", "kind", KIND, "--as-declared")

    assert cluster.asked_for("change_kind") == [{"kind": KIND, "override": {}, "instead_of": None}]
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
