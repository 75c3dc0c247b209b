"""F12 and F13: connections that are silent, slow or torn."""

import signal

from tests.chaos import trees
from tests.chaos.faults.nodes import BY_LEASE
from tests.chaos.faults.servers import ServerFault
from tests.chaos.proxy import FAIR, Weather

TRUST = 13.0  # seconds that a node may trust a lease it could not renew
BAD = Weather(delay=0.2, jitter=0.1, resets=0.05, slice=700)


class _Untrusted(ServerFault):
    """Nodes that cannot renew their lease for longer than they may trust it."""

    def accuse_of_workers(self, workers: list[int]) -> None:
        """I5: at the end of such a fault none of the workers that it found may be alive."""
        alive = [pid for pid in workers if trees.is_alive(pid)]
        if alive:
            text = f"{len(alive)} workers outlived their node's trust window in {self.name}"
            self.scene.accuse("I5", text)


class Silence(_Untrusted):
    number, title = "F12", "a node's way to PostgreSQL goes silent"
    expects = "it stops its own workers by its trust window, and joins again afterwards"
    hold = (30.0, 30.0)

    def do(self) -> None:
        self.node = self.scene.node()
        self.session = session = self.scene.session_at_work(self.node)
        self.workers = workers = self.node.workers
        self.node.to_postgres.weather = Weather(silent=True)
        self.recovers(
            "it stopped its workers", TRUST + 1.5, lambda: not any(map(trees.is_alive, workers))
        )
        self.recovers("its jobs are elsewhere", BY_LEASE, lambda: not self.node.running(session))

    def undo(self) -> None:
        self.accuse_of_workers(self.workers)
        self.node.to_postgres.weather = FAIR
        node, session = self.node, self.session
        self.recovers(
            "it joined again", 15.0, lambda: node.session is not None and node.session != session
        )


class FreezePostgres(_Untrusted):
    number, title = "F12b", "PostgreSQL's processes are stopped for 20 seconds"
    expects = "nodes stop their workers when they can trust no more, and all goes on afterwards"
    hold = (20.0, 20.0)

    def do(self) -> None:
        self.workers = [pid for node in self.scene.nodes.present for pid in node.workers]
        pid_file = self.scene.world.postgres.data / "postmaster.pid"
        self.pids = trees.descendants(int(pid_file.read_text().split()[0]))
        trees.send(self.pids, signal.SIGSTOP)

    def undo(self) -> None:
        self.accuse_of_workers(self.workers)
        trees.send(reversed(self.pids), signal.SIGCONT)
        self.expect_work()


class BadWeather(ServerFault):
    number, title = "F13", "slow and torn connections everywhere"
    expects = "slower, and correct; one node does without the broker"
    in_short = True
    hold = (6.0, 20.0)

    def do(self) -> None:
        self._weather(BAD)
        cut_off = self.scene.node().to_broker
        cut_off.weather = Weather(refuses=True)
        self.scene.world.proxy.cut(cut_off)

    def undo(self) -> None:
        self._weather(FAIR)
        self.expect_work()

    def _weather(self, weather: Weather) -> None:
        for node in self.scene.nodes.all.values():
            node.to_postgres.weather = node.to_broker.weather = weather
