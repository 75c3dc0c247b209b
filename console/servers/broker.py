"""A private RabbitMQ node in a folder of its own, with its own name server (epmd)."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

import requests

from console.servers.machine import (
    ServerFailure,
    accepts_connections,
    end,
    free_port,
    is_alive,
    last_lines,
    program,
    remember,
    remembered,
    wait_until,
)

ADMIN = "memberhall_admin"
NODE = "memberhall@localhost"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

SETTINGS = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {api}
default_user = {user}
default_pass = {password}
default_user_tags.administrator = true
disk_free_limit.absolute = 50MB
management.rates_mode = none
log.file.level = info
"""
# Schedulers that wait without spinning leave the processor to others.
ERLANG = "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"


class Broker:
    """One node, stopped or running; its ports stay the same over its stops and starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "log" / f"{NODE}.log"
        self._notes = self.folder / "server.json"
        self._pid_file = self.folder / "rabbitmq.pid"
        self._epmd_file = self.folder / "epmd.pid"

    @property
    def url(self) -> str:
        """The administrator's AMQP URL."""
        return self.url_for(ADMIN, self._known()["password"])

    @property
    def api_url(self) -> str:
        """The management API with the administrator's password."""
        known = self._known()
        return f"http://{ADMIN}:{known['password']}@127.0.0.1:{known['api']}"

    @property
    def port(self) -> int:
        return int(self._known()["amqp"])

    def url_for(self, user: str, password: str) -> str:
        return f"amqp://{user}:{password}@127.0.0.1:{self._known()['amqp']}//"

    @property
    def is_running(self) -> bool:
        return _runs(self._pid_file)

    def start(self) -> None:
        """Start and wait until it takes connections; nothing to do where it runs."""
        if self.is_running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._choose_ports()
        self._write_settings()
        self._start_epmd()
        command = [program("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server")]
        self._run([*command, "-detached"])
        if not wait_until(self._is_ready, timeout=START_SECONDS):
            self.kill()
            raise ServerFailure(f"RabbitMQ did not start.\n{last_lines(self.log)}")

    def stop(self) -> None:
        """End the node in order, then its epmd; no process is left behind."""
        self._end(STOP_SECONDS)

    def kill(self) -> None:
        """End it as a crash does; what was confirmed to publishers is there at the next start."""
        self._end(0.0)

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop_app(self) -> None:
        """Take the broker away from its clients while its machine stays up."""
        self.control("stop_app")

    def start_app(self) -> None:
        """Bring it back on the same port."""
        self.control("start_app")
        if not wait_until(self._is_ready, timeout=START_SECONDS):
            raise ServerFailure(f"RabbitMQ did not come back.\n{last_lines(self.log)}")

    def control(self, *arguments: str) -> str:
        """Have rabbitmqctl do something to this node; returns what it said."""
        return self._run([self._rabbitmqctl(), "--node", NODE, *arguments])

    def remove(self) -> None:
        """End it and delete its data, so nothing is gained by ending it gently."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _choose_ports(self) -> None:
        known = self._known()
        ports = {name: free_port(known.get(name)) for name in ("amqp", "api", "dist", "epmd")}
        password = known.get("password") or secrets.token_urlsafe(24)
        remember(self._notes, {"password": password, **ports})

    def _write_settings(self) -> None:
        text = SETTINGS.format(user=ADMIN, **self._known())
        (self.folder / "rabbitmq.conf").touch(mode=0o600)
        (self.folder / "rabbitmq.conf").write_text(text)
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")

    def _environment(self) -> dict[str, str]:
        known, folder = self._known(), self.folder
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(known["amqp"]),
            "RABBITMQ_DIST_PORT": str(known["dist"]),
            "RABBITMQ_PID_FILE": str(self._pid_file),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
            "ERL_EPMD_PORT": str(known["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
        }

    def _start_epmd(self) -> None:
        if _runs(self._epmd_file):
            return
        command = [program("epmd", "/usr/bin/epmd"), "-port", str(self._known()["epmd"])]
        process = subprocess.Popen(
            [*command, "-address", "127.0.0.1"],
            cwd="/",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._epmd_file.write_text(str(process.pid))
        # Its end is collected in `end`, or by init when this process is gone by then.
        process.returncode = 0

    def _end(self, patience: float) -> None:
        for file in (self._pid_file, self._epmd_file):
            if _runs(file):
                end(_pid(file), patience=patience)
            file.unlink(missing_ok=True)

    def _run(self, command: list[str]) -> str:
        said = self.folder / "command.log"
        with said.open("w") as output:
            done = subprocess.run(
                command,
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=START_SECONDS,
            )
        if done.returncode != 0:
            raise ServerFailure(f"RabbitMQ: `{' '.join(command)}` failed.\n{last_lines(said)}")
        return said.read_text()

    def _is_ready(self) -> bool:
        if not (self.is_running and accepts_connections(self.port)):
            return False
        try:
            return requests.get(f"{self.api_url}/api/whoami", timeout=5).ok
        except requests.RequestException:
            return False

    def _rabbitmqctl(self) -> str:
        return program("rabbitmqctl", "/usr/lib/rabbitmq/bin/rabbitmqctl")

    def _known(self) -> dict[str, Any]:
        return remembered(self._notes)


def _runs(pid_file: Path) -> bool:
    return pid_file.exists() and is_alive(_pid(pid_file))


def _pid(pid_file: Path) -> int:
    text = pid_file.read_text().strip()
    return int(text) if text else 2**22 + 1  # the file is being written: nobody's number yet
