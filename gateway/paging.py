"""The part of a page's address that says which page of a listing is shown, and how."""

from typing import Any

from flask import request

PER_PAGE = 25
MOST = 100


def asked(*filters: str) -> dict[str, Any]:
    """Arguments of a service's listing: limit, cursor, and those of `filters` that are given."""
    named = {name: request.args[name] for name in ("cursor", *filters) if request.args.get(name)}
    return {"limit": _limit(), **named}


def query() -> dict[str, str]:
    """The address' own arguments, for links that change one of them."""
    return {name: text for name, text in request.args.items() if text}


def _limit() -> int:
    """A person who edits the address gets the nearest page that exists, not an error."""
    text = request.args.get("limit", "")
    return min(max(int(text), 1), MOST) if text.isascii() and text.isdigit() else PER_PAGE
