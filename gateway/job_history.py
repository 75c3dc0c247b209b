"""What happened to a job and to a kind's jobs, as their pages tell it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gateway.statuses import status_word


def history(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A JobView's timeline, newest first, with the whole error of each run that failed."""
    ended = {each["ended_at"]: each for each in job["attempts"]}
    told = [_entry(each, ended.get(each["at"])) for each in job["timeline"]]
    if ended and told[-1]["title"] == status_word("dead"):
        told[-1]["detail"] = None  # the last run's error stands at that run
    return told[::-1]


def _entry(moment: Mapping[str, Any], attempt: Mapping[str, Any] | None) -> dict[str, Any]:
    word, detail = status_word(moment["what"]), moment["detail"]
    if attempt is not None and moment["what"] == attempt["outcome"]:
        word, detail = f"{word}, run {attempt['run_no']}", attempt["error"]
    elif moment["what"] == "started" and detail:
        detail = f"on {detail}"
    return {"at": moment["at"], "title": word, "detail": detail}


def last_hour(
    minutes: Iterable[Mapping[str, Any]], now: datetime, zone: tzinfo
) -> list[tuple[str, int, int]]:
    """Sixty minutes up to `now` (real time): the zone's clock, what was done, what failed.

    `minutes` are KindMinutes; those in which nothing ended are not among them.
    """
    told = {datetime.fromisoformat(each["minute"]): each for each in minutes}
    last = now.replace(second=0, microsecond=0)
    hour = [last - timedelta(minutes=before) for before in range(59, -1, -1)]
    return [(at.astimezone(zone).strftime("%H:%M"), *_ended(told.get(at))) for at in hour]


def _ended(minute: Mapping[str, Any] | None) -> tuple[int, int]:
    return (minute["succeeded"], minute["failed"]) if minute else (0, 0)
