"""What all tables of the job core share."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Double, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from chassis.plumbing import service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        float: Double,
        list[str]: ARRAY(Text),
    }
