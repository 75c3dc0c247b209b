"""The probes' world, started once for the tests of real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chassis.probe_world import ProbeWorld


@pytest.fixture(scope="module")
def probe_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeWorld]:
    folder: Path = tmp_path_factory.mktemp("probes")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    world = ProbeWorld(folder)
    try:
        world.start()
        yield world
    finally:
        world.stop()
