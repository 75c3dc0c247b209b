"""Fields and checks that several shapes of jobs share."""

import json
from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis.jobkinds.matching import pattern_fault
from chassis.shapes import Shape
from services.jobs.domain import MOST_ARGUMENTS
from services.jobs.domain.schedules import Missed, WrongSchedule, check_cron, check_zone

PAGE = validate.Range(min=1, max=100)
PRIORITY = validate.Range(min=1, max=4)
KIND = validate.Length(min=1, max=100)
NAME = validate.Length(min=1, max=200)
TAG = validate.Regexp(r"^[\w.:@/-]{1,50}\Z", error="Is no tag: 1 to 50 letters, digits and .:@/-")
MOST_JOBS_AT_ONCE = 500
CURSOR = validate.Regexp(r"^[1-9][0-9]{0,17}\Z")


class Nothing(Shape):
    """A request without arguments."""


def storable(arguments: dict[str, Any]) -> None:
    """Arguments end as jsonb: no NUL, no half characters, and not more than a node can carry."""
    size = size_of(arguments)
    if size > MOST_ARGUMENTS:
        raise ValidationError(f"Has {size} bytes as JSON, at most {MOST_ARGUMENTS} are taken.")
    if _holds_nul(arguments):
        raise ValidationError("Holds the character NUL, which cannot be stored.")


def size_of(arguments: dict[str, Any]) -> int:
    """The bytes of it as JSON."""
    try:
        return len(json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError) as error:
        raise ValidationError("Holds a number or a character that cannot be stored.") from error


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_holds_nul(each) for pair in value.items() for each in pair)
        case list():
            return any(_holds_nul(each) for each in value)
    return False


def readable_cron(cron: str) -> None:
    try:
        check_cron(cron)
    except WrongSchedule as wrong:
        raise ValidationError(f"The cron expression {wrong}.") from wrong


def known_zone(time_zone: str) -> None:
    try:
        check_zone(time_zone)
    except WrongSchedule as wrong:
        raise ValidationError(f"{time_zone!r} {wrong}.") from wrong


def regular_expression(pattern: str) -> None:
    if fault := pattern_fault(pattern):
        raise ValidationError(f"It {fault}.")


def arguments() -> fields.Dict:
    """What the handler gets."""
    return fields.Dict(keys=fields.String(), load_default=dict, validate=storable)


def priority() -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True, validate=PRIORITY)


def missed() -> fields.String:
    return fields.String(
        load_default=Missed.ONE.value, validate=validate.OneOf([each.value for each in Missed])
    )
