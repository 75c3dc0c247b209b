"""Secrets for compose: made once, and handed to each process in a volume that only it mounts.

`docker compose` runs this before everything else, at every `up`. What was made is kept in a volume
of its own; each process gets what `make up` hands the process of that name. Kubernetes has Secrets
for this.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from console import environment
from console.environment import PREFIX, Environment
from console.processes import CONSOLE, SANDBOX_MODE, processes

HANDED = Path("/handed")
KEPT = "secrets"
MIGRATE = "migrate"
FILE = "environment"
# Parts of docker-compose.yml's defaults, which are good for trying out and for nothing else.
STAND_INS = ("//localhost", "//sandbox:", "@example.com", "MEMBERHALL123", ":memberhall@")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="console.handing_out", description=__doc__)
    parser.add_argument("--folders", type=Path, help="only make the folders of all, in this one")
    options = parser.parse_args(arguments)
    if options.folders:
        make_folders(options.folders)
        return 0
    given = environment.given()
    wrong = stand_ins(given)
    if wrong:
        names = ", ".join(wrong)
        print(f"Production needs values of your own, in .env, for {names}.", file=sys.stderr)
        return 1
    hand_out(HANDED, given)
    return 0


def make_folders(folder: Path) -> None:
    """One for each process, for the image: an empty volume takes the owner of what it covers."""
    for name in (KEPT, *_recipients()):
        (folder / name).mkdir(parents=True, exist_ok=True)


def stand_ins(given: Mapping[str, str]) -> list[str]:
    """The variables that must not stay as they are in production mode."""
    if given.get("MEMBERHALL_MODE") == SANDBOX_MODE:
        return []
    return sorted(name for name, value in given.items() if any(part in value for part in STAND_INS))


def hand_out(folder: Path, given: Mapping[str, str]) -> None:
    """Complete what is kept in `folder`/secrets and write everybody's part of it."""
    kept = folder / KEPT / FILE
    admin = {name: given[name] for name in given if name.startswith(f"{PREFIX}ADMIN_")}
    broker_api = urlsplit(admin["MEMBERHALL_ADMIN_BROKER_API_URL"])
    complete = environment.complete(
        environment.read(kept),
        database_admin_url=admin["MEMBERHALL_ADMIN_DATABASE_URL"],
        broker_api_url=broker_api.geturl(),
        broker_address=f"{broker_api.hostname}:5672//",
    )
    environment.write(kept, complete)
    for name, part in _parts(complete).items():
        environment.write(folder / name / FILE, part)


def _recipients() -> tuple[str, ...]:
    return (*(entry.name for entry in processes(SANDBOX_MODE)), CONSOLE.name, MIGRATE)


def _parts(complete: Environment) -> dict[str, Environment]:
    entries = processes(SANDBOX_MODE)
    parts = {entry.name: environment.for_process(entry, complete, entries) for entry in entries}
    console = f"{PREFIX}{CONSOLE.name.upper()}_"
    parts[CONSOLE.name] = {name: complete[name] for name in complete if name.startswith(console)}
    # It makes every role and broker user, so it needs their passwords; nobody's private key.
    logins = (f"{PREFIX}ADMIN_", "_DATABASE_URL", "_BROKER_URL")
    parts[MIGRATE] = {
        name: value
        for name, value in complete.items()
        if name.startswith(logins[0]) or name.endswith(logins[1:])
    }
    return parts


if __name__ == "__main__":
    sys.exit(main())
