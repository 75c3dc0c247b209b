"""Forms of pages: read by the service's own shape, sent, and shown again when something is wrong.

What was typed is kept, except passwords; every field's error stands beside it, and what concerns no
field of the form stands above it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from chassis import shapes
from chassis.errors import Conflict, Failure, Invalid, Unavailable
from gateway import access

STATUS: dict[type[Failure], int] = {Conflict: 409, Unavailable: 503}  # the others are 422
NEVER_KEPT = frozenset({"password", "new_password", "token"})

# marshmallow's words for programs, said to people.
IN_WORDS = {
    "Missing data for required field.": "Please fill this in.",
    "Field may not be null.": "Please fill this in.",
    "Not a valid email address.": "This is not an e-mail address.",
    "Not a valid string.": "This cannot be read as text.",
    "Not a valid integer.": "This is not a whole number.",
    "Not a valid number.": "This is not a number.",
    "is taken": "This is taken already; choose another.",
    "is not declared by any service": "There is no such kind (any more).",
    "Not a valid UUID.": "This is not an id: 36 letters, digits and dashes.",
}
IN_OTHER_WORDS = (
    (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.", "from {} to {}"),
    (r"Must be greater than (\S+) and less than or equal to (\S+)\.", "above {} and at most {}"),
    (r"Longer than maximum length (\d+)\.", "at most {} characters long"),
)

Reader = Callable[[str], Any]


class Unreadable(ValueError):
    """What was typed cannot be read; the message is a sentence for whoever typed it."""


class Form:
    """One posting of a form whose fields are those of `shape`.

    A reader makes the value of a field that is no text from what was typed, or raises
    Unreadable. `inside` names the one argument that all fields go into.
    """

    def __init__(
        self,
        shape: Schema,
        *,
        readers: Mapping[str, Reader] | None = None,
        inside: str | None = None,
    ) -> None:
        self._shape = shape
        self._readers = readers or {}
        self._inside = inside
        self.values = _typed(shape)
        self.errors: dict[str, list[str]] = {}
        self.problem: str | None = None
        self.answer: Any = None
        self.status = 200

    def send(self, service: str, method: str, /, **made: Any) -> bool:
        """Ask a service with what was typed and what we `made`; False when it was not accepted."""
        try:
            given = self._checked()
            arguments = {self._inside: given} if self._inside else given
            self.answer = access.ask(service, method, **{**arguments, **made})
        except Failure as failure:
            self._refuse(failure)
            return False
        return True

    def page(self, template: str, **variables: Any) -> ResponseReturnValue:
        """The form again, as it was typed."""
        return (
            render_template(
                template,
                values={name: self.values[name] for name in self.values if name not in NEVER_KEPT},
                errors=self.errors,
                problem=self.problem,
                **variables,
            ),
            self.status,
        )

    def _checked(self) -> dict[str, Any]:
        """Every field read and checked at once; the service reads them again by itself."""
        given, faults = self._read()
        try:
            shapes.load(self._shape, given)
        except Invalid as wrong:
            faults = {**wrong.fields, **faults}
        if faults:
            raise Invalid("invalid_request", "Please look at the marked fields again.", faults)
        return given

    def _read(self) -> tuple[dict[str, Any], dict[str, list[str]]]:
        given: dict[str, Any] = {}
        faults: dict[str, list[str]] = {}
        for name, text in self.values.items():
            try:
                given[name] = self._readers[name](text) if name in self._readers else text
            except Unreadable as error:
                faults[f"/{name}"] = [str(error)]
        return given, faults

    def _refuse(self, failure: Failure) -> None:
        self.status = STATUS.get(type(failure), 422)
        self.errors = said(failure, self._shape, self._inside)
        if not self.errors or not isinstance(failure, Invalid):
            of_all = failure.fields.get(f"/{self._inside}", []) if self._inside else []
            self.problem = " ".join([failure.message, *of_all])


def said(failure: Failure, shape: Schema, inside: str | None = None) -> dict[str, list[str]]:
    """What a failure says of each field of a shape, in words for people."""
    start = f"/{inside}/" if inside else "/"
    named: dict[str, list[str]] = {}
    for at, sentences in failure.fields.items():
        name = at.removeprefix(start).strip("/").partition("/")[0]
        if name in shape.fields:
            named.setdefault(name, []).extend(map(_in_words, sentences))
    return named


def _in_words(sentence: str) -> str:
    for pattern, words in IN_OTHER_WORDS:
        if found := re.fullmatch(pattern, sentence):
            return f"This must be {words.format(*found.groups())}."
    return IN_WORDS.get(sentence, sentence)


def faults(shape: Schema, given: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with filters of a listing, by field; nothing where they can be asked."""
    try:
        shapes.load(shape, given)
    except Invalid as wrong:
        return said(wrong, shape)
    return {}


def blank(template: str, /, *, values: dict[str, str] | None = None, **variables: Any) -> str:
    """The form before anything was sent."""
    return render_template(template, values=values or {}, errors={}, problem=None, **variables)


def _typed(shape: Schema) -> dict[str, str]:
    """The shape's fields as typed; one left empty was not given. Passwords may end in a space."""
    typed = {name: request.form.get(name, "") for name in shape.fields}
    trimmed = {name: text if name in NEVER_KEPT else text.strip() for name, text in typed.items()}
    return {name: text for name, text in trimmed.items() if text}
