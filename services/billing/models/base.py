"""What all of billing's tables share."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from chassis.plumbing import service_metadata


class Base(DeclarativeBase):
    """No schema is named: the role's search path decides."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        list[str]: JSONB,
    }


def one_of(column: str, allowed: type) -> CheckConstraint:
    """The column holds a value of the enum (or is null where it may be)."""
    values = ", ".join(f"'{each.value}'" for each in allowed)  # type: ignore[attr-defined]  # an enum
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")
