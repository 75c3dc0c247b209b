"""F14 and F15: the leader dies, or sleeps and wakes as one of two."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.faults.nodes import BY_LEASE, NodeFault
from tests.chaos.logs import terms_led
from tests.chaos.scene import EVERY_MINUTE, Skipped
from tests.processes import until

# The schedule is set back to before anything that it ever fired: some fires are new, others known.
BACK = """least(s.next_fire_at, (SELECT min(f.fire_at) FROM fire f
    WHERE f.schedule_id = s.schedule_id)) - interval '3 minutes'"""
EARLIEST = f"SELECT extract(epoch FROM {BACK})::float8 FROM schedule s WHERE s.name = %s"
SET_BACK = f"""
UPDATE schedule s SET next_fire_at = {BACK} WHERE s.name = %s
RETURNING extract(epoch FROM s.next_fire_at)::float8
"""
# Whoever accepts a fire's job waits for this receipt's transaction, with the fire row written.
IN_THE_WAY = """
INSERT INTO enqueue_receipt (uid, job_id, digest, accepted_at)
SELECT md5(s.schedule_id || ' ' || extract(epoch FROM to_timestamp(%s))::numeric(20, 6))::uuid,
    0, 'in the way', clock_timestamp() FROM schedule s WHERE s.name = %s
"""
HELD_UP = """
SELECT 1 FROM pg_stat_activity WHERE query ~ 'fire_schedule' AND wait_event_type = 'Lock'
"""
FIRED = """
SELECT count(*) FROM fire f JOIN schedule s USING (schedule_id)
WHERE s.name = %s AND extract(epoch FROM f.fire_at)::float8 = ANY (%s)
"""
TERM = 10.0  # seconds that a leader who died is still believed in


class _LeaderFault(NodeFault):
    """What the faults of the leader look at."""

    def leading(self) -> tuple[str, int]:
        """The service that leads, by what it says itself, and its term; waits out an election."""
        try:
            found: tuple[str, int] = until(self._found, TERM + 5.0, "somebody leads")
        except AssertionError as nobody:
            raise Skipped(str(nobody)) from nobody
        return found

    def _found(self) -> tuple[str, int] | None:
        world = self.scene.world
        term = world.value("SELECT term FROM leader WHERE expires_at > clock_timestamp()")
        for name, process in world.services.items():
            if process.is_alive and term is not None and term in terms_led(process.log):
                return name, term
        return None

    def led_anew(self, term: int) -> bool:
        return bool(
            self.scene.world.rows(
                "SELECT 1 FROM leader WHERE term > %s AND expires_at > clock_timestamp()", term
            )
        )


class KillLeader(_LeaderFault):
    number, title = "F14", "kill -9 of the leader, just after it found a node dead"
    expects = "the other leads within its term's end, and finishes what was begun"

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


class KillFiringLeader(_LeaderFault):
    number, title = "F14b", "kill -9 of the leader, exactly when it has inserted fires"
    expects = "each fire happens once: by the one who died if that committed, by the next if not"
    in_short = True

    def do(self) -> None:
        self.name_of, term = self.leading()
        is_inside = self.scene.random.random() < 0.6
        self.scene.notes.append(f"F14b: {'within' if is_inside else 'just after'} the transaction")
        with self._fires_due(is_inside) as owed:
            self.owed = owed
            until(self._is_held_up if is_inside else self._has_fired, 20.0, "fires are inserted")
            self.scene.world.services[self.name_of].kill()
            if is_inside and self._has_fired():
                self.scene.accuse("I11", "fires were visible before they were committed")
        self.scene.driver.promises.owed.extend(owed)
        self.recovers("another leads", TERM + 3.0, lambda: self.led_anew(term))
        self.recovers("what was due has fired", TERM + 6.0, self._has_fired)

    def undo(self) -> None:
        self.scene.world.launch_service(self.name_of)

    @contextmanager
    def _fires_due(self, is_inside: bool) -> Iterator[list[float]]:
        """Have fires due, and within the block nobody gets past their insertion if so wanted."""
        world = self.scene.world
        with world.connection() as connection, connection.cursor() as cursor:
            connection.autocommit = False
            if is_inside:
                cursor.execute(IN_THE_WAY, [world.value(EARLIEST, EVERY_MINUTE), EVERY_MINUTE])
            first = world.value(SET_BACK, EVERY_MINUTE)
            try:
                yield [first, first + 60.0, first + 120.0]
            finally:
                connection.rollback()

    def _is_held_up(self) -> bool:
        return bool(self.scene.world.rows(HELD_UP))

    def _has_fired(self) -> bool:
        number = self.scene.world.value(FIRED, EVERY_MINUTE, self.owed)
        return bool(number == len(self.owed))


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
