"""Makes a fresh machine ready: packages, .venv, what the pages need. Standard library only.

`make` runs it with the system's Python before anything else exists. Each step leaves a stamp of the
lock file it was done for, so that the next run has nothing to do.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from console.debian import CannotPrepare, install, missing_packages

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "gateway" / "static" / "vendor"
OLDEST_PYTHON = (3, 11)

# From node_modules to gateway/static/vendor: only what a page may load.
BROUGHT = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap/bootstrap.bundle.min.js",
    "bootstrap-icons/icons": "bootstrap-icons",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "idiomorph/dist/idiomorph-ext.min.js": "idiomorph/idiomorph-ext.min.js",
    "chart.js/dist/chart.umd.min.js": "chart.js/chart.umd.min.js",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="console.prepare", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    parser.add_argument("--browserless", action="store_true", help="leave chromium out")
    parser.add_argument(
        "--pages", action="store_true", help="only copy node_modules' part of pages"
    )
    options = parser.parse_args(arguments)
    if options.pages:
        _bring()
        return 0
    try:
        prepare(tests=options.tests, browser=options.tests and not options.browserless)
    except CannotPrepare as reason:
        print(f"prepare: {reason}", file=sys.stderr)
        return 1
    return 0


def prepare(*, tests: bool, browser: bool) -> None:
    """Do what is missing, in order, a line for each step that had something to do."""
    if sys.version_info < OLDEST_PYTHON:
        raise CannotPrepare(
            f"Python {_dotted(OLDEST_PYTHON)} or newer is needed, this is "
            f"{_dotted(sys.version_info[:2])}: install a newer python3 and try again."
        )
    missing = missing_packages(tests=browser)
    if missing:
        _step(f"installing {', '.join(missing)}", lambda: install(missing))
    _python_packages("requirements-dev.lock" if tests else "requirements.lock")
    _memberhall_itself()
    _front_end(tests=tests)


def _python_packages(lock: str) -> None:
    wanted = _fingerprint([ROOT / lock], sys.version)
    # The test packages are a superset at the same versions: whoever has them lacks nothing.
    superset = _fingerprint([ROOT / "requirements-dev.lock"], sys.version)
    stamp = VENV / "packages.stamp"
    if _stamped(stamp) in (wanted, superset):
        return
    if not (VENV / "bin" / "python").exists():
        _step("making .venv", _make_venv)
    command = [*_pip("install"), "--require-hashes", "--no-deps", "-r", str(ROOT / lock)]
    _step(f"installing Python packages of {lock}", lambda: _run(command))
    stamp.write_text(wanted)


def _make_venv() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(VENV)])


def _memberhall_itself() -> None:
    """Its entry points: the `memberhall` command and the registry of services."""
    wanted = _fingerprint([ROOT / "pyproject.toml"], str(ROOT))
    stamp = VENV / "memberhall.stamp"
    if _stamped(stamp) == wanted:
        return
    # The editable mode that puts this folder itself on the path, so that new packages are seen.
    mode = ["--config-settings", "editable_mode=compat"]
    command = [*_pip("install"), "--no-deps", "--no-build-isolation", *mode, "-e", str(ROOT)]
    _step("installing memberhall into .venv", lambda: _run(command))
    stamp.write_text(wanted)


def _front_end(*, tests: bool) -> None:
    lock = ROOT / "package-lock.json"
    wanted, superset = _fingerprint([lock], "pages"), _fingerprint([lock], "pages and tests")
    stamp = NODE_MODULES / ".memberhall-stamp"
    if _stamped(stamp) not in ({superset} if tests else {wanted, superset}):
        only = [] if tests else ["--omit=dev"]
        command = ["npm", "ci", "--no-audit", "--no-fund", *only]
        _step("installing front-end packages", lambda: _run(command))
        stamp.write_text(superset if tests else wanted)
    brought = _fingerprint([lock], json.dumps(BROUGHT))
    if _stamped(VENDOR / "stamp") != brought:
        _step("copying what the pages need to gateway/static/vendor", _bring)
        (VENDOR / "stamp").write_text(brought)


def _bring() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in BROUGHT.items():
        origin, copy = NODE_MODULES / source, VENDOR / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy)
        else:
            shutil.copyfile(origin, copy)


def _pip(action: str) -> list[str]:
    return [str(VENV / "bin" / "python"), "-m", "pip", action, "--quiet", *_PIP_OPTIONS]


_PIP_OPTIONS = ["--disable-pip-version-check", "--no-input"]


def _run(command: list[str]) -> None:
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise CannotPrepare(f"`{' '.join(command)}` failed:\n{said}")


def _step(title: str, act: Callable[[], None]) -> None:
    print(f"prepare: {title} … ", end="", flush=True)
    began = time.monotonic()
    try:
        act()
    except CannotPrepare:
        print("failed", flush=True)
        raise
    print(f"done in {time.monotonic() - began:.0f} s", flush=True)


def _fingerprint(files: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256()
    for part in (*(file.read_bytes() for file in files), *(text.encode() for text in more)):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _stamped(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


if __name__ == "__main__":
    sys.exit(main())
