"""`make check`: every check there is, quickest first, each with its time and one line of outcome.

Format, lint, types and contracts are all told together, because they do not depend on one another;
tests only follow when these hold.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console.home import ROOT

BIN = Path(sys.executable).parent
TOLD_LINES = 60  # of what a failed check says


@dataclass(frozen=True)
class Step:
    """One check. `aloud`: its own words are shown as they come, because they are the outcome."""

    name: str
    command: tuple[str, ...]
    aloud: bool = False


LINT = (
    Step("format", ("ruff", "format", "--check", ".")),
    Step("lint", ("ruff", "check", ".")),
    Step("types", ("mypy",)),
    Step("import contracts", ("lint-imports", "--no-logo")),
)
# Two workers whatever the machine: the servers and the suites under test want their share.
PYTEST = ("pytest", "-q", "-n", "2", "--dist", "loadfile", "--durations=5")
UNIT = Step("tests without servers", (*PYTEST, "--servers=without"), aloud=True)
REST = Step("tests with servers", (*PYTEST, "--servers=with"), aloud=True)

PARTS: dict[str | None, Sequence[Sequence[Step]]] = {
    "lint": [LINT],
    "unit": [[UNIT]],
    None: [LINT, [UNIT], [REST]],
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when everything holds, 1 when something does not."""
    parser = argparse.ArgumentParser(prog="console.check", description=__doc__)
    parser.add_argument("--only", choices=("lint", "unit"), help="not all of it")
    only = parser.parse_args(arguments).only
    parts = PARTS[only]
    began = time.monotonic()
    summary: list[str] = []
    for part in parts:
        outcomes = [_run(step, summary) for step in part]
        if not all(outcomes):
            break
    else:
        print(f"\n{_table(summary)}\nEverything holds, after {time.monotonic() - began:.0f} s.")
        return 0
    print(f"\n{_table(summary)}\nSomething does not hold, see above.")
    return 1


def _run(step: Step, summary: list[str]) -> bool:
    print(f"check: {step.name} …", end="\n" if step.aloud else " ", flush=True)
    began = time.monotonic()
    command = [str(BIN / step.command[0]), *step.command[1:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = None if step.aloud else subprocess.PIPE
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT, text=True
    )
    took = time.monotonic() - began
    outcome = "holds" if done.returncode == 0 else "DOES NOT HOLD"
    summary.append(f"  {step.name:24} {took:6.1f} s  {outcome}")
    if not step.aloud:
        print(f"{outcome}, {took:.0f} s", flush=True)
        if done.returncode != 0:
            print("\n".join(done.stdout.splitlines()[-TOLD_LINES:]), flush=True)
    return done.returncode == 0


def _table(summary: list[str]) -> str:
    return "\n".join(summary)


if __name__ == "__main__":
    sys.exit(main())
