"""What the servers' and the nodes' own logs tell of a run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CLAIM = re.compile(r"duration: ([\d.]+) ms +statement: EXECUTE claim\b")


def claim_times(postgres_log: Path, since: int = 0) -> list[float]:
    """Milliseconds of the claims that PostgreSQL was told to log, a sample of all.

    `since` is how many bytes the log had when it began to matter.
    """
    if not postgres_log.exists():
        return []
    with postgres_log.open(errors="replace") as lines:
        lines.seek(since)
        return [float(found[1]) for line in lines if (found := _CLAIM.search(line))]


def stale_completions(folder: Path) -> int:
    """Outcomes that nodes reported and PostgreSQL refused, because the run was not theirs."""
    told = (line for log in folder.glob("*.log") for line in _said(log))
    return sum(
        int(line.get("number", 0))
        for line in told
        if line.get("event") == "stale outcomes discarded"
    )


def terms_led(log: Path) -> set[int]:
    """The terms that a service says it has led."""
    return {int(line["term"]) for line in _said(log) if line.get("event") == "leads"}


def _said(log: Path) -> Iterator[dict[str, Any]]:
    """Structured lines; what is not one, such as a stack trace of the interpreter, is left out."""
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue  # two processes wrote at once, or one died in the middle of it
