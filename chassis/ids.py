"""Identifiers: UUID version 7 (RFC 9562), made by the caller of a creating command."""

import uuid

import uuid_utils


def new_id() -> uuid.UUID:
    """A fresh identifier; later ones sort after earlier ones, which keeps index pages warm."""
    return uuid.UUID(int=uuid_utils.uuid7().int)
