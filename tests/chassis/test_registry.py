"""The registry finds every service by its entry point and hands out its rooms."""

import subprocess
import sys
from pathlib import Path

import pytest

from chassis import registry

ROOT = Path(__file__).parents[2]


def test_every_service_folder_is_registered() -> None:
    folders = {path.parent.name for path in (ROOT / "services").glob("*/migrations")}
    assert {entry.name for entry in registry.services()} == folders


@pytest.mark.parametrize("entry", registry.services(), ids=lambda entry: entry.name)
def test_a_service_has_its_rooms(entry: registry.ServiceEntry) -> None:
    assert entry.service_class().name == entry.name
    assert entry.settings_class().__name__ == "Settings"
    assert list(entry.migrations_folder.glob("0001_*.py"))
    assert "jobs.clock_advanced" in entry.heard_events()


def test_an_unknown_service_is_told_by_name() -> None:
    with pytest.raises(KeyError, match="nobody"):
        registry.service("nobody")


@pytest.mark.parametrize(
    "module", ["chassis.registry", "console.main", "console.supervisor", "console.processes"]
)
def test_reading_the_registry_loads_nothing_green(module: str) -> None:
    check = (
        f"import sys, {module}; from chassis import registry; registry.services(); "
        "[entry.settings_class() for entry in registry.services()]; "
        "print(sorted({'nameko', 'eventlet'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
