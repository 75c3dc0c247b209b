"""F19: a node comes and goes, and operators change what the cluster does."""

import time

from tests.chaos import trees
from tests.chaos.faults.nodes import NodeFault
from tests.chaos.nodes import WORKERS, order
from tests.chaos.promises import Order
from tests.processes import until

PAUSED = "chaos.sleep"
FILTERED = ("chaos.stumble", "chaos.capped")  # one that everybody may borrow for, one with a cap
FOLLOWED = 3.0  # seconds in which slots and allocation follow an order
MANY, FEW = WORKERS + 2, 1  # workers


class ComeAndGo(NodeFault):
    number, title = "F19", "a node joins, slots, filters and pauses change, the node leaves"
    expects = "each order is followed within seconds and by every claim after it; nothing is lost"
    in_short = True
    hold = (5.0, 10.0)

    def do(self) -> None:
        self.node = node = self.scene.nodes.add(f"guest{len(self.scene.nodes.all)}")
        node.wait_until_ready()
        self.agent = node.agent
        self.recovers("the guest works", 5.0, lambda: self.works(node, 0))
        until(self._is_led, 20.0, "somebody leads, who allocates")
        self.given: list[tuple[str, str, float]] = []
        self._order(PAUSED, "", "pause_kind", kind=PAUSED)
        allowed = f"ada|{node.name}"
        for kind in FILTERED:
            override = {"node_filter": allowed}
            self._order(kind, allowed, "change_kind", kind=kind, override=override)
        self.recovers("allocation follows the filter", FOLLOWED, lambda: self._obeys(allowed))
        self._change_slots(MANY)

    def undo(self) -> None:
        self._change_slots(FEW)
        for kind, nodes, began in self.given:
            # A claim may see the order taken back before we are told that it was.
            ended = self.scene.now()
            self.scene.driver.promises.orders.append(Order(kind, nodes, began, ended))
        order(self.scene.world, "resume_kind", kind=PAUSED)
        for kind in FILTERED:
            order(self.scene.world, "change_kind", kind=kind, override={})
        since = self.scene.now()
        for kind in (PAUSED, *FILTERED):
            self._expect_claims(kind, since)
        if self.node.leave() != 0:
            self.scene.accuse("I10", f"{self.node.name} did not drain")

    def _order(self, whose: str, nodes: str, what: str, /, **arguments: object) -> None:
        order(self.scene.world, what, **arguments)
        self.given.append((whose, nodes, self.scene.now()))

    def _change_slots(self, workers: int) -> None:
        """Have so many workers, and see them come or go before anything else is done."""
        reached: list[bool] = []
        order(self.scene.world, "change_node", node=self.node.name, workers=workers)
        self.recovers(
            f"the guest has {workers} workers",
            FOLLOWED,
            lambda: bool(reached) or self._has(workers),
        )
        until(lambda: self._has(workers), 20.0, f"{self.node.name} has {workers} workers")
        reached.append(True)
        time.sleep(0.1)

    def _has(self, workers: int) -> bool:
        slots = self.scene.world.value(
            "SELECT slots FROM node_session WHERE node_name = %s ORDER BY session_id DESC LIMIT 1",
            self.node.name,
        )
        return bool(slots == workers == len(trees.children(self.agent)))

    def _obeys(self, allowed: str) -> bool:
        """Whether slots of the capped kind are where they may be, and nowhere else."""
        rows = self.scene.world.rows(
            "SELECT s.node_name ~ %s FROM allocation a JOIN kind k USING (kind_id)"
            " JOIN node_session s USING (session_id)"
            " WHERE k.name = %s AND a.slots > 0 AND s.state = 'live'",
            f"^({allowed})$", FILTERED[1],
        )  # fmt: skip
        return bool(rows) and all(matches for (matches,) in rows)

    def _is_led(self) -> bool:
        return bool(
            self.scene.world.rows("SELECT 1 FROM leader WHERE expires_at > clock_timestamp()")
        )

    def _expect_claims(self, kind: str, since: float) -> None:
        self.recovers(
            f"{kind} is claimed again",
            5.0,
            lambda: bool(
                self.scene.world.rows(
                    "SELECT 1 FROM live JOIN kind k USING (kind_id) WHERE k.name = %s"
                    " AND claimed_at > to_timestamp(%s) UNION ALL"
                    " SELECT 1 FROM done JOIN kind k USING (kind_id) WHERE k.name = %s"
                    " AND claimed_at > to_timestamp(%s) LIMIT 1",
                    kind, since, kind, since,
                )
            ),
        )  # fmt: skip
