"""Preparing a machine: what is there is left alone, what fails says what to do."""

from pathlib import Path

import pytest

from console import debian, prepare
from console.debian import CannotPrepare


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A checkout in a folder of its own; commands are noted instead of run."""
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        (tmp_path / name).write_text(name)
    (tmp_path / "pyproject.toml").write_text("")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    for source in prepare.BROUGHT:
        file = tmp_path / "node_modules" / source
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(prepare, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(prepare, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(prepare, "missing_packages", lambda **_: [])
    commands: list[list[str]] = []
    monkeypatch.setattr(prepare, "_run", commands.append)
    return commands


def test_the_second_time_there_is_nothing_to_do(machine: list[list[str]]) -> None:
    assert prepare.main(["--tests"]) == 0
    done = len(machine)
    assert done == 3
    assert prepare.main(["--tests"]) == 0
    assert prepare.main([]) == 0
    assert len(machine) == done


def test_running_needs_less_than_testing(machine: list[list[str]]) -> None:
    prepare.main([])
    assert "--omit=dev" in machine[-1]
    prepare.main(["--tests"])
    assert "--omit=dev" not in machine[-1]
    assert len(machine) == 5


def test_a_changed_lock_is_installed(machine: list[list[str]]) -> None:
    prepare.main(["--tests"])
    (prepare.ROOT / "requirements-dev.lock").write_text("newer")
    prepare.main(["--tests"])
    assert "--require-hashes" in machine[-1]


def test_an_old_python_is_told_so(
    machine: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prepare, "OLDEST_PYTHON", (4, 0))
    assert prepare.main([]) == 1
    assert "install a newer python3" in capsys.readouterr().err
    assert machine == []


def test_without_root_and_sudo_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda _: None)
    with pytest.raises(CannotPrepare, match="run this once as root"):
        debian.install(["postgresql"])


@pytest.mark.parametrize("before", [None, "#!/bin/sh\nexit 0\n"])
def test_no_server_starts_while_packages_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    policy = tmp_path / "policy-rc.d"
    if before:
        policy.write_text(before)
    monkeypatch.setattr(debian, "POLICY", policy)
    with debian._nothing_starts([]):
        assert policy.read_text() == debian.FORBID_STARTING
        assert policy.stat().st_mode & 0o111
    assert (policy.read_text() if policy.exists() else None) == before
    assert len(list(tmp_path.iterdir())) == (1 if before else 0)


def test_the_policy_comes_back_when_installing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("own")
    monkeypatch.setattr(debian, "POLICY", policy)
    with pytest.raises(CannotPrepare), debian._nothing_starts([]):
        debian._run(["false"])
    assert policy.read_text() == "own"
