"""Where accounts are mailed."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifications.domain.delivering import MAIN_SITE
from services.notifications.models import Recipient


def remember_recipient(
    session: Session,
    *,
    site_id: UUID | None,
    account_id: UUID,
    email: str,
    name: str,
    version: int,
    time_zone: str | None = None,
) -> None:
    """Keep the newest that was told of the account; what is older and comes late is passed o"""
    values = {
        "site_id": site_id or MAIN_SITE,
        "email": email,
        "name": name,
        "time_zone": time_zone,
        "version": version,
    }
    told = insert(Recipient).values(account_id=account_id, **values)
    session.execute(
        told.on_conflict_do_update(
            index_elements=["account_id"], set_=values, where=Recipient.version < version
        )
    )
