"""`python -m sandbox`: run until SIGTERM or SIGINT, then finish what is running and exit 0."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from sandbox.app import create_app
from sandbox.server import Counted, bind
from sandbox.settings import Settings, WrongSettings
from sandbox.world import FINISHING_SECONDS, build_world


def main() -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except WrongSettings as wrong:
        print("The sandbox does not start:", *wrong.faults, sep="\n- ", file=sys.stderr)
        return 2
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(name)s %(message)s")
    # aiosmtpd logs whole conversations; what matters is said by the mailbox itself.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    try:
        serve(settings)
    except OSError as fault:
        print(f"The sandbox does not start: {fault}", file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Bind both ports, say which they are, serve until told to stop."""
    world = build_world(settings)
    application = Counted(create_app(world))
    server = bind(application, settings.host, settings.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for serve_forever(), which runs in this very thread.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    world.start()
    print(f"sandbox web: http://{settings.host}:{server.port}/", flush=True)
    print(f"sandbox smtp: smtp://{settings.host}:{world.mail_server.bound_port}", flush=True)
    server.serve_forever()
    world.stop()
    application.wait_until_done(FINISHING_SECONDS)
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
