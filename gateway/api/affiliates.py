"""The affiliate's side, over the API."""

from typing import Any

from gateway import access
from gateway.api.describing import Operations
from gateway.api.idempotency import creation
from services.affiliates import schemas

operations = Operations("affiliates", "Links, visits, sign-ups and commissions.")


@operations.on("GET", "/affiliate", gives=schemas.AffiliateView())
def affiliate() -> Any:
    """How the caller is doing as an affiliate; `joined` is false for who is none."""
    return access.ask("affiliates", "affiliate")


@operations.on("POST", "/affiliate", gives=schemas.Joined(), status=201)
def join() -> Any:
    """Become an affiliate."""
    made = creation()
    return access.ask("affiliates", "join", call_id=made.call_id, affiliate_id=made.created_id)


@operations.on(
    "GET",
    "/affiliate/commissions",
    query=schemas.ListCommissions(),
    gives=schemas.CommissionPage(),
)
def commissions(query: dict[str, Any]) -> Any:
    """The caller's commissions, newest first."""
    return access.ask("affiliates", "commissions", **query)
