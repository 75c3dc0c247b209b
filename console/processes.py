"""The processes that make up a running suite: the registry's services and what stands beside them.

`up`, `status`, `migrate` and the tests of image, compose and Kubernetes all iterate over this list.
"""

from dataclasses import dataclass

from chassis import registry

SANDBOX_MODE = "sandbox"


@dataclass(frozen=True, kw_only=True)
class ProcessEntry:
    """One kind of process; every one of them may run as several replicas.

    `command` begins with a program of the virtual environment's bin folder. `port` names the
    variable with the port (or host:port) of its probes; `ready` is the probe's path. `reads` are
    variables of other processes that it needs too.
    """

    name: str
    command: tuple[str, ...]
    port: str
    ready: str = "/ready"
    needs: tuple[str, ...] = ("postgres", "broker")
    reads: tuple[str, ...] = ()
    sandbox_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Somebody on the bus, with a key pair and a broker user of its own.

    `hears` are the events that each process of it may listen to directly, not through an inbox.
    """

    name: str
    hears: tuple[str, ...] = ()
    is_service: bool = False


GATEWAY = Principal(
    name="gateway",
    hears=("auth.sessions_ended", "auth.user_changed", "jobs.clock_advanced"),
)
NODE = Principal(
    name="node",
    hears=("jobs.cluster_changed", "jobs.sonar_pinged", "jobs.work_ready"),
)
CONSOLE = Principal(name="console")


def principals() -> tuple[Principal, ...]:
    """Everybody who may talk on the bus."""
    services = (Principal(name=each.name, is_service=True) for each in registry.services())
    return (*services, GATEWAY, NODE, CONSOLE)


def processes(mode: str) -> tuple[ProcessEntry, ...]:
    """What runs in this mode, in the order of starting."""
    everything = (_SANDBOX, *map(_service, registry.services()), _NODE, _GATEWAY)
    return tuple(each for each in everything if mode == SANDBOX_MODE or not each.sandbox_only)


def _service(entry: registry.ServiceEntry) -> ProcessEntry:
    return ProcessEntry(
        name=entry.name,
        command=("python", "-m", "chassis.run", entry.name),
        port=f"MEMBERHALL_{entry.name.upper()}_HEALTH_PORT",
    )


_SANDBOX = ProcessEntry(
    name="sandbox",
    command=("python", "-m", "sandbox"),
    port="MEMBERHALL_SANDBOX_PORT",
    ready="/healthz",
    needs=(),
    reads=("MEMBERHALL_BILLING_PAYPAL_BUSINESS", "MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID"),
    sandbox_only=True,
)
_NODE = ProcessEntry(
    name="node",
    command=("memberhall", "node", "--workers", "2"),
    port="MEMBERHALL_NODE_HEALTH_PORT",
    needs=("postgres", "broker", "jobs"),
)
_GATEWAY = ProcessEntry(
    name="gateway",
    command=("gunicorn", "-c", "gateway/gunicorn.py", "gateway.app:application"),
    port="MEMBERHALL_GATEWAY_BIND",
    ready="/readyz",
    needs=("broker",),
)
