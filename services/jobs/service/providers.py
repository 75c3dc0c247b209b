"""What the process of the jobs service runs beside its doors."""

from typing import Any

import eventlet
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import SQLAlchemyError

from chassis.errors import Unavailable
from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs import commands
from services.jobs.adapters import NodeBell
from services.jobs.node.kinds import load_kinds
from services.jobs.service.leader import Leader

AGAIN_SECONDS = 2


class Bell(DependencyProvider):  # type: ignore[misc]  # nameko is untyped
    """Gives each worker the process' one bell."""

    def setup(self) -> None:
        self._bell = NodeBell(self.container.config["runtime"].settings.broker_url)
        self.container.config["bell"] = self._bell

    def start(self) -> None:
        self._bell.start()

    def stop(self) -> None:
        self._bell.stop()

    def get_dependency(self, worker_ctx: Any) -> NodeBell:
        return self._bell


class Opening(DependencyProvider):  # type: ignore[misc]
    """What has to be in the database before work: this build's kinds.

    A wrong kind stops the process here, with file, kind and field.
    """

    def setup(self) -> None:
        self._kinds: list[JobKind] = list(load_kinds().values())

    def start(self) -> None:
        self.container.spawn_managed_thread(self._open, identifier="opening")

    def _open(self) -> None:
        runtime = self.container.config["runtime"]
        while True:
            try:
                runtime.database.transact(
                    commands.declare_kinds, [kind.as_json() for kind in self._kinds]
                )
                return
            except (SQLAlchemyError, Unavailable) as error:
                log.warning("kinds not declared yet", reason=str(error).splitlines()[0])
                eventlet.sleep(AGAIN_SECONDS)


class House(DependencyProvider):  # type: ignore[misc]
    """This replica as a candidate for the leader, who keeps the cluster going."""

    def start(self) -> None:
        runtime, bell = self.container.config["runtime"], self.container.config["bell"]
        self._leader = Leader(
            database=runtime.database,
            bell=bell,
            ask=runtime.client.call,
            settings=runtime.settings,
            holder=runtime.holder,
        )
        self._leader.start()

    def stop(self) -> None:
        self._leader.stop()
