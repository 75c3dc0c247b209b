"""nameko's view of the doors: entrypoints that hand their deliveries to the service's workers."""

import threading
from typing import Any

from nameko.extensions import Entrypoint

from chassis import leases
from chassis.bus.intake import Intake
from chassis.errors import Failure, Unavailable
from chassis.logs import log


class Rpc(Entrypoint):  # type: ignore[misc]  # nameko is untyped
    """A call, found by the method's name."""

    intake = Intake()
    expected_exceptions = (Failure,)

    def setup(self) -> None:
        self.intake.calls[self.method_name] = self

    def stop(self) -> None:
        self.intake.stop_taking()


class Handler(Entrypoint):  # type: ignore[misc]
    """An event, found by its wire name."""

    intake = Intake()
    expected_exceptions = (Failure,)

    def __init__(self, wire: str, **kwargs: Any) -> None:
        self.wire = wire
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.intake.handlers[self.wire] = self

    def stop(self) -> None:
        self.intake.stop_taking()


class Every(Entrypoint):  # type: ignore[misc]
    """A tick, taken by whichever replica holds the lease of that name."""

    def __init__(self, seconds: float, **kwargs: Any) -> None:
        self.seconds = seconds
        super().__init__(**kwargs)

    def setup(self) -> None:
        self._stopping = threading.Event()
        self._runtime = self.container.config["runtime"]
        self._lease_seconds = max(10.0, 3 * self.seconds)

    def start(self) -> None:
        self.container.spawn_managed_thread(self._tick, identifier=f"every {self.method_name}")

    def stop(self) -> None:
        self._stopping.set()
        try:
            self._runtime.database.transact(
                leases.give_back, name=self.method_name, holder=self._runtime.holder
            )
        except Unavailable:
            log.info("lease left to expire", lease=self.method_name)

    def _tick(self) -> None:
        while not self._stopping.wait(self.seconds):
            if self._has_lease():
                done = threading.Event()
                self.container.spawn_worker(self, (), {}, handle_result=self._after(done))
                done.wait()

    def _has_lease(self) -> bool:
        try:
            term = self._runtime.database.transact(
                leases.take,
                name=self.method_name,
                holder=self._runtime.holder,
                seconds=self._lease_seconds,
            )
        except Exception as error:  # noqa: BLE001 - a tick that fails must not end the ticking
            log.warning("no lease", lease=self.method_name, reason=str(error))
            return False
        return term is not None

    def _after(self, done: threading.Event) -> Any:
        def handle_result(_: Any, result: Any, exc_info: Any) -> Any:
            if exc_info is not None:
                log.error("tick failed", tick=self.method_name, exc_info=exc_info)
            done.set()
            return result, None

        return handle_result
