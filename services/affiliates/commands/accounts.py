"""The row of an account: the lock under which what is known of it is put together."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.affiliates.models import Account


def lock_account(session: Session, account_id: UUID) -> Account:
    """The account's row, made when missing, locked until the end of the transaction."""
    session.execute(
        insert(Account)
        .values(account_id=account_id)
        .on_conflict_do_nothing(index_elements=["account_id"])
    )
    # Not FOR UPDATE: rows that refer to the account may be written meanwhile.
    return session.get_one(
        Account, account_id, with_for_update={"key_share": True}, populate_existing=True
    )
