"""Structured logs: one JSON object a line, the request id bound, secrets and addresses hidden."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAMES = re.compile(
    r"password|secret|token|cookie|authorization|private|signature|session_hash|\bcode$|api_key",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# Whoever logs a URL must not log the password inside it.
_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@]*):[^\s@]+@")
_LONG_SECRET = re.compile(r"(?<![\w/-])[A-Za-z0-9_-]{40,}(?![\w/-])")

log = structlog.get_logger("memberhall")


def start_logging(process: str, level: str = "INFO") -> None:
    """Send everything, our own and the libraries', to standard output in one form."""

    def name_process(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"process": process, **entry}

    shared: list[Any] = [
        name_process,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(), foreign_pre_chain=shared
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # Their chatter at INFO says nothing an operator needs.
    for library in ("alembic", "amqp", "kombu", "nameko", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)


def bind(**values: Any) -> None:
    """Add values, such as request_id, to every line this greenlet or thread logs from here on."""
    structlog.contextvars.bind_contextvars(**values)


def redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what must not be read by whoever reads logs."""
    for name, value in entry.items():
        entry[name] = "[hidden]" if _SECRET_NAMES.search(name) else _clean(value)
    return entry


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        text = _URL_PASSWORD.sub(r"\1:[hidden]@", value)
        return _LONG_SECRET.sub("[hidden]", _EMAIL.sub("[e-mail]", text))
    if isinstance(value, dict):
        return {
            name: "[hidden]" if _SECRET_NAMES.search(str(name)) else _clean(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
