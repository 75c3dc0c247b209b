"""The console on the bus: its client and in whose name it asks."""

import base64
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chassis.client import Client
from chassis.context import Caller
from chassis.errors import Unavailable
from chassis.logs import start_logging

# The main site's fixed identifier: what a console does without naming a site, it does there.
MAIN_SITE = uuid.UUID("018f0000-0000-7000-8000-000000000001")
DEADLINE = 20.0  # seconds


class Operator:
    """Asks services as the operator at the console."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ask(self, service: str, method: str, **arguments: Any) -> Any:
        """The answer as JSON values; raises the five failures."""
        caller = Caller(
            principal="console",
            request_id=f"console-{uuid.uuid4().hex[:12]}",
            site_id=MAIN_SITE,
            roles=frozenset({"operator"}),
        )
        return self._client.call(service, method, caller=caller, deadline=DEADLINE, **arguments)


@contextmanager
def operator(environ: Mapping[str, str]) -> Iterator[Operator]:
    """An operator connected with the console's own login and key."""
    start_logging("console", "WARNING")
    client = Client(
        principal="console",
        broker_url=environ["MEMBERHALL_CONSOLE_BROKER_URL"],
        private_key=base64.b64decode(environ["MEMBERHALL_CONSOLE_PRIVATE_KEY"]),
    ).start()
    try:
        if not client.wait_until_connected():
            raise Unavailable("broker_away", "The message broker cannot be reached: is it up?")
        yield Operator(client)
    finally:
        client.stop()
