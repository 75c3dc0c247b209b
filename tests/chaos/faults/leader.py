"""F14 and F15: the leader dies, or sleeps and wakes as one of two."""

import signal

from tests.chaos.faults.nodes import BY_LEASE, NodeFault
from tests.chaos.logs import terms_led
from tests.chaos.scene import Skipped
from tests.processes import until

TERM = 10.0  # seconds that a leader who died is still believed in


class _LeaderFault(NodeFault):
    """What the faults of the leader look at."""

    def leading(self) -> tuple[str, int]:
        """The service that leads, by what it says itself, and its term."""
        world = self.scene.world
        term = world.value("SELECT term FROM leader WHERE expires_at > clock_timestamp()")
        for name, process in world.services.items():
            if process.is_alive and term is not None and term in terms_led(process.log):
                return name, term
        raise Skipped(f"nobody is known to lead term {term}")

    def led_anew(self, term: int) -> bool:
        return bool(
            self.scene.world.rows(
                "SELECT 1 FROM leader WHERE term > %s AND expires_at > clock_timestamp()", term
            )
        )


class KillLeader(_LeaderFault):
    number, title = "F14", "kill -9 of the leader, just after it found a node dead"
    expects = "the other leads within its term's end, and finishes what was begun"
    in_short = True

    def do(self) -> None:
        self.name_of, term = self.leading()
        self.node = self.scene.node()
        self.session = session = self.scene.session_at_work(self.node)
        if self.scene.is_long:
            self.node.kill_tree()
            until(lambda: self.ended(session), BY_LEASE + 5.0, "the node is found dead")
        self.scene.world.services[self.name_of].kill()
        self.recovers("another leads", TERM + 3.0, lambda: self.led_anew(term))
        if self.scene.is_long:
            self.recovers("jobs taken back", TERM + 5.0, lambda: self.taken_back(session))

    def undo(self) -> None:
        self.scene.world.launch_service(self.name_of)
        if not self.node.process.is_alive:
            self.node.launch()


class FreezeLeader(_LeaderFault):
    number, title = "F15", "SIGSTOP of the leader for longer than its term"
    expects = "the other leads; what the sleeper then writes changes nothing"
    hold = (15.0, 15.0)

    def do(self) -> None:
        self.name_of, self.term = self.leading()
        self.scene.world.services[self.name_of].send(signal.SIGSTOP)
        term = self.term
        self.recovers("another leads", TERM + 3.0, lambda: self.led_anew(term))

    def undo(self) -> None:
        self.scene.world.services[self.name_of].send(signal.SIGCONT)
