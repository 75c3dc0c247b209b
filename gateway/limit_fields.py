"""The limits of a kind of jobs as people read and type them."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from gateway.durations import seconds
from gateway.forms import Unreadable

NO_LIMIT = "none"
WITHOUT = {"queue_size": "by its pace", "node_filter": "any", "node_labels": "any"}
MEANINGS = {
    "timeout_s": ("Time-out in seconds", "A run that takes longer is ended and tried again."),
    "max_attempts": ("Tries", "After so many failures the job is dead."),
    "priority": ("Priority", "1 is first, 4 is last."),
    "max_assigned": ("Running at once", "On all nodes together."),
    "concurrency_limit": ("Running at once for the same key", "Of jobs that share the kind's key."),
    "rate_per_s": ("Starts a second", "On all nodes together; 0.5 is one every two seconds."),
    "rate_burst": ("Starts in a row", "So many may start without a gap."),
    "weight": ("Weight", "Its share where kinds compete: 2 gets twice what 1 gets."),
    "max_pending": ("Waiting jobs a worker", "With more of them it asks for another worker."),
    "queue_size": ("Held by a worker", "How many jobs a worker takes ahead, 1 to 200."),
    "node_filter": ("Names of nodes", "A regular expression that the whole name must match."),
    "node_labels": ("Labels of nodes", "What a node must carry, such as zone=eu, disk=fast."),
}
LABELS = {name: label for name, (label, _) in MEANINGS.items()}
_PAIR = re.compile(r"\s*([^=,\s]+)\s*=\s*([^=,]*?)\s*")


def shown(name: str, value: Any) -> str:
    """A limit for reading, and in words where there is none."""
    if value is None or value == {}:
        return WITHOUT.get(name, "no limit")
    return seconds(value) if name == "timeout_s" else _typed(value)


def rows(kind: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every limit of a KindView: what is declared, what counts, and whether that was changed."""
    return [
        {
            "label": label.removesuffix(" in seconds"),
            "declared": shown(name, kind["declared"].get(name)),
            "effective": shown(name, kind["effective"].get(name)),
            "is_changed": name in kind["override"],
        }
        for name, label in LABELS.items()
    ]


def values(override: Mapping[str, Any]) -> dict[str, str]:
    """What an operator changed, as it stands in the fields."""
    return {name: NO_LIMIT if value is None else _typed(value) for name, value in override.items()}


def seen(override: Mapping[str, Any]) -> str:
    """The override that a form was made over, as the form carries it along."""
    return json.dumps(override, sort_keys=True)


def read_seen(text: str | None) -> Any:
    """What `seen` wrote; what it did not write is left to the service to refuse."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def helps(declared: Mapping[str, Any]) -> dict[str, str]:
    """What each field means, and what counts while it is empty."""
    words = {name: shown(name, declared.get(name)) for name in MEANINGS}
    words["timeout_s"] = f"{declared['timeout_s']} s"  # as it is typed
    return {name: f"{help_} Declared: {words[name]}." for name, (_, help_) in MEANINGS.items()}


def readers() -> dict[str, Callable[[str], Any]]:
    """How the fields are read: "none" is no limit, labels are pairs."""
    return {name: _labels if name == "node_labels" else _limit for name in LABELS}


def _limit(text: str) -> str | None:
    return None if text.lower() == NO_LIMIT else text


def _labels(text: str) -> dict[str, str]:
    """ "zone=eu, disk=fast" as a dict; raises Unreadable."""
    if text.lower() == NO_LIMIT:
        return {}
    pairs = [_PAIR.fullmatch(each) for each in text.split(",")]
    if not all(pairs):
        raise Unreadable("Write labels as name=value, with a comma between them.")
    return {pair[1]: pair[2] for pair in pairs if pair}


def _typed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={each}" for name, each in sorted(value.items()))
    return f"{value:g}" if isinstance(value, float) else str(value)
