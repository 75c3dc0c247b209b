"""nameko's standalone proxy as threaded processes use it: one a thread, kept open."""

import threading
from typing import Any

from nameko.standalone.rpc import ClusterRpcProxy

_own = threading.local()


def peer(broker_url: str) -> Any:
    """This thread's proxy of the peer service; it is connected once."""
    if not hasattr(_own, "proxy"):
        _own.proxy = ClusterRpcProxy({"AMQP_URI": broker_url}, timeout=10).start()
    return _own.proxy.peer
