"""The settings of a suite on one machine: free ports, the sandbox as PayPal and as mail server."""

from collections.abc import Mapping

from console.environment import Environment
from console.processes import ProcessEntry
from console.servers import free_port

LOOPBACK = "127.0.0.1"
GATEWAY_PORT = 8080  # preferred
SMTP_PORT = "MEMBERHALL_SANDBOX_SMTP_PORT"


def local_settings(entries: tuple[ProcessEntry, ...], known: Mapping[str, str]) -> Environment:
    """Addresses for every process; a port that is known already is kept while it is free."""
    settings: Environment = {}
    for entry in entries:
        port = free_port(_port(known.get(entry.port, "")) or _preferred(entry))
        settings[entry.port] = f"{LOOPBACK}:{port}" if entry.port.endswith("_BIND") else str(port)
    address = settings["MEMBERHALL_GATEWAY_BIND"]
    settings["MEMBERHALL_PUBLIC_URL"] = f"http://{address}"
    if any(entry.sandbox_only for entry in entries):
        smtp = free_port(_port(known.get(SMTP_PORT, "")))
        settings |= _sandbox(settings["MEMBERHALL_SANDBOX_PORT"], smtp)
    return settings


def probe_url(entry: ProcessEntry, environment: Mapping[str, str]) -> str:
    """Where the process says whether it is ready."""
    return f"http://{LOOPBACK}:{_port(environment[entry.port])}{entry.ready}"


def _sandbox(port: str, smtp: int) -> Environment:
    paypal = f"http://{LOOPBACK}:{port}/cgi-bin/webscr"
    return {
        SMTP_PORT: str(smtp),
        "MEMBERHALL_BILLING_PAYPAL_URL": paypal,
        "MEMBERHALL_BILLING_PAYPAL_VERIFY_URL": paypal,
        "MEMBERHALL_BILLING_PAYPAL_BUSINESS": "shop@example.com",
        "MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID": "MEMBERHALL123",
        "MEMBERHALL_NOTIFICATIONS_SMTP_URL": f"smtp://{LOOPBACK}:{smtp}",
        "MEMBERHALL_NOTIFICATIONS_SENDER": "Memberhall <shop@example.com>",
        "MEMBERHALL_GATEWAY_MAILBOX_URL": f"http://{LOOPBACK}:{port}/mailbox",
    }


def _preferred(entry: ProcessEntry) -> int | None:
    return GATEWAY_PORT if entry.port.endswith("_BIND") else None


def _port(text: str) -> int | None:
    """The port of "8080" or of "127.0.0.1:8080"."""
    port = text.rpartition(":")[2]
    return int(port) if port else None
