"""How an account becomes an affiliate."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Unavailable
from services.affiliates import domain
from services.affiliates.commands.accounts import lock_account
from services.affiliates.models import Affiliate

CODE_TRIES = 5


def join(
    session: Session, *, now: datetime, site_id: UUID, account_id: UUID, affiliate_id: UUID
) -> Affiliate:
    """Make the account an affiliate; joining again, from whichever tab, is the same act.

    Raises Conflict when the affiliate's id is another account's.
    """
    lock_account(session, account_id)
    joined = session.scalar(select(Affiliate).where(Affiliate.account_id == account_id))
    if joined:
        return joined
    if session.get(Affiliate, affiliate_id):
        raise Conflict("affiliate_id_used", "This affiliate's id is another account's already.")
    for _ in range(CODE_TRIES):
        session.execute(
            insert(Affiliate)
            .values(
                affiliate_id=affiliate_id,
                site_id=site_id,
                account_id=account_id,
                code=_new_code(),
                joined_at=now,
            )
            .on_conflict_do_nothing(index_elements=["code"])
        )
        if affiliate := session.get(Affiliate, affiliate_id):
            return affiliate
    raise Unavailable("no_free_code", "No free code was found; please try again.")


def _new_code() -> str:
    return "".join(secrets.choice(domain.CODE_ALPHABET) for _ in range(domain.CODE_LENGTH))
