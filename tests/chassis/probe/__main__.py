"""`python -m tests.chassis.probe teller`: run a probe as the chassis runs every service."""

from chassis.run import leave, serve  # isort: skip  # it patches, so it comes first

import sys

from chassis.registry import ServiceEntry

if __name__ == "__main__":
    leave(serve(ServiceEntry(name=sys.argv[1], package=f"tests.chassis.probe.{sys.argv[1]}")))
