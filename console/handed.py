"""`python -m console.handed PROGRAM …`: become that program, with what this process was handed.

Only compose needs it: the file is in the one volume that its process mounts. What the container was
given as environment variables wins.
"""

import os
import sys

from console import environment
from console.handing_out import FILE, HANDED


def main(command: list[str]) -> None:
    """Replaces this process, so that signals reach the program itself."""
    handed = environment.read(HANDED / FILE)
    # The command is compose's, written in docker-compose.yml.
    os.execvpe(command[0], command, {**handed, **os.environ})  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
