"""F17 and F21: clocks, and two builds side by side."""

from pathlib import Path

from chassis.errors import Failure
from tests.chaos.checks.history import SUCCEEDED
from tests.chaos.faults.nodes import NodeFault
from tests.chaos.scene import Fault, Skipped

FAKETIME = "usr/lib/*/faketime/libfaketime.so.1"


class WrongClock(NodeFault):
    number, title = "F17", "a node's clock is an hour off"
    expects = "nothing: only the database's clock counts"
    hold = (5.0, 20.0)

    def do(self) -> None:
        library = next(iter(Path("/").glob(FAKETIME)), None)
        if library is None:
            raise Skipped("libfaketime is not installed")
        hour = self.scene.random.choice(("+3600", "-3600"))
        self.node = self.scene.nodes.add(
            f"clock{len(self.scene.nodes.all)}",
            LD_PRELOAD=str(library),
            FAKETIME=hour,
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            DONT_FAKE_MONOTONIC="1",
        )
        # The library breaks time.sleep itself; such bodies fail, and succeed elsewhere.
        self.scene.notes.append(f"F17: by {hour} s; 'Invalid argument' is the library's own")
        node = self.node.wait_until_ready()
        self.recovers("it works like any other", 5.0, lambda: self.works(node, 0))

    def undo(self) -> None:
        if self.node.leave() != 0:
            self.scene.accuse("I10", f"{self.node.name} did not drain")


class RollingUpgrade(Fault):
    number, title = "F21", "a newer build runs beside the older ones"
    expects = "no node gets a version of a job that it does not know"
    hold = (5.0, 15.0)

    def do(self) -> None:
        tasks = "tests.chaos.newer_kinds"
        try:
            self.uids = self.scene.driver.submit(*["chaos.versioned"] * 10, version=2)
        except Failure as failure:
            raise Skipped(f"a newer version is refused: {failure}") from failure
        self.node = self.scene.nodes.add(f"newer{len(self.scene.nodes.all)}", tasks=tasks)
        self.node.wait_until_ready()
        uids = self.uids
        marks = ", ".join(["%s::uuid"] * len(uids))
        self.recovers(
            "the newer build has done them",
            5.0,
            lambda: self.scene.world.value(
                f"SELECT count(*) FROM done WHERE uid IN ({marks}) AND outcome = %s",
                *uids, SUCCEEDED,
            ) == len(uids),
        )  # fmt: skip

    def undo(self) -> None:
        self.node.leave()
