"""What the machine itself must have: packages of Debian and Ubuntu. Standard library only.

Installing a server's package normally starts that server. Memberhall runs its own private ones, so
while apt-get works a policy file (Debian policy, section 9.3.3.1.2) forbids starting anything.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
FORBID_STARTING = "#!/bin/sh\nexit 101\n"
# What their packages would start with the machine from the next boot on.
UNITS = {
    "postgresql": ["postgresql.service"],
    "rabbitmq-server": ["rabbitmq-server.service", "epmd.socket"],
}


class CannotPrepare(Exception):
    """The machine lacks something that only its owner can give; the message says what to do."""


def missing_packages(*, tests: bool) -> list[str]:
    """The distribution's packages that this machine still needs, judged by what is really there."""
    missing = []
    if not _found("pg_ctl", "/usr/lib/postgresql/*/bin/pg_ctl"):
        missing.append("postgresql")
    if not _found("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server"):
        missing.append("rabbitmq-server")
    if not (shutil.which("node") and shutil.which("npm")):
        missing += ["nodejs", "npm"]
    if not (find_spec("venv") and find_spec("ensurepip")):
        missing.append(_venv_package())
    if tests:
        missing += _missing_for_tests()
    return missing


def install(packages: list[str]) -> None:
    """Install by apt-get, as root or through sudo, and start none of the servers it brings."""
    root = _as_root()
    if not shutil.which("apt-get"):
        names = ", ".join(packages)
        raise CannotPrepare(f"This is neither Debian nor Ubuntu: please install {names} yourself.")
    with _nothing_starts(root):
        _run([*root, "apt-get", "update", "-qq"])
        _run([*root, *_noninteractive("apt-get", "install", "-y", "-qq", *_options(), *packages)])
    _leave_disabled(root, packages)


def _missing_for_tests() -> list[str]:
    missing = []
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        missing.append("chromium")
    if not _found("", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"):
        missing.append("fonts-dejavu")
    if not shutil.which("kubectl"):
        missing.append("kubernetes-client")
    if not _found("", "/usr/lib/*/faketime/libfaketime.so.1"):
        missing.append("libfaketime")
    return missing


def _venv_package() -> str:
    """Debian names it after the version, except for the version that is the system's own."""
    named = f"python3.{sys.version_info.minor}-venv"
    return named if Path(sys.executable).name.startswith("python3.") else "python3-venv"


def _found(command: str, pattern: str) -> bool:
    if command and shutil.which(command):
        return True
    return any(Path("/").glob(pattern.lstrip("/")))


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    raise CannotPrepare(
        "Packages are missing and installing them needs root: run this once as root, "
        "or install sudo and give yourself the right to use it."
    )


def _noninteractive(*command: str) -> list[str]:
    return ["env", "DEBIAN_FRONTEND=noninteractive", *command]


def _options() -> list[str]:
    return ["--no-install-recommends", "-o", "Dpkg::Use-Pty=0"]


@contextmanager
def _nothing_starts(root: list[str]) -> Iterator[None]:
    """Put our policy in place of the machine's own, and the machine's own back afterwards."""
    kept = POLICY.with_name("policy-rc.d.memberhall-kept")
    had_one = POLICY.exists()
    if had_one and not kept.exists():
        _run([*root, "cp", "-a", str(POLICY), str(kept)])
    try:
        write = [*root, "tee", str(POLICY)]
        subprocess.run(write, input=FORBID_STARTING, text=True, check=True, capture_output=True)
        _run([*root, "chmod", "755", str(POLICY)])
        yield
    finally:
        if kept.exists():
            _run([*root, "mv", str(kept), str(POLICY)])
        else:
            _run([*root, "rm", "-f", str(POLICY)])


def _leave_disabled(root: list[str], packages: list[str]) -> None:
    """Nor shall the servers we brought start with the machine."""
    units = [unit for package in packages for unit in UNITS.get(package, [])]
    if units and shutil.which("systemctl"):
        # A machine without systemd running, such as a container, has nothing to disable.
        subprocess.run([*root, "systemctl", "disable", "--quiet", *units], capture_output=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise CannotPrepare(f"`{' '.join(command)}` failed:\n{said}")
