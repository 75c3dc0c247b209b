"""Visits through an affiliate's link."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import Conflict
from services.affiliates import domain
from services.affiliates.models import Affiliate, Visit

PATH_LENGTH = 500


@dataclass(frozen=True)
class Recorded:
    """Whether a visit leads to an affiliate."""

    accepted: bool


def record_visit(
    session: Session,
    *,
    now: datetime,
    site_id: UUID,
    visit_id: UUID,
    code: str,
    landing_path: str,
    user_agent: str,
    visitor_hash: str,
) -> Recorded:
    """Keep a visit through the link `code`; a wrong code or a bot is not accepted, never an error.

    Raises Conflict when the visit's id stands for another visit already.
    """
    affiliate = _lock_affiliate(session, site_id, domain.normal_code(code))
    if affiliate is None or domain.is_bot(user_agent):
        return Recorded(accepted=False)
    known = session.get(Visit, visit_id)
    if known and (known.affiliate_id, known.visitor_hash) != (affiliate.affiliate_id, visitor_hash):
        raise Conflict("visit_id_used", "This visit's id stands for another visit already.")
    if known is None:
        session.add(
            Visit(
                visit_id=visit_id,
                site_id=site_id,
                affiliate_id=affiliate.affiliate_id,
                landing_path=landing_path.replace("\0", "")[:PATH_LENGTH],
                visitor_hash=visitor_hash,
                counted=not _came_before(session, affiliate.affiliate_id, visitor_hash, now),
                visited_at=now,
            )
        )
    return Recorded(accepted=True)


def _lock_affiliate(session: Session, site_id: UUID, code: str | None) -> Affiliate | None:
    """Locked, so that of two reloads at the same moment only one is counted (A14)."""
    if code is None:
        return None
    link = select(Affiliate).where(Affiliate.code == code, Affiliate.site_id == site_id)
    return session.scalar(link.with_for_update(key_share=True))


def _came_before(session: Session, affiliate_id: UUID, visitor_hash: str, now: datetime) -> bool:
    earlier = select(Visit.visit_id).where(
        Visit.affiliate_id == affiliate_id,
        Visit.visitor_hash == visitor_hash,
        Visit.counted,
        Visit.visited_at > now - domain.REPEAT_WITHIN,
    )
    return session.scalar(earlier.limit(1)) is not None
