"""F1 to F6: whatever can happen to the processes of a node."""

import signal
import time
from abc import abstractmethod

from tests.chaos import trees
from tests.chaos.nodes import Node
from tests.chaos.scene import Fault

SUPERVISED = 1.0  # seconds within which a dead agent's jobs are with others
BY_LEASE = 20.0  # and within which those of a whole dead node are


class NodeFault(Fault):
    """What the faults of nodes look at."""

    def taken_back(self, session: int) -> bool:
        return not self.scene.world.rows(
            "SELECT 1 FROM live WHERE state = 2 AND session_id = %s LIMIT 1", session
        )

    def ended(self, session: int) -> bool:
        return bool(
            self.scene.world.rows(
                "SELECT 1 FROM node_session WHERE session_id = %s AND ended_at IS NOT NULL", session
            )
        )

    def works(self, node: Node, not_as: int) -> bool:
        """Whether the node has joined anew and claimed."""
        return bool(
            self.scene.world.rows(
                "SELECT 1 FROM node_session s WHERE node_name = %s AND session_id <> %s"
                " AND state = 'live' AND (EXISTS (SELECT FROM done d WHERE d.session_id ="
                " s.session_id) OR EXISTS (SELECT FROM live l WHERE l.session_id = s.session_id))",
                node.name, not_as,
            )
        )  # fmt: skip


class KillAgent(NodeFault):
    number, title = "F1", "kill -9 of an agent"
    expects = "its workers end with it, its jobs are elsewhere within a second"
    in_short = True

    def do(self) -> None:
        node = self.scene.node()
        agent, workers = node.agent, node.workers
        session = self.scene.session_at_work(node)
        trees.send([agent], signal.SIGKILL)
        self.recovers("workers gone", 0.2, lambda: not any(map(trees.is_alive, workers)))
        self.recovers(
            "jobs taken back",
            SUPERVISED,
            lambda: self.ended(session) and self.taken_back(session),
        )
        self.recovers("the node works again", 10.0, lambda: self.works(node, session))


class KillWorker(NodeFault):
    number, title = "F2", "kill -9 of a worker"
    expects = "one job is lost and tried again; the worker is replaced"
    in_short = True

    def do(self) -> None:
        node = self.scene.node()
        agent, crew = node.agent, node.workers
        victim = self.scene.random.choice(crew)
        session = node.session
        trees.send([victim], signal.SIGKILL)
        self.recovers(
            "the worker is replaced",
            5.0,
            lambda: victim not in (now := trees.children(agent)) and len(now) == len(crew),
        )
        self.recovers("the session goes on", 5.0, lambda: node.session == session)


class KillTree(NodeFault):
    number, title = "F3", "kill -9 of a whole node"
    expects = "its lease ends, and its jobs are elsewhere within 20 seconds"
    in_short = True

    def do(self) -> None:
        self.victim = self.scene.node()
        self.session = self.scene.session_at_work(self.victim)
        self.victim.kill_tree()
        session = self.session
        self.recovers(
            "jobs taken back", BY_LEASE, lambda: self.ended(session) and self.taken_back(session)
        )

    def undo(self) -> None:
        """The same name joins again; that must not hide that the old session is dead."""
        self.victim.launch()
        victim, session = self.victim, self.session
        self.recovers("the node works again", 15.0, lambda: self.works(victim, session))


class _Freeze(NodeFault):
    """SIGSTOP, for less or for more than a lease."""

    hold = (5.0, 40.0)
    in_short = True

    @abstractmethod
    def frozen(self) -> list[int]:
        """The processes that are stopped."""

    def do(self) -> None:
        self.node = self.scene.node()
        self.session = self.scene.session_at_work(self.node)
        self.pids = self.frozen()
        self.began = time.monotonic()
        trees.send(self.pids, signal.SIGSTOP)

    def undo(self) -> None:
        trees.send(self.pids, signal.SIGCONT)
        lasted = time.monotonic() - self.began
        node, session = self.node, self.session
        if lasted < 10.0:
            self.recovers("the same session goes on", 5.0, lambda: node.session == session)
        else:
            self.recovers("fenced, and joined anew", 15.0, lambda: self.works(node, session))
            self.recovers("jobs taken back", 1.0, lambda: self.taken_back(session))


class FreezeAgent(_Freeze):
    number, title = "F4", "SIGSTOP of an agent"
    expects = "5 s: nothing happens; 40 s: fenced, nothing that it reports is accepted"

    def frozen(self) -> list[int]:
        return [self.node.agent]


class FreezeTree(_Freeze):
    number, title = "F5", "SIGSTOP of a whole node"
    expects = "5 s: nothing happens; 40 s: at most a step of a zombie, nothing accepted"

    def frozen(self) -> list[int]:
        return self.node.everyone()


class Drain(NodeFault):
    number, title = "F6", "SIGTERM of a node"
    expects = "it drains and loses no attempt; told twice it stops at once"
    in_short = True

    def do(self) -> None:
        self.node = node = self.scene.node()
        self.session = session = self.scene.session_at_work(node)
        twice = self.scene.is_long and self.scene.random.random() < 0.5
        began = time.monotonic()
        if twice:
            node.process.send(signal.SIGTERM)
        status = node.leave()
        took = time.monotonic() - began
        self.scene.notes.append(f"F6: drained in {took:.1f} s with status {status}")
        if not twice and status != 0:
            self.scene.accuse("I10", f"{node.name} drained with status {status}")
        if not self.taken_back(session):
            self.scene.accuse("I10", f"{node.name} left jobs running in session {session}")
        if not twice:
            self._accuse_of_lost_attempts()

    def undo(self) -> None:
        self.node.launch()
        node, session = self.node, self.session
        self.recovers("the node works again", 15.0, lambda: self.works(node, session))

    def _accuse_of_lost_attempts(self) -> None:
        lost = self.scene.world.rows(
            "SELECT job_id, run_no FROM attempt a JOIN node_session s USING (session_id)"
            " WHERE session_id = %s AND outcome = 'lost'"
            " AND a.ended_at >= s.ended_at - interval '1 second'",
            self.session,
        )
        for job_id, run_no in lost:
            self.scene.accuse("I10", f"run {run_no} of job {job_id} was lost in a drain")
