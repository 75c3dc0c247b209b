"""What a node reads from the environment, and what its command line says."""

import json
from dataclasses import asdict, dataclass, field

from chassis.config import BusSettings, parse_url, setting


@dataclass(frozen=True, kw_only=True)
class NodeSettings(BusSettings):
    """MEMBERHALL_NODE_*: the same for every node of an installation."""

    database_url: str = setting(parse=parse_url)
    health_port: int = setting(default=0)
    health_host: str = setting(default="127.0.0.1", shared=True)


@dataclass(frozen=True, kw_only=True)
class Options:
    """One node's command line; travels to its agent and workers as JSON.

    `memory` is in megabytes a worker, 0 for no limit; `tasks` names modules with kinds beside those
    of the registry's services.
    """

    name: str
    workers: int
    labels: dict[str, str] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()
    memory: int = 1024

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Options":
        described = json.loads(text)
        return cls(**{**described, "tasks": tuple(described["tasks"])})
