"""Every shape that crosses auth's door."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis.shapes import Id, Instant, Shape
from services.auth.domain.addresses import Address, read_address
from services.auth.domain.passwords import LONGEST, password_faults

# Entries of the database of zones that name no zone.
NO_ZONES = {"Factory", "localtime"}


class EmailAddress(fields.Field[Address]):
    """What somebody typed as their address, read into its typed and canonical form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Address:
        try:
            return read_address(value)
        except (ValueError, AttributeError, UnicodeError) as error:
            raise ValidationError("This is not an e-mail address.") from error


class Line(fields.String):
    """One line of text, trimmed, without control characters and half surrogates."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
            raise ValidationError("This must be one line of plain text.")
        return text


class ClientName(fields.String):
    """What a browser calls itself: cut and cleaned, for a strange one must not prevent a login."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        said = super()._deserialize(value, attr, data, **kwargs)
        return "".join(each for each in said[:400] if each.isprintable())


class TimeZone(Line):
    """A zone of the IANA database, such as "Europe/Berlin" or "UTC" (ID-22)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in zone_names():
            raise ValidationError("This is not a time zone of the IANA database.")
        return name


@cache
def zone_names() -> frozenset[str]:
    """Every zone that a user can choose."""
    return frozenset(available_timezones() - NO_ZONES)


def _password() -> fields.String:
    # load_only keeps it out of answers and out of what the chassis remembers of a call.
    return fields.String(required=True, load_only=True)


def _session_hash() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class SignUp(Shape):
    """A visitor wants an account; both ids are new and the caller's own."""

    user_id = Id(required=True)
    account_id = Id(required=True)
    email = EmailAddress(required=True)
    password = _password()
    name = Line(required=True, validate=validate.Length(1, 100))
    time_zone = TimeZone(load_default="UTC")
    visit_id = Id(load_default=None, allow_none=True)

    # Also where other fields are wrong, so that a form hears of everything at once.
    @validates_schema(skip_on_field_errors=False)
    def refuse_weak_passwords(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        email: Address | None = data.get("email")
        if "password" not in data:
            return
        if faults := password_faults(data["password"], email.canonical if email else None):
            raise ValidationError({"password": faults})


class OneAddress(Shape):
    """An address to mail to, if it is known."""

    email = EmailAddress(required=True)


class OneToken(Shape):
    """The token of a mailed link."""

    token = fields.String(required=True, load_only=True, validate=validate.Length(max=200))


class TypedCode(Shape):
    """The code of a mail, typed by a person."""

    email = EmailAddress(required=True)
    code = fields.String(required=True, load_only=True, validate=validate.Length(max=40))


class ResetPassword(OneToken):
    """A new password, by the token of a mailed link."""

    password = _password()

    @validates_schema
    def refuse_weak_passwords(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if faults := password_faults(data["password"], None):
            raise ValidationError({"password": faults})


class LogIn(Shape):
    """A login; `session_hash` is the SHA-256 (hex) of the secret that the gateway made."""

    session_hash = _session_hash()
    login = fields.String(required=True, validate=validate.Length(max=320))
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=LONGEST))
    user_agent = ClientName(load_default="")
    ip = fields.String(load_default="", validate=validate.Length(max=45))


class OneSession(Shape):
    """A session, by the SHA-256 (hex) of its secret."""

    session_hash = _session_hash()


class OneUser(Shape):
    """A user, by id."""

    user_id = Id(required=True)


class ChosenTimeZone(Shape):
    """The zone in which the caller wants to read times."""

    time_zone = TimeZone(required=True)


class WhichToken(Shape):
    """A mailed token, by the id that the event told."""

    token_id = Id(required=True)


class Nothing(Shape):
    """A request without arguments."""


class Person(Shape):
    """What is told of a user everywhere; roles are "member" and perhaps "operator"."""

    user_id = Id()
    account_id = Id()
    site_id = Id()
    email = fields.String()
    name = fields.String()
    roles = fields.List(fields.String())
    time_zone = fields.String()


class UserView(Person):
    """A user, as others see one."""

    is_confirmed = fields.Boolean()


class SessionView(Person):
    """A live session with its user; instants are real time."""

    session_id = Id()
    authenticated_at = Instant()
    expires_at = Instant()


class MailSecret(Shape):
    """The texts of a mailed token."""

    token = fields.String()
    code = fields.String()


class AccountsOverview(Shape):
    """How many users the site has; `signed_up_recently` within the last 30 days."""

    users = fields.Integer()
    confirmed = fields.Integer()
    signed_up_recently = fields.Integer()
