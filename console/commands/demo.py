"""`memberhall demo`: a member's journey against the running suite."""

import argparse

from console.home import Home
from console.suite import Suite

HELP = "play a member's journey against the running suite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def run(options: argparse.Namespace, home: Home) -> int:
    """The exit status of the journey: 0 when every step worked."""
    # Only here: the other commands do not wait for a browser-like visitor to be loaded.
    from console.demo import play  # noqa: PLC0415

    if not Suite(home).is_running:
        print("The suite does not run: `make up` starts it.")
        return 1
    environ = home.environment()
    sandbox = f"http://127.0.0.1:{environ['MEMBERHALL_SANDBOX_PORT']}"
    return play(environ["MEMBERHALL_PUBLIC_URL"], sandbox)
