"""F18 and F22: a transaction that is never ended, and a disk that is full."""

import os
import threading
import time
from contextlib import closing

import psycopg2

from tests.chaos.checks.pace import slower
from tests.chaos.faults.servers import ServerFault
from tests.chaos.logs import claim_times
from tests.chaos.scene import Skipped

READERS = 4
BEFORE = (5.0, 20.0)  # seconds of claims to compare with, in a short run and in a long one
SPARE = 4_096  # bytes written at once while filling


class HeldTransaction(ServerFault):
    number, title = "F18", "a transaction is held open, and others read everything"
    expects = "claims stay quick although nothing dead can be cleaned up"
    hold = (5.0, 60.0)

    def do(self) -> None:
        self._log = self.scene.world.postgres.log
        mark = self._log.stat().st_size
        time.sleep(BEFORE[self.scene.is_long])
        self._before = claim_times(self._log, mark)
        self._since = self._log.stat().st_size
        self._held = psycopg2.connect(self.scene.world.admin_url)
        self._held.set_session(isolation_level="REPEATABLE READ")
        with self._held.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT count(*) FROM jobs.done")
        self._ended = threading.Event()
        self._readers = [threading.Thread(target=self._read) for _ in range(READERS)]
        for reader in self._readers:
            reader.start()

    def undo(self) -> None:
        meanwhile = claim_times(self._log, self._since)
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        told, is_slower = slower(self._before, meanwhile, load)
        self.scene.notes.append(f"F18: {told}")
        if is_slower:
            self.scene.accuse("F18", told)
        self._ended.set()
        for reader in self._readers:
            reader.join(30)
        self._held.close()
        self.expect_work()

    def _read(self) -> None:
        """What an analyst asks, again and again."""
        with closing(psycopg2.connect(self.scene.world.admin_url)) as connection:
            while not self._ended.wait(0.1):
                with connection, connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT kind_id, avg(length(args::text)) FROM jobs.done GROUP BY 1"
                    )


class FullDisk(ServerFault):
    number, title = "F22", "PostgreSQL's disk is full"
    expects = "a loud refusal, and recovery once there is space"
    hold = (8.0, 8.0)

    def do(self) -> None:
        postgres = self.scene.world.postgres
        if not postgres.folder.is_mount():
            raise Skipped("PostgreSQL has no small file system of its own here")
        self.filler = postgres.folder / "filler"
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * SPARE)
            except OSError as full:
                self.scene.notes.append(f"F22: {full.strerror}")

    def undo(self) -> None:
        self.filler.unlink()
        if not self.scene.world.postgres.is_running:
            self.scene.notes.append("F22: PostgreSQL had stopped itself, and is started again")
        self.scene.world.postgres.start()
        self.expect_work()
