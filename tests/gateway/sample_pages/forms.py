"""Forms as they are shown: untouched, and refused."""

from tests.gateway.sample_pages.values import LONG, Row

BLANK: Row = {"values": {}, "errors": {}, "problem": None}


def wrong(**errors: str) -> Row:
    """A form that was refused: what was typed, and an error for each field named."""
    typed = {"name": LONG, "email": "ada@", "login": "ada", "time_zone": "Mars/Olympus"}
    return {"values": typed, "errors": {name: [said] for name, said in errors.items()}}
