"""How affiliates is asked."""

from tests.affiliates.story import FIREFOX
from tests.contracts.asking import AFFILIATE, VISITOR, Request, ask, asks_for
from tests.contracts.samples import NAMED, an_id
from tests.doors import Doors


@asks_for("affiliates.join")
def join(doors: Doors) -> Request:
    return Request(AFFILIATE, {"affiliate_id": an_id(0xAF)})


@asks_for("affiliates.record_visit")
def record_visit(doors: Doors) -> Request:
    code = ask(doors, "join", join(doors))["code"]
    by = {"user_agent": FIREFOX, "visitor_hash": "abc123"}
    return Request(VISITOR, {"visit_id": NAMED["visit_id"], "code": code, **by})


def referring(doors: Doors) -> None:
    """A visit through an affiliate's link, which a sign-up can then name."""
    ask(doors, "record_visit", record_visit(doors))
