"""What a service uses of the bus: its base class and the decorators of its doors."""

from chassis.bus.doors import command, every, handled_events, handles, query, rpc
from chassis.bus.service import Service
from chassis.envelope import Message

__all__ = ["Message", "Service", "command", "every", "handled_events", "handles", "query", "rpc"]
