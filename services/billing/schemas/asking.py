"""What several of the requests share."""

import base64
import binascii
from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis.shapes import Id, Shape


class Nothing(Shape):
    """A request without arguments."""


class Paging(Shape):
    """A page of a list: at most `limit` items, from where `cursor` says."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = Id(load_default=None, allow_none=True)


class Binary(fields.Field[bytes]):
    """Bytes, as base64 on the wire."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else base64.b64encode(value).decode("ascii")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error) as error:
            raise ValidationError("Not base64.") from error
