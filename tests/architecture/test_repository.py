"""What no file of the repository may hold, and how its folders are laid out."""

import re
import subprocess
from pathlib import Path

import pytest

from chassis import registry
from tests.processes import ROOT

# Where somebody's own machine shows: these folders mean nothing on another.
# Built from parts, so that this file is not found itself.
PLACES = re.compile("(?<![\\w.$}-])/" + r"(?:work|root|home/[a-z]+|Users/[A-Za-z]+)/")
ADDRESS = re.compile(r"https?://|registry\.|@git\+")
UNNAMED = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "shared"}
ROOMS = {
    *("service", "commands", "queries", "domain", "events", "schemas", "models", "settings"),
    *("adapters", "tasks", "migrations", "templates"),
}
CODE = ("chassis", "console", "gateway", "sandbox", "services", "tests", "benchmarks", "modules")
# The jobs service alone has one more: its other process.
MORE_ROOMS = {"jobs": {"node"}}


def tracked() -> list[Path]:
    """The repository's files; in a copy without git, the code and what lies at its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        folders = [ROOT / name for name in (*CODE, "deploy", "docs")]
        files = [each for each in ROOT.iterdir() if each.is_file()]
        files += [each for folder in folders for each in folder.rglob("*")]
    return [file for file in files if file.is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for file in tracked():
        try:
            found.append((file.relative_to(ROOT), file.read_text()))
        except UnicodeDecodeError:
            continue  # a picture
    return found


def python_files() -> list[Path]:
    return [file for file in tracked() if file.suffix == ".py"]


def test_no_file_names_a_place_of_somebodys_machine():
    found = {str(file) for file, text in texts() if PLACES.search(text)}

    assert not found


def test_lock_files_name_no_host():
    locks = {*ROOT.glob("*.lock"), ROOT / "package-lock.json"}
    lines = [line for lock in locks for line in lock.read_text().splitlines()]
    # What npm says about a package's funding is an address of its authors, not one to install from.
    installing = [line for line in lines if '"url":' not in line]

    assert len(locks) >= 3
    assert not [line for line in installing if ADDRESS.search(line)]


def test_every_locked_python_package_has_its_hashes():
    for lock in ROOT.glob("*.lock"):
        text = lock.read_text()
        named = re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE)
        hashed = re.findall(r"^[\w.-]+==[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(named) == len(hashed) > 0


def test_files_are_named_after_what_they_are_about():
    unnamed = [
        file for file in python_files() if file.stem in UNNAMED or file.parent.name in UNNAMED
    ]

    assert not unnamed


def test_the_registry_is_the_only_list_of_services():
    """A list of all services in code, by hand, would not know a module of a third party."""
    names = [entry.name for entry in registry.services()]
    quoted = [re.compile(rf"[\"']{name}[\"']") for name in names]
    shipped = [file for file in python_files() if file.relative_to(ROOT).parts[0] != "tests"]

    listing = [file for file in shipped if all(each.search(file.read_text()) for each in quoted)]

    assert not listing


@pytest.mark.parametrize("entry", registry.services(), ids=lambda entry: entry.name)
def test_a_service_has_the_rooms_of_all_and_no_others(entry: registry.ServiceEntry):
    rooms = {
        file.stem if file.is_file() else file.name
        for file in entry.folder.iterdir()
        if (file.suffix == ".py" or file.is_dir()) and not file.name.startswith("__")
    }
    needed = ROOMS - {"adapters", "tasks", "templates"}

    assert needed <= rooms
    assert rooms <= ROOMS | MORE_ROOMS.get(entry.name, set())


@pytest.mark.parametrize("entry", registry.services(), ids=lambda entry: entry.name)
def test_migrations_are_numbered_one_after_the_other(entry: registry.ServiceEntry):
    files = sorted(file for file in entry.migrations_folder.glob("*.py") if file.name[0].isdigit())
    numbers = [file.name[:4] for file in files]
    revisions = [_assigned(file, "revision") for file in files]

    assert numbers == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", file.name) for file in files)
    assert revisions == numbers
    assert [_assigned(file, "down_revision") for file in files] == [None, *numbers[:-1]]


def _assigned(file: Path, name: str) -> str | None:
    """The text that a migration gives a name, or None."""
    found = re.search(rf"^{name}\b[^=]*= *(?:\"(\w+)\"|None)$", file.read_text(), re.MULTILINE)
    assert found, f"{file.name} does not say its {name}"
    return found[1]
