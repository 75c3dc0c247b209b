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


def arranged(rows: list[dict[str, Any]], otherwise: str) -> list[dict[str, Any]]:
    """Whole listings sorted as the address says, by a plain column; rows without a value last."""
    by = request.args.get("sort") or otherwise
    if any(isinstance(row.get(by), dict | list) for row in rows):
        by = otherwise
    known = [row for row in rows if row.get(by) is not None]
    unknown = [row for row in rows if row.get(by) is None]
    is_down = request.args.get("direction") == "down"
    return sorted(known, key=lambda row: row[by], reverse=is_down) + unknown


def _limit() -> int:
    """A person who edits the address gets the nearest page that exists, not an error."""
    text = request.args.get("limit", "")
    return min(max(int(text), 1), MOST) if text.isascii() and text.isdigit() else PER_PAGE
