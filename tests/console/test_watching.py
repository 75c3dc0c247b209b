"""A progress bar tells the truth, on a terminal and off, and stops by itself."""

import io
import json

import pytest

from console.commands.jobs.watching import Screen, Watcher
from console.progress import Progress, Reading
from tests.console import answers
from tests.console.answers import KIND, UID
from tests.console.cluster import Cluster, types

Output = pytest.CaptureFixture[str]


class Clock:
    """Passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def watcher(output: io.StringIO, *, is_terminal: bool = False) -> Watcher:
    clock = Clock()
    screen = Screen(output, is_terminal=is_terminal, is_json=False)
    return Watcher(screen, every=2.0, now=clock, pause=clock.wait)


def looking_at(*left: int, total: int | None = None):
    readings = iter(Reading(left=each, total=total) for each in left)
    return lambda: next(readings)


def test_percent_speed_and_time_left_are_told():
    progress = Progress()
    progress.line(Reading(left=100), at=0.0)
    line = progress.line(Reading(left=60), at=4.0)

    assert "40 %" in line
    assert "60 left" in line
    assert "10.0/s" in line
    assert "6.0 s to go" in line


def test_the_speed_is_of_the_last_seconds_not_of_all_time():
    progress = Progress()
    for at, left in ((0.0, 1000), (20.0, 100), (25.0, 95), (31.0, 89)):
        line = progress.line(Reading(left=left), at=at)

    assert "1.0/s" in line


def test_a_backlog_that_grows_is_measured_by_its_most():
    progress = Progress()
    progress.line(Reading(left=10), at=0.0)
    progress.line(Reading(left=40), at=1.0)
    line = progress.line(Reading(left=20), at=2.0)

    assert "50 %" in line
    assert "-" not in line, "no speed is less than nothing"


def test_what_is_not_counted_out_promises_no_percent():
    line = Progress().line(Reading(left=10_000, is_counted=False, told_speed=250.0), at=0.0)

    assert "10,000+ left" in line
    assert "- %" in line
    assert "250.0/s" in line
    assert "to go" not in line


def test_a_speed_that_nobody_measured_is_not_told():
    line = Progress().line(Reading(left=10_000, is_counted=False, told_speed=0.0), at=0.0)

    assert "/s" not in line


def test_it_stops_by_itself_when_nothing_is_left():
    output = io.StringIO()

    assert watcher(output).follow(looking_at(4, 2, 0), longest=None) is True
    lines = output.getvalue().splitlines()
    assert len(lines) == 3
    assert "100 %" in lines[-1]


def test_an_empty_backlog_is_done_at_once():
    output = io.StringIO()

    assert watcher(output).follow(looking_at(0), longest=None) is True
    assert "100 %" in output.getvalue()


def test_it_stops_when_time_is_up():
    assert watcher(io.StringIO()).follow(looking_at(4, 4, 4), longest=4.0) is False


def test_a_group_that_may_grow_is_not_done():
    readings = iter([Reading(left=0, total=0, may_grow=True), Reading(left=0, total=0)])
    output = io.StringIO()

    assert watcher(output).follow(lambda: next(readings), longest=None) is True
    assert len(output.getvalue().splitlines()) == 2


def test_on_a_terminal_the_line_stays_in_its_place():
    output = io.StringIO()
    watcher(output, is_terminal=True).follow(looking_at(1000, 5, 0), longest=None)

    first, second, third = output.getvalue().split("\r")[1:]
    assert len(second) >= len(first), "nothing of the longer line before it is left"
    assert third.endswith("\n")


def test_a_kind_is_watched_until_it_has_nothing_to_do(capsys: Output):
    cluster = Cluster(kinds={"items": [answers.kind(scheduled=3), answers.kind(name="b", ready=9)]})

    assert types(cluster, "watch", "--kind", KIND) == 0
    assert "3 for later" in capsys.readouterr().out


def test_what_keeps_a_backlog_from_shrinking_is_said(capsys: Output):
    waiting = {"items": [answers.kind(ready=2, paused_at=answers.AT, nodes=0)]}

    assert types(Cluster(kinds=waiting), "watch", "--for", "0s") == 1
    shown = capsys.readouterr()
    assert f"paused: {KIND}" in shown.out
    assert f"no node runs {KIND}" in shown.out
    assert "time is up" in shown.err


@pytest.mark.parametrize(
    ("ended", "status"),
    [({"succeeded": 10}, 0), ({"succeeded": 9, "dead": 1}, 1)],
    ids=["all_succeeded", "one_died"],
)
def test_a_group_tells_by_its_status_how_it_ended(
    ended: dict[str, int], status: int, capsys: Output
):
    assert types(Cluster(group=answers.group(**ended)), "watch", "--group", UID) == status
    assert "0 left" in capsys.readouterr().out


def test_a_program_reads_the_progress_as_json(capsys: Output):
    types(Cluster(group=answers.group(succeeded=10)), "watch", "--group", UID, "--json")

    assert json.loads(capsys.readouterr().out)["total"] == 10
