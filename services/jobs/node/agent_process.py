"""The agent's process: what the supervisor starts, and starts again."""

import os
import signal
import sys

from chassis import config
from chassis.health import Health
from chassis.jobkinds import WrongKind
from chassis.logs import bind, log, start_logging
from services.jobs.node.agent import Agent
from services.jobs.node.kinds import load_kinds
from services.jobs.node.lifeline import adopt_orphans, die_with_parent
from services.jobs.node.settings import NodeSettings, Options

CANNOT_START = 2  # exit status: trying again cannot help
SWITCH_SECONDS = 0.001  # a thread that writes outcomes must not keep the loop from handing out


def main(arguments: list[str]) -> int:
    """Arguments: the supervisor's pid, a descriptor for session ids, the options."""
    parent, report, options_text = arguments
    # An agent whose supervisor is gone drains: nobody would clean up behind it.
    die_with_parent(signal.SIGTERM, int(parent))
    adopt_orphans()
    sys.setswitchinterval(SWITCH_SECONDS)
    options = Options.from_text(options_text)
    settings = config.load(NodeSettings, "node", os.environ)
    start_logging("node", settings.log_level)
    bind(node=options.name)
    try:
        kinds = load_kinds(options.tasks)
    except (WrongKind, ImportError) as wrong:
        log.error("the kinds cannot be loaded", reason=str(wrong))
        return CANNOT_START

    def report_session(session: int) -> None:
        os.write(int(report), b"%d\n" % session)

    agent = Agent(options, settings, kinds, report_session)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.drain())
    health = Health("node", agent.checks())
    health.start(settings.health_host, settings.health_port)
    agent.run()
    health.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
