"""The suite's environment: every MEMBERHALL_* variable, generated once, kept in a private file.

What is given from outside always wins. Each process is handed the shared variables and its own, so
that none holds another's password or key.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import registry
from console.processes import ProcessEntry, principals

DATABASE = "memberhall"
PREFIX = "MEMBERHALL_"
DATABASE_USERS_BESIDE = ("node",)

Environment = dict[str, str]


def read(file: Path) -> Environment:
    """The variables kept in a file of lines `NAME=value`; none where there is no file."""
    if not file.exists():
        return {}
    lines = (line for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def write(file: Path, environment: Mapping[str, str]) -> None:
    """Keep them where only their owner can read them, the old ones until the new are complete."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    lines = [f"{name}={value}\n" for name, value in sorted(environment.items())]
    new.write_text("# Secrets: generated once, kept private.\n" + "".join(lines))
    new.replace(file)


def given(environ: Mapping[str, str] = os.environ) -> Environment:
    """What whoever started us has set."""
    return {name: value for name, value in environ.items() if name.startswith(PREFIX)}


def complete(
    known: Mapping[str, str],
    *,
    database_admin_url: str,
    broker_api_url: str,
    broker_address: str,
    outside: Mapping[str, str] | None = None,
) -> Environment:
    """`known` with everything that was missing made up: keys, passwords and the URLs they go into.

    Passwords are kept over a server's change of port. `broker_address` is AMQP's "host:port/vhost",
    which for the usual virtual host "/" ends in two slashes. What comes from `outside` wins.
    """
    made: Environment = {
        "MEMBERHALL_ADMIN_DATABASE_URL": database_admin_url,
        "MEMBERHALL_ADMIN_BROKER_API_URL": broker_api_url,
    }
    for name in _database_users():
        variable = f"{PREFIX}{name.upper()}_DATABASE_URL"
        made[variable] = _database_url(name, known.get(variable, ""), database_admin_url)
    for principal in principals():
        variable = f"{PREFIX}{principal.name.upper()}_BROKER_URL"
        made[variable] = _broker_url(principal.name, known.get(variable, ""), broker_address)
    outside = outside or {}
    complete = {**_own_secrets(), **known, **made, **outside}
    complete["MEMBERHALL_PUBLIC_KEYS"] = _public_keys(complete)
    return {**complete, **outside}


def for_process(
    entry: ProcessEntry, environment: Mapping[str, str], entries: tuple[ProcessEntry, ...]
) -> Environment:
    """The shared variables, the process' own, and the others' that it says it reads."""
    names = {each.name for each in entries} | {each.name for each in principals()} | {"admin"}
    own = f"{PREFIX}{entry.name.upper()}_"
    others = tuple(f"{PREFIX}{name.upper()}_" for name in names if name != entry.name)
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(own) or name in entry.reads or not name.startswith(others)
    }


def _database_users() -> tuple[str, ...]:
    return (*(each.name for each in registry.services()), *DATABASE_USERS_BESIDE)


def _own_secrets() -> Environment:
    made = {
        "MEMBERHALL_GATEWAY_COOKIE_KEYS": secrets.token_urlsafe(48),
        "MEMBERHALL_AUTH_TOKEN_KEYS": _text(secrets.token_bytes(32)),
    }
    for principal in principals():
        key = Ed25519PrivateKey.generate().private_bytes_raw()
        made[f"{PREFIX}{principal.name.upper()}_PRIVATE_KEY"] = _text(key)
    return made


def _public_keys(environment: Mapping[str, str]) -> str:
    """Every principal's key, newest first: those published before stay valid until taken out."""
    published: dict[str, list[str]] = json.loads(environment.get("MEMBERHALL_PUBLIC_KEYS", "{}"))
    for principal in principals():
        text = environment[f"{PREFIX}{principal.name.upper()}_PRIVATE_KEY"]
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))
        public = _text(private.public_key().public_bytes_raw())
        before = [key for key in published.get(principal.name, []) if key != public]
        published[principal.name] = [public, *before]
    return json.dumps(published, separators=(",", ":"))


def _database_url(name: str, known: str, admin_url: str) -> str:
    server = urlsplit(admin_url)
    login = _login(f"memberhall_{name}", known)
    return urlunsplit(("postgresql", f"{login}@{_address(server.netloc)}", f"/{DATABASE}", "", ""))


def _broker_url(name: str, known: str, address: str) -> str:
    return f"amqp://{_login(f'memberhall_{name}', known)}@{address}"


def _login(user: str, known: str) -> str:
    """User and password for a URL: the known password, else a new one."""
    password = unquote(urlsplit(known).password or "") or secrets.token_urlsafe(24)
    return f"{user}:{quote(password, safe='')}"


def _address(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
