"""The servers every test may ask for. Nothing starts before a test does."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.environment import Environment
from console.servers import Broker, Postgres
from tests.servers import TestRun
from tests.suite import Suite

# Whoever asks for one of these, or lives in one of these places, needs real servers or processes.
SERVER_FIXTURES = {"test_run", "own_folder", "probe_world", "suite", "running"}
SERVER_PLACES = ("browser", "contracts", "flows", "gateway/test_gunicorn", "sandbox/test_process")

AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

RUN = pytest.StashKey[TestRun]()
SHARED = "memberhall_run"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        choices=("with", "without"),
        help="only the tests that need real servers, or only those that do not",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen half; what a test needs is read off its fixtures, nobody marks anything."""
    chosen = config.getoption("--servers")
    if chosen:
        other = [item for item in items if needs_servers(item) != (chosen == "with")]
        items[:] = [item for item in items if needs_servers(item) == (chosen == "with")]
        config.hook.pytest_deselected(items=other)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case without the identifiers in it: each worker makes up its own."""
    return AN_ID.sub("id", val) if isinstance(val, str) and AN_ID.search(val) else None


def needs_servers(item: pytest.Item) -> bool:
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    asked_for = set(getattr(item, "fixturenames", ()))
    return place.startswith(SERVER_PLACES) or bool(SERVER_FIXTURES & asked_for)


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process makes the run's folder; its workers are told where it is."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    config.stash[RUN] = TestRun(Path(told[SHARED])) if told else TestRun.begin()


@pytest.hookimpl(optionalhook=True)  # unknown without xdist
def pytest_configure_node(node: Any) -> None:
    """xdist calls this for each worker it is about to start."""
    node.workerinput[SHARED] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and RUN in config.stash:
        config.stash[RUN].end()


@pytest.fixture(scope="session")
def test_run(pytestconfig: pytest.Config) -> TestRun:
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this worker process, "main" where there is only one."""
    told: dict[str, Any] = getattr(request.config, "workerinput", {})
    return str(told.get("workerid", "main"))


@pytest.fixture(scope="session")
def postgres(test_run: TestRun) -> Postgres:
    """The run's PostgreSQL. It is shared: whoever wants to stop one asks for `own_postgres`."""
    return test_run.start_postgres()


@pytest.fixture(scope="session")
def broker(test_run: TestRun) -> Broker:
    """The run's RabbitMQ. It is shared: whoever wants to stop one asks for `own_broker`."""
    return test_run.start_broker()


@pytest.fixture(scope="session")
def databases(test_run: TestRun, postgres: Postgres, worker: str) -> Environment:
    """MEMBERHALL_*_DATABASE_URL of every process, for this worker's own migrated database."""
    return test_run.databases(worker)


@pytest.fixture(scope="session")
def suite_environment(test_run: TestRun, databases: Environment, worker: str) -> Environment:
    """All variables but ports, with databases and broker ready for the suite's processes."""
    return test_run.suite(worker, databases)


@pytest.fixture(scope="session")
def auth_url(databases: Environment) -> str:
    return databases["MEMBERHALL_AUTH_DATABASE_URL"]


@pytest.fixture(scope="session")
def billing_url(databases: Environment) -> str:
    return databases["MEMBERHALL_BILLING_DATABASE_URL"]


@pytest.fixture(scope="session")
def notifications_url(databases: Environment) -> str:
    return databases["MEMBERHALL_NOTIFICATIONS_DATABASE_URL"]


@pytest.fixture(scope="session")
def affiliates_url(databases: Environment) -> str:
    return databases["MEMBERHALL_AFFILIATES_DATABASE_URL"]


@pytest.fixture(scope="session")
def jobs_url(databases: Environment) -> str:
    return databases["MEMBERHALL_JOBS_DATABASE_URL"]


@pytest.fixture(scope="session")
def node_url(databases: Environment) -> str:
    return databases["MEMBERHALL_NODE_DATABASE_URL"]


@pytest.fixture(scope="module")
def own_folder() -> Iterator[Path]:
    """A folder with a short name that PostgreSQL's user can reach, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="memberhall-own-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def own_postgres(own_folder: Path) -> Iterator[Postgres]:
    """A running PostgreSQL of the test module's own, to stop and start as it likes."""
    postgres = Postgres(own_folder / "postgres", fsync=False)
    postgres.start()
    yield postgres
    postgres.kill()


@pytest.fixture(scope="module")
def own_broker(own_folder: Path) -> Iterator[Broker]:
    """A running RabbitMQ of the test module's own, to take away and bring back."""
    broker = Broker(own_folder / "broker")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One suite of real processes for all flows and browsers of a run."""
    folder = tmp_path_factory.mktemp("suite")
    # PostgreSQL runs as somebody else where the tests run as root.
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    suite = Suite(folder)
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()
