"""`memberhall jobs schedules`: jobs that are asked for again and again."""

import argparse
from collections.abc import Mapping
from typing import Any

from chassis.ids import new_id
from console.commands.jobs.acting import arguments_of
from console.commands.jobs.answers import Acts, Asking, add_act, add_listing, found, show
from console.tables import moment, table

Plain = Mapping[str, Any]

MISSED = ("skip", "one", "all")


def add_acts(acts: Acts) -> None:
    group = acts.add_parser("schedules", help="jobs that are asked for again and again")
    each = group.add_subparsers(dest="schedules_act", required=True, metavar="act")
    add_listing(each, "list", "every schedule and when it is next due", list_schedules)
    _add_save(each)
    for name, says, carry_out in (
        ("remove", "delete a schedule that operators made", remove),
        ("pause", "let what falls due pass", pause),
        ("resume", "fire again when due", resume),
        ("fire", "ask for its job once now; the next time stays", fire),
    ):
        add_act(each, name, says, carry_out).add_argument("name")


def _add_save(acts: Acts) -> None:
    act = add_act(acts, "save", "make a schedule, or change the one of this name", save)
    act.add_argument("name")
    act.add_argument("kind")
    act.add_argument("cron", help='minute hour day month weekday, such as "0 3 * * *"')
    act.add_argument("--zone", default="UTC", help="such as Europe/Madrid (UTC)")
    act.add_argument("--missed", choices=MISSED, default="one", help="times nobody was there (one)")
    act.add_argument("--args", type=arguments_of, default={}, metavar="JSON")


def list_schedules(options: argparse.Namespace, asking: Asking) -> int:
    answer = asking.ask("jobs", "schedules")
    return show(options, answer, _lines(answer["items"]))


def save(options: argparse.Namespace, asking: Asking) -> int:
    existing = {each["name"]: each for each in asking.ask("jobs", "schedules")["items"]}
    known = existing.get(options.name)
    asking.ask(
        *("jobs", "save_schedule"),
        schedule_id=known["schedule_id"] if known else str(new_id()),
        name=options.name,
        kind=options.kind,
        cron=options.cron,
        time_zone=options.zone,
        missed=options.missed,
        args=options.args,
    )
    saved = _named(options, asking)
    print(f"{options.name} is saved and next due {moment(saved['next_fire_at'])}")
    return 0


def remove(options: argparse.Namespace, asking: Asking) -> int:
    asking.ask("jobs", "remove_schedule", schedule_id=_named(options, asking)["schedule_id"])
    print(f"{options.name} is removed")
    return 0


def pause(options: argparse.Namespace, asking: Asking) -> int:
    asking.ask("jobs", "pause_schedule", schedule_id=_named(options, asking)["schedule_id"])
    print(f"{options.name} is paused")
    return 0


def resume(options: argparse.Namespace, asking: Asking) -> int:
    asking.ask("jobs", "resume_schedule", schedule_id=_named(options, asking)["schedule_id"])
    print(f"{options.name} is next due {moment(_named(options, asking)['next_fire_at'])}")
    return 0


def fire(options: argparse.Namespace, asking: Asking) -> int:
    schedule_id = _named(options, asking)["schedule_id"]
    fired = asking.ask("jobs", "fire_now", schedule_id=schedule_id, uid=str(new_id()))
    print(f"{fired['uid']} is accepted")
    return 0


def _named(options: argparse.Namespace, asking: Asking) -> Plain:
    return found(asking.ask("jobs", "schedules")["items"], "schedule", options.name)


def _lines(items: list[Plain]) -> list[str]:
    if not items:
        return ["There is no schedule."]
    titles = ("schedule", "kind", "cron", "zone", "missed", "last", "next", "made by", "state")
    return table(titles, map(_cells, items))


def _cells(schedule: Plain) -> list[Any]:
    return [
        *(schedule[each] for each in ("name", "kind", "cron", "time_zone", "missed")),
        *(moment(schedule[each]) for each in ("last_fire_at", "next_fire_at")),
        "code" if schedule["is_declared"] else "operators",
        "paused" if schedule["paused_at"] else None,
    ]
