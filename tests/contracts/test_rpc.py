"""Requests are contracts: whoever asks a service asks what it answers, as it wants to be asked."""

import pytest

from chassis import registry
from tests.contracts.calls import Call, NotUnderstood, calls_in
from tests.contracts.source import Source, sources

SERVICES = frozenset(entry.name for entry in registry.services())
CALLS = calls_in(sources(), SERVICES)


def faults_of(call: Call) -> list[str]:
    """What the services asked would not accept, each as a sentence."""
    asked = [call.service] if call.service else sorted(SERVICES)
    return [f"{call.where}: {fault}" for service in asked for fault in _faults(service, call)]


def _faults(service: str, call: Call) -> list[str]:
    name = f"{service}.{call.method}"
    door = getattr(registry.service(service).service_class(), call.method, None)
    if door is None or not hasattr(door, "callers"):
        return [f"there is no request {name}"]
    shape = door.loads
    taken = {each.data_key or name: each.required for name, each in shape.load_fields.items()}
    unknown = sorted((call.gives | call.may) - taken.keys())
    missing = sorted({each for each, required in taken.items() if required} - call.gives)
    faults = [f"{name} takes no {each}" for each in unknown]
    faults += [f"{name} needs {each}" for each in missing]
    if door.callers and call.principal not in door.callers:
        faults.append(f"{name} is not for {call.principal}")
    return faults


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.where}-{call.method}")
def test_a_call_is_one_that_the_service_answers(call: Call) -> None:
    assert not faults_of(call)


def test_calls_are_found_in_every_kind_of_process() -> None:
    assert {call.principal for call in CALLS} >= {"gateway", "node", "notifications"}


def read(text: str, path: str = "gateway/written.py") -> list[str]:
    """The faults of a source like this, which need not exist."""
    source = Source(path, text)
    # As an import would find it.
    vars(source)["names"] = {"PAIRS": [("jobs", "overview"), ("jobs", "jbs")]}
    return [fault for call in calls_in([source], SERVICES) for fault in faults_of(call)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('access.ask("billing", "invoices", limt=5)', "billing.invoices takes no limt"),
        ('access.ask("billing", "invoice")', "billing.invoice needs invoice_id"),
        ('access.ask("billing", "bills")', "there is no request billing.bills"),
        ('access.ask("billing", "verify_messages")', "there is no request billing.verify_messages"),
        ('access.ask("auth", "mail_secret", token_id=1)', "auth.mail_secret is not for gateway"),
        ('anything("jobs", "job")', "jobs.job needs uid"),
        ('access.begin(somewhere, "dead_leters")', "there is no request auth.dead_leters"),
        (
            'def page():\n made = {"id": 1}\n access.ask("jobs", "overview", **made)',
            "jobs.overview takes no id",
        ),
        (
            'def page():\n access.ask("auth", "confirm" if 1 else "confirm_code", token=1)',
            "auth.confirm_code takes no token",
        ),
        ('def page(name):\n ask(name, "clock_readin")', "there is no request auth.clock_readin"),
        (
            "def page():\n for service, request in PAIRS:\n  ask(service, request)",
            "there is no request jobs.jbs",
        ),
    ],
)
def test_a_wrong_call_is_noticed(text: str, fault: str) -> None:
    forwarder = "def ask(service, method, /, **rest):\n return bus.begin(service, method, **rest)\n"

    assert any(each.endswith(fault) for each in read(forwarder + text))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('def page(name):\n bus.begin("jobs", name)', "Write its name as text"),
        ('def page(asked):\n bus.begin("jobs", "jobs", **asked)', "keys written out"),
        ('def page(a):\n bus.begin("jobs", "jobs", **wanted(a))', "cannot be read ahead of time"),
    ],
)
def test_a_call_too_clever_to_check_says_what_to_do(text: str, advice: str) -> None:
    with pytest.raises(NotUnderstood, match=advice):
        read(text)
