"""One suite of real processes for all flows of a run."""

from collections.abc import Iterator

import pytest

from tests.suite import Suite


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
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
