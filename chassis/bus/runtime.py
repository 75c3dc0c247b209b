"""What one service process holds: settings, database, keys, and its connections to the broker."""

import socket
import uuid
from dataclasses import dataclass, field

from chassis.client import Client
from chassis.config import ServiceSettings
from chassis.context import Signer, Verifier
from chassis.database import Database
from chassis.publisher import Publisher


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Made once by `chassis.run` (or by a test) and handed to every part of the process."""

    settings: ServiceSettings
    database: Database
    client: Client
    publisher: Publisher
    signer: Signer
    verifier: Verifier
    # Names this process in leases; unlike a process id it is never used twice.
    holder: str = field(default_factory=lambda: f"{socket.gethostname()}:{uuid.uuid4().hex}")
