"""Forms of pages: read by the service's own shape, sent, and shown again when something is wrong.

What was typed is kept, except passwords; every field's error stands beside it, and what concerns no
field of the form stands above it.
"""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from chassis import shapes
from chassis.errors import Failure, Invalid, Unavailable
from gateway import access

NEVER_KEPT = frozenset({"password", "new_password", "token"})

# marshmallow's words for programs, said to people.
IN_WORDS = {
    "Missing data for required field.": "Please fill this in.",
    "Field may not be null.": "Please fill this in.",
    "Not a valid email address.": "This is not an e-mail address.",
    "Not a valid string.": "This cannot be read as text.",
    "Not a valid integer.": "This is not a whole number.",
}


class Form:
    """One posting of a form whose fields are those of `shape`."""

    def __init__(self, shape: Schema) -> None:
        self._shape = shape
        self.values = _typed(shape)
        self.errors: dict[str, list[str]] = {}
        self.problem: str | None = None
        self.answer: Any = None
        self.status = 200

    def send(self, service: str, method: str, /, **made: Any) -> bool:
        """Ask a service with what was typed and what we `made`; False when it was not accepted."""
        try:
            # Checked here for all fields at once; the service reads what was typed by itself.
            shapes.load(self._shape, self.values)
            self.answer = access.ask(service, method, **{**self.values, **made})
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

    def _refuse(self, failure: Failure) -> None:
        self.status = 503 if isinstance(failure, Unavailable) else 422
        named = {at.strip("/").partition("/")[0]: said for at, said in failure.fields.items()}
        shown = {name: said for name, said in named.items() if name in self._shape.fields}
        self.errors = {name: [IN_WORDS.get(each, each) for each in shown[name]] for name in shown}
        if not shown or not isinstance(failure, Invalid):
            self.problem = failure.message


def blank(template: str, /, *, values: dict[str, str] | None = None, **variables: Any) -> str:
    """The form before anything was sent."""
    return render_template(template, values=values or {}, errors={}, problem=None, **variables)


def _typed(shape: Schema) -> dict[str, str]:
    """The shape's fields as typed; one left empty was not given. Passwords may end in a space."""
    typed = {name: request.form.get(name, "") for name in shape.fields}
    trimmed = {name: text if name in NEVER_KEPT else text.strip() for name, text in typed.items()}
    return {name: text for name, text in trimmed.items() if text}
