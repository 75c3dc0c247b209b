"""Settings: one frozen dataclass a process, read from the environment, all faults told at once."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")

PRODUCTION = "production"
SANDBOX = "sandbox"


class SettingsError(Exception):
    """The environment does not describe a process that can start; the message lists every fault."""


def setting(
    *,
    default: Any = MISSING,
    shared: bool = False,
    parse: Callable[[str], Any] | None = None,
) -> Any:
    """A field read from MEMBERHALL_<PROCESS>_<NAME>, or from MEMBERHALL_<NAME> where `shared`.

    `parse` turns the text into the value and raises ValueError with what is wrong with it.
    """
    metadata = {"shared": shared, "parse": parse}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def parse_mode(text: str) -> str:
    if text not in (PRODUCTION, SANDBOX):
        raise ValueError(f"is {text!r}, must be 'production' or 'sandbox'")
    return text


def parse_private_key(text: str) -> bytes:
    return _key_bytes(text)


def parse_public_keys(text: str) -> dict[str, tuple[bytes, ...]]:
    """{"billing": ["<base64>", …]}: every key that verifies for a principal, newest first."""
    try:
        described = json.loads(text)
        return {name: tuple(_key_bytes(key) for key in keys) for name, keys in described.items()}
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise ValueError("is not a JSON object of principal to list of base64 keys") from error


def parse_milliseconds(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def parse_url(text: str) -> str:
    if "://" not in text:
        raise ValueError(f"is {text!r}, must be an absolute URL")
    return text.rstrip("/")


def _key_bytes(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("is not base64") from error
    if len(key) != 32:
        raise ValueError(f"is a key of {len(key)} bytes, must be 32")
    return key


@dataclass(frozen=True, kw_only=True)
class BusSettings:
    """What every process that talks on the bus needs to know."""

    principal: str
    mode: str = setting(default=PRODUCTION, shared=True, parse=parse_mode)
    public_url: str = setting(shared=True, parse=parse_url)
    public_keys: dict[str, tuple[bytes, ...]] = setting(shared=True, parse=parse_public_keys)
    log_level: str = setting(default="INFO", shared=True)
    broker_url: str = setting(parse=parse_url)
    private_key: bytes = setting(parse=parse_private_key)

    @property
    def is_sandbox(self) -> bool:
        return self.mode == SANDBOX


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(BusSettings):
    """What the chassis needs to run a service; each service's own settings extend it."""

    database_url: str = setting(parse=parse_url)
    health_port: int = setting(default=0)
    health_host: str = setting(default="127.0.0.1", shared=True)
    workers: int = setting(default=10)
    # Delays between a handler's failure and its next try; one queue each, made by `migrate`.
    retry_delays: tuple[int, ...] = setting(
        default=(1_000, 5_000, 30_000, 120_000, 600_000), shared=True, parse=parse_milliseconds
    )


def load(settings: type[T], principal: str, environ: Mapping[str, str]) -> T:
    """Build the settings of one process; raises SettingsError naming every missing or wrong one."""
    values: dict[str, Any] = {"principal": principal}
    faults: list[str] = []
    hints = get_type_hints(settings)
    for each in fields(settings):  # type: ignore[arg-type]  # callers pass settings dataclasses
        if each.name == "principal":
            continue
        variable = variable_name(each, principal)
        text = environ.get(variable, "")
        if text:
            try:
                values[each.name] = _parse(each, hints[each.name], text)
            except ValueError as error:
                faults.append(f"{variable} {error}")
        elif each.default is MISSING:
            faults.append(f"{variable} is missing")
    if faults:
        raise SettingsError("; ".join(faults))
    return settings(**values)


def variable_name(each: Field[Any], principal: str) -> str:
    """The environment variable that a settings field is read from."""
    scope = "" if each.metadata.get("shared") else f"{principal.upper()}_"
    return f"MEMBERHALL_{scope}{each.name.upper()}"


def _parse(each: Field[Any], hint: Any, text: str) -> Any:
    parse = each.metadata.get("parse")
    if parse is not None:
        return parse(text)
    if hint is bool:
        if text not in ("true", "false"):
            raise ValueError(f"is {text!r}, must be 'true' or 'false'")
        return text == "true"
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            raise ValueError(f"is {text!r}, must be a number") from None
    return Path(text) if hint is Path else text
