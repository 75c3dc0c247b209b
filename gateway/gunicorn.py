"""How gunicorn runs the gateway: `gunicorn -c gateway/gunicorn.py gateway.app:application`.

Threads, because whatever waits for the bus or frees the interpreter runs beside the others; one bus
client a process, started after the fork.
"""

import os
import sys
from pathlib import Path
from typing import Any

# gunicorn runs this file by its path, before it looks for the application.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gunicorn.glogging import Logger

from chassis.config import SettingsError, load
from chassis.logs import start_logging
from gateway import app as gateway_app
from gateway.settings import Settings


class JsonLogger(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """gunicorn's own few lines, in the form of all others."""

    def setup(self, cfg: Any) -> None:
        start_logging("gateway", _settings.log_level)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(_settings.log_level)


try:
    _settings = load(Settings, "gateway", os.environ)
except SettingsError as faults:
    sys.stderr.write(f"gateway cannot start: {faults}\n")
    sys.exit(2)

bind = _settings.bind
worker_class = "gthread"
workers = _settings.workers
threads = _settings.threads
timeout = 30
graceful_timeout = 25  # a request that runs when SIGTERM comes is answered
keepalive = 75  # longer than a proxy keeps an idle connection, so that the proxy closes it first
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats in memory
control_socket_disable = True

# Headers from outside decide nothing here: the application itself believes its trusted proxies.
forwarded_allow_ips = "127.0.0.1"
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
header_map = "drop"
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190

accesslog = None  # the application logs, in its own form and without secrets
logger_class = JsonLogger


def post_worker_init(worker: Any) -> None:
    """The process has forked and has its application: connect it."""
    gateway_app.start(worker.wsgi)


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """All requests are answered: leave the bus."""
    if getattr(worker, "wsgi", None) is not None:
        gateway_app.stop(worker.wsgi)
