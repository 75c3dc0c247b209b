"""Secrets are made once, kept privately, and handed out sparingly."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from console import environment
from console.environment import Environment
from console.processes import principals, processes

SANDBOX = processes("sandbox")


def completed(known: Environment | None = None, **outside: str) -> Environment:
    return environment.complete(
        known or {"MEMBERHALL_MODE": "sandbox", "MEMBERHALL_RETRY_DELAYS": "10,20"},
        database_admin_url="postgresql://root:secret@127.0.0.1:5555/postgres",
        broker_api_url="http://root:secret@127.0.0.1:6666",
        broker_address="127.0.0.1:7777//",
        outside=outside,
    )


def of(name: str, environ: Environment) -> Environment:
    entry = next(each for each in SANDBOX if each.name == name)
    return environment.for_process(entry, environ, SANDBOX)


def test_everybody_gets_a_key_pair_a_broker_user_and_a_password_of_its_own() -> None:
    environ = completed()
    urls = [environ[f"MEMBERHALL_{each.name.upper()}_BROKER_URL"] for each in principals()]
    assert len(set(urls)) == len(principals())
    assert environ["MEMBERHALL_AUTH_DATABASE_URL"].endswith("@127.0.0.1:5555/memberhall")
    assert environ["MEMBERHALL_AUTH_BROKER_URL"].endswith("@127.0.0.1:7777//")
    published = json.loads(environ["MEMBERHALL_PUBLIC_KEYS"])
    for each in principals():
        private = base64.b64decode(environ[f"MEMBERHALL_{each.name.upper()}_PRIVATE_KEY"])
        public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        assert published[each.name] == [base64.b64encode(public).decode()]


def test_a_second_time_changes_no_secret_but_follows_the_servers() -> None:
    first = completed()
    second = environment.complete(
        first,
        database_admin_url="postgresql://root:secret@127.0.0.1:5556/postgres",
        broker_api_url="http://root:secret@127.0.0.1:6667",
        broker_address="127.0.0.1:7778//",
    )
    changed = {name for name in first if first[name] != second[name]}
    assert all(name.endswith(("_DATABASE_URL", "_BROKER_URL", "_API_URL")) for name in changed)
    login, place = second["MEMBERHALL_JOBS_DATABASE_URL"].split("@")
    assert login == first["MEMBERHALL_JOBS_DATABASE_URL"].split("@")[0]
    assert place == "127.0.0.1:5556/memberhall"


def test_a_new_private_key_is_published_first_and_the_old_one_stays_valid() -> None:
    first = completed()
    key = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    second = completed({**first, "MEMBERHALL_AUTH_PRIVATE_KEY": key})
    old = json.loads(first["MEMBERHALL_PUBLIC_KEYS"])["auth"]
    new = json.loads(second["MEMBERHALL_PUBLIC_KEYS"])["auth"]
    assert len(new) == 2
    assert new[1:] == old


def test_what_comes_from_outside_wins() -> None:
    url = "postgresql://me:mine@elsewhere/auth"
    assert completed(MEMBERHALL_AUTH_DATABASE_URL=url)["MEMBERHALL_AUTH_DATABASE_URL"] == url


def test_a_process_is_handed_the_shared_variables_and_its_own() -> None:
    given = of("auth", completed())
    assert given["MEMBERHALL_RETRY_DELAYS"] == "10,20"
    assert "MEMBERHALL_PUBLIC_KEYS" in given
    assert "MEMBERHALL_AUTH_TOKEN_KEYS" in given
    foreign = ("BILLING", "GATEWAY", "NODE", "CONSOLE", "ADMIN", "SANDBOX")
    assert not [name for name in given if name.split("_")[1] in foreign]


@pytest.mark.parametrize("entry", SANDBOX, ids=lambda entry: entry.name)
def test_nobody_is_handed_anothers_secret(entry: object) -> None:
    name = getattr(entry, "name", "")
    secret = ("PRIVATE_KEY", "BROKER_URL", "DATABASE_URL", "COOKIE_KEYS", "TOKEN_KEYS", "API_URL")
    held = {variable for variable in of(name, completed()) if variable.endswith(secret)}
    assert all(variable.startswith(f"MEMBERHALL_{name.upper()}_") for variable in held)


def test_the_sandbox_is_told_who_the_merchant_is_and_holds_no_key() -> None:
    environ = completed()
    environ["MEMBERHALL_BILLING_PAYPAL_BUSINESS"] = "shop@example.com"
    given = of("sandbox", environ)
    assert given["MEMBERHALL_BILLING_PAYPAL_BUSINESS"] == "shop@example.com"
    assert not [name for name in given if name.endswith("PRIVATE_KEY")]


def test_the_file_is_for_its_owner_only_and_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    environ = completed()
    environment.write(file, environ)
    environment.write(file, environ)
    assert file.stat().st_mode & 0o777 == 0o600
    assert environment.read(file) == environ


def test_no_file_is_an_empty_environment(tmp_path: Path) -> None:
    assert environment.read(tmp_path / "none") == {}
