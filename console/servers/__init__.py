"""Private servers for one folder: used by `make up`, by the tests and by the benchmarks."""

from console.servers.broker import Broker
from console.servers.machine import ServerFailure, free_port
from console.servers.postgres import Postgres

__all__ = ["Broker", "Postgres", "ServerFailure", "free_port"]
