"""The wording of every mail, and the sandbox that it is rendered in.

A mail is three files: `<template>.subject`, `<template>.txt` and `<template>.html`. Only the last
escapes what it is given: a subject with "&amp;" in it is a defect (N11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifications.domain.wording import header_text

LONGEST_MAIL = 200_000  # characters of one rendered part
LONGEST_TEXT = 10_000  # characters of one given value

# What can make a long text out of a short template in one step, which no output limit stops (N13).
_SWELLING_METHODS = {"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill"}
_SWELLING_FILTERS = ("center", "format", "indent", "pprint", "wordwrap")


class CannotRender(Exception):
    """A mail cannot be made from its template and these values."""


@dataclass(frozen=True)
class Rendered:
    """One mail in its three parts."""

    subject: str
    text: str
    html: str


class Sandbox(ImmutableSandboxedEnvironment):
    """Plain values in, a bounded text out, and no way to anything else (N12, N13)."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *, escapes: bool) -> None:
        super().__init__(
            loader=FileSystemLoader(Path(__file__).parent),
            undefined=StrictUndefined,
            autoescape=escapes,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in _SWELLING_FILTERS:
            del self.filters[name]
        for name in ("range", "lipsum"):
            self.globals.pop(name, None)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"{operator!r} is not for mails")

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _SWELLING_METHODS and super().is_safe_attribute(obj, attr, value)


_PLAIN = Sandbox(escapes=False)
_HTML = Sandbox(escapes=True)


def render(template: str, values: Mapping[str, str | None]) -> Rendered:
    """Render a mail; raises CannotRender with what is wrong."""
    given = {name: value and value[:LONGEST_TEXT] for name, value in values.items()}
    return Rendered(
        subject=header_text(_rendered(_PLAIN, f"{template}.subject", given)),
        text=_rendered(_PLAIN, f"{template}.txt", given),
        html=_rendered(_HTML, f"{template}.html", given),
    )


def _rendered(sandbox: Sandbox, file: str, values: Mapping[str, str | None]) -> str:
    parts: list[str] = []
    length = 0
    try:
        for part in sandbox.get_template(file).generate(values):
            length += len(part)
            if length > LONGEST_MAIL:
                raise CannotRender(f"{file} is longer than {LONGEST_MAIL} characters")
            parts.append(part)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise CannotRender(f"{file}: {type(error).__name__}: {error}") from error
    return "".join(parts)
