"""gunicorn as the gateway runs it, without the hooks that connect the gateway to the bus."""

import os
import sys
from pathlib import Path

# gunicorn runs this file by its path, before it looks for the application.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway import gunicorn as ours

_HOOKS = ("post_worker_init", "worker_exit")
globals().update(
    {name: each for name, each in vars(ours).items() if name.islower() and name not in _HOOKS}
)
bind = os.environ["PEER_BIND"]
