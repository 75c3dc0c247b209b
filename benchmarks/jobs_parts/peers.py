"""The peers: installed into a virtual environment of their own, each in its durable profile."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.jobs_parts.contender import Trees
from benchmarks.jobs_parts.witness import Witness
from benchmarks.jobs_parts.world import World

SCRIPTS = Path(__file__).resolve().parent.parent / "jobs_peers"
SENDING_SECONDS = 300


def install(folder: Path) -> Path:
    """The peers' Python; made where it is not there yet, or wants other versions."""
    python, wanted = folder / "bin" / "python", (SCRIPTS / "requirements.txt").read_text()
    noted = folder / "installed.txt"
    if not noted.exists() or noted.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, "-r", str(SCRIPTS / "requirements.txt")], check=True)
        noted.write_text(wanted)
    return python


@dataclass
class Peer:
    """One peer in one setting. `trees` of its workers are started; `confirmed` publishing always
    counts for latency, while for a drain the jobs may be put there quicker."""

    name: str
    system: str
    command: Sequence[str]
    world: World
    python: Path
    uses_broker: bool = False
    trees: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def arena(self) -> Iterator["PeerArena"]:
        with ExitStack() as stack:
            own = {"BENCH_WITNESS": str(self.world.folder / "witness"), **self.environ}
            url = None
            if self.uses_broker:
                own["BENCH_AMQP"] = stack.enter_context(self.world.virtual_host("bench"))
            else:
                url = stack.enter_context(self.world.database("bench"))
                own["BENCH_POSTGRES"] = url
            arena = PeerArena(self, own, url)
            stack.callback(arena.stop)
            arena.ask("prepare")
            yield arena


class PeerArena:
    """A peer at work."""

    def __init__(self, peer: Peer, own: Mapping[str, str], database_url: str | None) -> None:
        self.database_url = database_url
        self.witness = Witness(peer.world.folder / "witness")
        self.witness.clear()
        self._peer = peer
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SCRIPTS),
            "BENCH_CONFIRM": "1",
            **own,
        }
        self._trees = Trees(peer.world.folder / f"{peer.system}.log")

    def preload(self, number: int, work: str) -> float:
        """The broker keeps the same messages whether their sender waits for its word or not."""
        said = self.ask("preload", str(number), work, BENCH_CONFIRM="0")
        return float(said["seconds"])

    def start(self) -> None:
        for number in range(self._peer.trees):
            command = [part.replace("NUMBER", str(number)) for part in self._peer.command]
            program = str(self._peer.python.parent / command[0])
            self._trees.start([program, *command[1:]], SCRIPTS, self._environ)

    def send_at_random(self, rate: float, seconds: float, seed: int) -> int:
        return int(self.ask("rate", str(rate), str(seconds), str(seed))["sent"])

    def pids(self) -> list[int]:
        return self._trees.pids

    def check(self) -> None:
        self._trees.check()

    def settle(self) -> None:
        """What a peer keeps of its jobs is its own affair."""

    def stop(self) -> None:
        self._trees.stop()

    def ask(self, *arguments: str, **environ: str) -> dict[str, float]:
        """Run `sending.py` for this peer; returns what it said."""
        command = [str(self._peer.python), "sending.py", self._peer.system, *arguments]
        done = subprocess.run(
            command,
            cwd=SCRIPTS,
            env={**self._environ, **environ},
            capture_output=True,
            text=True,
            timeout=SENDING_SECONDS,
        )
        if done.returncode != 0 or not done.stdout:
            raise AssertionError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
        said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return said


def peers(world: World, python: Path, *, idle: bool = False) -> list[Peer]:
    """Every peer, in the settings that were quickest here, for drains or for `idle` workers that
    wait for single jobs. Celery's prefork pool is the one that can stop a job at its time limit;
    its solo pool is quicker and cannot."""
    celery: tuple[str, ...] = (
        "celery",
        "-A",
        "celery_app",
        "--quiet",
        "worker",
        "-l",
        "ERROR",
        "-n",
        "NUMBER@%h",
    )
    celery += ("--without-gossip", "--without-mingle", "--without-heartbeat")
    found = [
        Peer(
            "Celery", "celery", (*celery, "-P", "prefork", "-c", "2"), world, python, True, 1,
            {"BENCH_PREFETCH": "4" if idle else "64"},
        ),
        Peer(
            "Dramatiq", "dramatiq", ("dramatiq", "dramatiq_app", "--processes", "2", "--threads",
            "4"), world, python, True, 1, {"dramatiq_queue_prefetch": "128"},
        ),
        Peer(
            "Procrastinate", "procrastinate",
            ("procrastinate", "--log-level=error", "--app=procrastinate_app.app", "worker",
             "--queues", "bench", "--concurrency", "20", "--delete-jobs", "successful"),
            world, python,
        ),
        Peer(
            "PgQueuer", "pgqueuer", ("python", "pgqueuer_app.py", "10" if idle else "500"),
            world, python, False, 1 if idle else 2,
        ),
    ]  # fmt: skip
    if not idle:
        solo = (*celery, "-P", "solo", "-c", "1")
        quick = {"BENCH_PREFETCH": "128"}
        found.insert(1, Peer("Celery, solo", "celery", solo, world, python, True, 2, quick))
    return found


def cache_folder() -> Path:
    """Where the peers' environment is kept from one run to the next."""
    base = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return base / "memberhall-benchmarks" / f"peers-{version}"
