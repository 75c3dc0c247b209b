"""Having due mails sent, and seeing what became of them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notifications.models import Delivery
from services.notifications.service import NotificationsService
from tests.doors import Doors


def only(session: Session) -> Delivery:
    session.expire_all()
    return session.scalars(select(Delivery)).one()


def send(doors: Doors) -> None:
    service: NotificationsService = doors.service
    service.send_due()


def told(doors: Doors) -> list[tuple[str, Any]]:
    return [(wire, body["version"]) for wire, body in doors.told()]
