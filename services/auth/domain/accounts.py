"""Sites, accounts and users: their fixed ids, what makes two sign-ups the same, who sees whom."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

MAIN_SITE = UUID("018f0000-0000-7000-8000-000000000001")

DEMO_ACCOUNT = UUID("018f0000-0000-7000-8000-0000000000d1")
DEMO_USER = UUID("018f0000-0000-7000-8000-0000000000d2")
DEMO_NAME = "Demo Operator"

RECENTLY = timedelta(days=30)


@dataclass(frozen=True)
class Overview:
    """How many users a site has; `signed_up_recently` within the last 30 days."""

    users: int
    confirmed: int
    signed_up_recently: int


def sign_up_fingerprint(
    site_id: UUID, account_id: UUID, canonical_email: str, name: str, time_zone: str
) -> bytes:
    """What has to be equal for a second sign-up with one user id to be a repetition.

    The password is left out: a fast hash of it beside the slow one would undo the slow one.
    """
    content = [str(site_id), str(account_id), canonical_email, name, time_zone]
    return hashlib.sha256(json.dumps(content).encode()).digest()


def may_see_user(principal: str, asking: UUID | None, roles: frozenset[str], user_id: UUID) -> bool:
    """People see themselves, operators everybody, and services that act for nobody too.

    The gateway always speaks for a person, even where that is a visitor without a user.
    """
    if asking is None:
        return principal != "gateway"
    return asking == user_id or "operator" in roles
