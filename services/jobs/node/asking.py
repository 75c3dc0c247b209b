"""How a job's handler asks services: one bus client a worker, made when the first handler asks."""

import uuid
from typing import Any
from uuid import UUID

from chassis.client import Client
from chassis.context import Caller
from chassis.jobkinds import Ask
from services.jobs.node.runs import Claimed
from services.jobs.node.settings import NodeSettings

PRINCIPAL = "node"


class Asker:
    """Calls in the node's own name, acting for the job's account and site."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._client: Client | None = None

    def for_job(self, claimed: Claimed) -> Ask:
        """The way to ask on behalf of one job."""

        def ask(service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any) -> Any:
            return self._connected().call(
                service, method, caller=_caller(claimed), call_id=call_id, **arguments
            )

        return ask

    def _connected(self) -> Client:
        if self._client is None:
            self._client = Client(
                principal=PRINCIPAL,
                broker_url=self._settings.broker_url,
                private_key=self._settings.private_key,
            ).start()
            self._client.wait_until_connected()
        return self._client


def _caller(claimed: Claimed) -> Caller:
    return Caller(
        principal=PRINCIPAL,
        request_id=claimed.request_id or f"job-{claimed.uid}",
        account_id=_id(claimed.account_id),
        site_id=_id(claimed.site_id),
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
