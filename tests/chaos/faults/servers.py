"""F7 to F11: the broker and the database go away and come back."""

import signal
from urllib.parse import quote

import psycopg2
import requests

from tests.chaos import trees
from tests.chaos.scene import Fault

RESUMED = 5.0  # seconds from when a server can be reached again


class ServerFault(Fault):
    """Work has to go on by itself: no node is started anew for it."""

    def expect_work(self) -> None:
        """From now on, when the server is there again, every node claims and jobs are accepted."""
        scene = self.scene
        since = scene.now()
        agents = {node: node.agent for node in scene.nodes.present}
        accepted = scene.driver.tally.accepted.total()

        def works() -> bool:
            rows = scene.world.rows(
                "SELECT count(*) FROM node_session s WHERE state = 'live' AND (EXISTS"
                " (SELECT FROM done d WHERE d.session_id = s.session_id"
                "  AND d.claimed_at > to_timestamp(%s)) OR EXISTS (SELECT FROM live l"
                "  WHERE l.session_id = s.session_id AND l.claimed_at > to_timestamp(%s)))",
                since, since,
            )  # fmt: skip
            return int(rows[0][0]) >= len(agents)

        self.recovers("every node works", RESUMED, works)
        self.recovers(
            "jobs are accepted",
            RESUMED,
            lambda: scene.driver.tally.accepted.total() > accepted,
        )
        self._agents = agents

    def expect_nobody_restarted(self) -> None:
        for node, agent in self._agents.items():
            if node.process.is_alive and not trees.is_alive(agent):
                self.scene.accuse("recovery", f"the agent of {node.name} died of {self.name}")


class RestartBroker(ServerFault):
    number, title = "F7", "RabbitMQ restarts"
    expects = "work goes on by looking; nothing is lost, nobody restarts"
    in_short = True
    hold = (1.0, 10.0)

    def do(self) -> None:
        self.way = self.scene.random.choice(("stop_app", "kill"))
        if self.scene.is_long and self.scene.random.random() < 0.3:
            self.way = "freeze"
        self.scene.notes.append(f"F7: by {self.way}")
        if self.way == "stop_app":
            self.scene.world.broker.stop_app()
        elif self.way == "kill":
            self.scene.world.broker.kill()
        else:
            self.pid = int((self.scene.world.broker.folder / "rabbitmq.pid").read_text())
            trees.send([self.pid], signal.SIGSTOP)

    def undo(self) -> None:
        if self.way == "stop_app":
            self.scene.world.broker.start_app()
        elif self.way == "kill":
            self.scene.world.broker.start()
        else:
            trees.send([self.pid], signal.SIGCONT)
        self.expect_work()


class MemoryAlarm(ServerFault):
    number, title = "F8", "RabbitMQ has no memory left"
    expects = "asking for jobs waits or fails aloud; what is there runs on"
    hold = (5.0, 20.0)

    def do(self) -> None:
        self.scene.world.broker.control("set_vm_memory_high_watermark", "0.00001")

    def undo(self) -> None:
        self.scene.world.broker.control("set_vm_memory_high_watermark", "0.4")
        self.expect_work()


class LoseQueues(ServerFault):
    number, title = "F9", "the nodes' queues are purged and deleted"
    expects = "they are declared again; nodes look for themselves until then"

    def do(self) -> None:
        api = f"{self.scene.world.broker.api_url}/api"
        for queue in requests.get(f"{api}/queues", timeout=10).json():
            if queue["name"].startswith("node."):
                path = f"{api}/queues/{quote(queue['vhost'], safe='')}/{queue['name']}"
                requests.delete(f"{path}/contents", timeout=10)
        # A queue that belongs to a connection goes with it, and cannot be deleted otherwise.
        for connection in requests.get(f"{api}/connections", timeout=10).json():
            if connection["user"] == "memberhall_node":
                requests.delete(f"{api}/connections/{quote(connection['name'])}", timeout=10)
        self.expect_work()


class RestartPostgres(ServerFault):
    number, title = "F10", "PostgreSQL crashes and starts again"
    expects = "outcomes wait, nobody restarts, work goes on within 5 seconds"
    in_short = True

    def do(self) -> None:
        self.scene.world.postgres.kill()
        self.scene.world.postgres.start()
        self.expect_work()

    def undo(self) -> None:
        self.expect_nobody_restarted()


class EndBackends(ServerFault):
    number, title = "F11", "connections are ended by the administrator, one after the other"
    expects = "everybody connects again, no node is stuck"
    in_short = True
    hold = (5.0, 20.0)

    def do(self) -> None:
        """It is all in the steps."""

    def step(self) -> None:
        try:
            self.scene.world.rows(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                " WHERE usename IN ('memberhall_node', 'memberhall_jobs')"
                " ORDER BY random() LIMIT 1) x"
            )
        except psycopg2.OperationalError as error:
            self.scene.notes.append(f"F11: {str(error).strip()}")

    def undo(self) -> None:
        self.expect_work()
