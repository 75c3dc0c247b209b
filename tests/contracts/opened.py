"""A service's doors, opened on a real database without bus, broker or another process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

from nameko.extensions import DependencyProvider
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from chassis import config
from chassis.database import Database, sqlalchemy_url
from chassis.registry import ServiceEntry
from tests.auth.acting import PASSWORDS
from tests.billing import paypal
from tests.doors import Doors

# What console makes up for no service: the world outside, which nothing here reaches.
OUTSIDE = {
    "MEMBERHALL_BILLING_PAYPAL_URL": "https://paypal.example/webscr",
    "MEMBERHALL_BILLING_PAYPAL_VERIFY_URL": "https://paypal.example/verify",
    "MEMBERHALL_BILLING_PAYPAL_BUSINESS": paypal.MERCHANT.email,
    "MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID": paypal.MERCHANT.receiver_id,
    "MEMBERHALL_NOTIFICATIONS_SMTP_URL": "smtp://mail.example:25",
    "MEMBERHALL_NOTIFICATIONS_SENDER": "Memberhall <hall@example.com>",
}


def settings_of(entry: ServiceEntry, environment: Mapping[str, str]) -> Any:
    """The service's settings, read as its process reads them."""
    return config.load(entry.settings_class(), entry.name, {**OUTSIDE, **environment})


@contextmanager
def opened(entry: ServiceEntry, environment: Mapping[str, str]) -> Iterator[Doors]:
    """The service with its doors open; every unit of work commits."""
    settings = settings_of(entry, environment)
    database = Database(settings.database_url, pool_size=2)
    # What is read after a door has closed must be what is committed by then.
    reading = create_engine(sqlalchemy_url(settings.database_url), isolation_level="AUTOCOMMIT")
    with Session(reading) as session:
        doors = Doors(entry.service_class(), session, settings, client=Mock(), database=database)
        _stand_in(doors.service)
        yield doors
    reading.dispose()
    database.close()


def _stand_in(service: Any) -> None:
    """What nameko or a process of its own would give the service."""
    for name in dir(type(service)):
        provider = getattr(type(service), name)
        if isinstance(provider, DependencyProvider) and name != "runtime":
            setattr(service, name, Mock())
    service.off_loop = lambda work, *args, **kwargs: work(*args, **kwargs)
    if hasattr(service, "passwords"):
        service.passwords = PASSWORDS
