"""What happened to a job, as its page tells it."""

from collections.abc import Mapping
from typing import Any

from gateway.statuses import status_word


def history(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A JobView's timeline, newest first, with the whole error of each run that failed."""
    ended = {each["ended_at"]: each for each in job["attempts"]}
    told = [_entry(each, ended.get(each["at"])) for each in job["timeline"]]
    return told[::-1]


def _entry(moment: Mapping[str, Any], attempt: Mapping[str, Any] | None) -> dict[str, Any]:
    word, detail = status_word(moment["what"]), moment["detail"]
    if attempt is not None and moment["what"] == attempt["outcome"]:
        word, detail = f"{word}, run {attempt['run_no']}", attempt["error"]
    elif moment["what"] == "started" and detail:
        detail = f"on {detail}"
    return {"at": moment["at"], "title": word, "detail": detail}
