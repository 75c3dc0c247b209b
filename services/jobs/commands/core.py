"""How commands reach the core's functions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.shapes import plain


def as_json(described: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """JSON text for a parameter that the statement casts to jsonb."""
    return json.dumps(plain(described), separators=(",", ":"))


def read_committed(session: Session) -> None:
    """Begin the transaction at READ COMMITTED, whatever the database's default.

    What skips locked rows needs it, and only the first statement of a transaction can say so.
    """
    session.connection(execution_options={"isolation_level": "READ COMMITTED"})
