"""Every process of the registry runs under compose just as `make up` runs it, from one image."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from console import handing_out
from console.processes import SANDBOX_MODE, ProcessEntry, processes
from tests.processes import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
EVERY_PROCESS = processes(SANDBOX_MODE)
DRAINS_FOR = 25  # seconds, at most
NOBODY = 10001

each_process = pytest.mark.parametrize("entry", EVERY_PROCESS, ids=lambda entry: entry.name)


def ours() -> dict[str, dict[str, Any]]:
    """Compose's services that run our image."""
    services = COMPOSE["services"].items()
    return {name: each for name, each in services if "memberhall" in each["image"]}


def default_of(setting: str) -> str:
    """What compose makes of "${NAME:-default}" where nobody says otherwise."""
    return re.sub(r"\$\{\w+:?-?([^}]*)\}", r"\1", setting)


def port_of(address: str) -> int:
    """Of "8080" or "0.0.0.0:8080"."""
    return int(address.rpartition(":")[2])


@each_process
def test_compose_runs_the_same_command(entry: ProcessEntry):
    assert tuple(ours()[entry.name]["command"]) == entry.command


@each_process
def test_compose_asks_the_process_itself_whether_it_is_ready(entry: ProcessEntry):
    service = ours()[entry.name]
    port = port_of(service["environment"][entry.port])

    assert f"'http://127.0.0.1:{port}{entry.ready}'" in service["healthcheck"]["test"][-1]


@each_process
def test_compose_leaves_the_process_time_to_drain(entry: ProcessEntry):
    assert int(ours()[entry.name]["stop_grace_period"].removesuffix("s")) >= DRAINS_FOR + 10


@each_process
def test_compose_hands_the_process_its_own_secrets_only(entry: ProcessEntry):
    assert ours()[entry.name]["volumes"] == [f"{entry.name}-secrets:/handed:ro"]


@each_process
def test_compose_starts_the_process_after_what_it_needs(entry: ProcessEntry):
    if not entry.needs:
        return
    awaited = ours()[entry.name]["depends_on"]
    servers = {"rabbitmq" if each == "broker" else each for each in entry.needs}

    assert servers <= {
        name for name, how in awaited.items() if how["condition"] == "service_healthy"
    }
    assert awaited["migrate"] == {"condition": "service_completed_successfully"}


def test_compose_runs_nothing_that_the_registry_does_not_know():
    once = {"secrets", "migrate", "seed", "console"}

    assert set(ours()) == {entry.name for entry in EVERY_PROCESS} | once


@pytest.mark.parametrize("name", ours())
def test_compose_gives_nobody_more_rights_than_needed(name: str):
    service = ours()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "user" not in service, "the image's own user, who is not root"


def test_only_the_gateway_and_the_sandbox_are_published():
    published = {name for name, each in COMPOSE["services"].items() if "ports" in each}

    assert published == {"gateway", "sandbox"}


def test_only_what_is_no_process_of_production_needs_a_profile():
    profiles = {name: each["profiles"] for name, each in ours().items() if "profiles" in each}

    assert profiles == {"sandbox": ["sandbox"], "seed": ["sandbox"], "console": ["console"]}


def test_the_secrets_of_all_are_handed_out():
    handed = {volume.split(":")[1] for volume in ours()["secrets"]["volumes"]}
    recipients = {entry.name for entry in EVERY_PROCESS} | {"secrets", "console", "migrate"}

    assert handed == {f"/handed/{name}" for name in recipients}


def test_production_accepts_no_default_of_compose():
    """Every default with which the suite could be taken for a real one is refused."""
    environment = ours()["secrets"]["environment"]
    defaults = {name: default_of(value) for name, value in environment.items()}
    harmless = {
        "MEMBERHALL_MODE",
        "MEMBERHALL_LOG_LEVEL",
        "MEMBERHALL_QUEUE_TYPE",
        "MEMBERHALL_HEALTH_HOST",
    }

    assert handing_out.stand_ins(defaults) == []
    production = {**defaults, "MEMBERHALL_MODE": "production"}
    assert set(handing_out.stand_ins(production)) == set(defaults) - harmless


def test_handing_out_gives_each_its_own_and_keeps_them(tmp_path: Path):
    given = {
        "MEMBERHALL_ADMIN_DATABASE_URL": "postgresql://postgres:secret@postgres:5432/postgres",
        "MEMBERHALL_ADMIN_BROKER_API_URL": "http://admin:secret@rabbitmq:15672",
    }
    handing_out.hand_out(tmp_path, given)
    first = {file: file.read_text() for file in tmp_path.glob("*/environment")}
    handing_out.hand_out(tmp_path, given)

    assert {file: file.read_text() for file in tmp_path.glob("*/environment")} == first
    private = re.compile(r"MEMBERHALL_(\w+)_PRIVATE_KEY")
    keys = {file.parent.name: private.findall(text) for file, text in first.items()}
    everybody = keys.pop("secrets")
    assert keys.pop("migrate") == keys.pop("sandbox") == []
    assert keys == {name.lower(): [name] for name in everybody}
    admin = {file.parent.name for file, text in first.items() if "_ADMIN_" in text}
    assert admin == {"secrets", "migrate"}


# The image


def test_the_image_runs_as_nobody_in_particular():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert f"USER {NOBODY}" in lines


def test_the_image_takes_no_secret_and_no_machines_own_files_in():
    left_out = (ROOT / ".dockerignore").read_text().splitlines()

    assert {".git", ".env", ".memberhall", ".venv", "node_modules"} <= set(left_out)
