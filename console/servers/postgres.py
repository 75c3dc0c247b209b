"""A private PostgreSQL in a folder of its own."""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from console.servers.machine import (
    ServerFailure,
    free_port,
    is_alive,
    last_lines,
    program,
    remember,
    remembered,
)

SUPERUSER = "memberhall"
LONGEST_SOCKET_FOLDER = 90  # bytes; the kernel takes 107 with the file's name
# For root where the folder is closed to others, as everything under /root is.
ELSEWHERE = Path("/var/lib/memberhall")

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 300
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 1000
log_lock_waits = on
idle_in_transaction_session_timeout = 60000
"""
# For tests only: a crash of the machine may lose everything, a crash of the server nothing.
FORGETFUL = """
fsync = off
full_page_writes = off
"""


class Postgres:
    """One server, stopped or running; `folder` is its own and may be removed after `stop`.

    PostgreSQL refuses to run as root, so for root it runs as the user `postgres`.
    """

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self.asked_folder = folder.absolute()
        self.folder = _reachable(self.asked_folder)
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self._notes = self.folder / "server.json"
        self._fsync = fsync

    @property
    def url(self) -> str:
        """The superuser's, for the database `postgres`; a libpq URL."""
        known = self._known()
        return f"postgresql://{SUPERUSER}:{known['password']}@127.0.0.1:{known['port']}/postgres"

    @property
    def port(self) -> int:
        return int(self._known()["port"])

    @property
    def is_running(self) -> bool:
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return False
        return is_alive(int(pid_file.read_text().split()[0]))

    def start(self) -> None:
        """Make the cluster where there is none, and start it; nothing to do where it runs."""
        if self.is_running:
            return
        self._make_cluster()
        port = free_port(self.port if "port" in self._known() else None)
        remember(self._notes, {**self._known(), "port": port})
        self._configure(port)
        self._ctl("start", "-w", "-t", "60", "-l", str(self.log))

    def stop(self) -> None:
        """End it in order; open connections are cut."""
        if self.is_running:
            self._ctl("stop", "-w", "-t", "60", "-m", "fast")

    def kill(self) -> None:
        """End it as a crash does: no checkpoint, recovery at the next start."""
        if self.is_running:
            self._ctl("stop", "-w", "-t", "60", "-m", "immediate")

    def restart(self) -> None:
        """Stop and start on the same port."""
        self._ctl("restart", "-w", "-t", "60", "-m", "fast", "-l", str(self.log))

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_cluster(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._give_away(self.folder)
        remember(self._notes, {"password": secrets.token_urlsafe(24)})
        password = self.folder / "password"
        remember(password, {})
        password.write_text(self._known()["password"])
        self._give_away(password)
        initdb = program("initdb", "/usr/lib/postgresql/*/bin/initdb")
        command = [initdb, "-D", str(self.data), "-U", SUPERUSER, "--pwfile", str(password)]
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        self._run([*command, *options, *([] if self._fsync else ["--no-sync"])])
        password.unlink()

    def _configure(self, port: int) -> None:
        sockets = str(self.folder)
        if len(sockets.encode()) > LONGEST_SOCKET_FOLDER:
            sockets = ""
        text = SETTINGS.format(port=port, sockets=sockets) + ("" if self._fsync else FORGETFUL)
        file = self.data / "postgresql.auto.conf"
        file.write_text(text)
        self._give_away(file)

    def _ctl(self, *arguments: str) -> None:
        pg_ctl = program("pg_ctl", "/usr/lib/postgresql/*/bin/pg_ctl")
        self._run([pg_ctl, "-D", str(self.data), "-s", *arguments])

    def _run(self, command: list[str]) -> None:
        as_whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # To a file, not a pipe: the server inherits it and would keep a pipe open.
        said = self.folder / "command.log"
        with said.open("w") as output:
            done = subprocess.run(
                [*as_whom, *command],
                cwd="/",
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        if done.returncode != 0:
            raise ServerFailure(
                f"PostgreSQL: `{Path(command[0]).name}` failed.\n"
                f"{last_lines(said)}\n{last_lines(self.log)}"
            )

    def _known(self) -> dict[str, str]:
        return remembered(self._notes)

    def _give_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")


def _reachable(folder: Path) -> Path:
    """The folder, or for root one that the user `postgres` can get to."""
    if os.geteuid() != 0:
        return folder
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise ServerFailure("There is no user `postgres`: install PostgreSQL first.") from None
    existing = [parent for parent in folder.parents if parent.exists()]
    if all(parent.stat().st_mode & 0o001 for parent in existing):
        return folder
    return ELSEWHERE / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
