"""What the sandbox reads from its environment, checked once, all faults reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MERCHANT_ID = re.compile(r"[A-Z0-9]{13}")


class WrongSettings(Exception):
    """The environment cannot be used; `faults` holds one sentence for each thing wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the sandbox runs. A port of 0 means "any free one"; the process prints which it took."""

    host: str
    port: int
    smtp_port: int
    notify_hosts: frozenset[str]
    public_url: str
    site_url: str
    merchant_email: str
    merchant_id: str
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read `MEMBERHALL_*`; raise WrongSettings with every fault found."""
        faults: list[str] = []
        if environment.get("MEMBERHALL_MODE", "production") != "sandbox":
            faults.append(
                "MEMBERHALL_MODE is not `sandbox`: the sandbox moves no money and keeps all mail, "
                "so it never runs in production. Set MEMBERHALL_MODE=sandbox on a test machine."
            )
        settings = cls(
            host=environment.get("MEMBERHALL_SANDBOX_HOST", "127.0.0.1"),
            port=_port(environment, "MEMBERHALL_SANDBOX_PORT", faults),
            smtp_port=_port(environment, "MEMBERHALL_SANDBOX_SMTP_PORT", faults),
            notify_hosts=_hosts(environment.get("MEMBERHALL_SANDBOX_NOTIFY_HOSTS", "")),
            public_url=environment.get("MEMBERHALL_PUBLIC_URL", "").rstrip("/"),
            site_url=environment.get("MEMBERHALL_SANDBOX_SITE_URL", "").rstrip("/"),
            merchant_email=_merchant_email(environment, faults),
            merchant_id=_merchant_id(environment, faults),
            log_level=_log_level(environment, faults),
        )
        if settings.port and settings.port == settings.smtp_port:
            faults.append("MEMBERHALL_SANDBOX_PORT and MEMBERHALL_SANDBOX_SMTP_PORT are the same.")
        if faults:
            raise WrongSettings(faults)
        return settings


def _port(environment: Mapping[str, str], name: str, faults: list[str]) -> int:
    text = environment.get(name, "0")
    if text.isascii() and text.isdecimal() and int(text) <= 65535:
        return int(text)
    faults.append(f"{name} is {text!r}, not a port from 0 to 65535.")
    return 0


def _hosts(text: str) -> frozenset[str]:
    return frozenset(host.strip().lower() for host in text.split(",") if host.strip())


def _merchant_email(environment: Mapping[str, str], faults: list[str]) -> str:
    email = environment.get("MEMBERHALL_BILLING_PAYPAL_BUSINESS", "shop@example.com").lower()
    if "@" not in email:
        faults.append(f"MEMBERHALL_BILLING_PAYPAL_BUSINESS is {email!r}, not an e-mail address.")
    return email


def _merchant_id(environment: Mapping[str, str], faults: list[str]) -> str:
    identifier = environment.get("MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID", "")
    if identifier and not MERCHANT_ID.fullmatch(identifier):
        faults.append(
            f"MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID is {identifier!r}, "
            "not 13 capital letters and digits."
        )
    return identifier


def _log_level(environment: Mapping[str, str], faults: list[str]) -> str:
    level = environment.get("MEMBERHALL_LOG_LEVEL", "INFO").upper()
    if level in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        return level
    faults.append(f"MEMBERHALL_LOG_LEVEL is {level!r}, not a level of Python's logging.")
    return "INFO"
