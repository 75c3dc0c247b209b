"""Where a suite started by `make up` keeps itself: `.memberhall/` beside this code."""

import os
from pathlib import Path

from console import environment
from console.environment import Environment

ROOT = Path(__file__).resolve().parent.parent


class Home:
    """The folder with the environment, the servers' data, the logs and the supervisor's state.

    MEMBERHALL_HOME names another one, so that several suites live on one machine.
    """

    def __init__(self, folder: Path | None = None) -> None:
        named = os.environ.get("MEMBERHALL_HOME")
        self.folder = folder or (Path(named).absolute() if named else ROOT / ".memberhall")
        self.environment_file = self.folder / "environment"
        self.logs = self.folder / "logs"
        self.state = self.folder / "processes.json"
        self.supervisor_pid = self.folder / "supervisor.pid"

    def make(self) -> None:
        """Make the folder, passable for the user that PostgreSQL runs as."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        self.logs.mkdir(exist_ok=True)

    def environment(self) -> Environment:
        """What is kept here, and over it what whoever started this process has set."""
        return {**environment.read(self.environment_file), **environment.given()}
