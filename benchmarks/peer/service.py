"""`python -m benchmarks.peer.service`: a plain nameko service, as nameko's manual has it.

It does what our doors do on the same database, without what they add: no context is verified, no
shape is loaded, no call is remembered, and a delivery that failed is gone.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from typing import Any  # noqa: E402
from uuid import UUID  # noqa: E402

from nameko.rpc import rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from sqlalchemy import create_engine  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from chassis.database import sqlalchemy_url  # noqa: E402
from services.billing import queries, schemas  # noqa: E402

WORKERS = 10  # as many as a service of ours has


_engine = create_engine(
    sqlalchemy_url(os.environ.get("PEER_DATABASE_URL", "postgresql://")), pool_size=WORKERS
)
_membership = schemas.Membership()


class PeerService:
    """Answers at once, or with what it read."""

    name = "peer"

    @rpc  # type: ignore[untyped-decorator]  # nameko is untyped
    def ping(self) -> dict[str, Any]:
        return {"pid": os.getpid()}

    @rpc  # type: ignore[untyped-decorator]
    def reading(self) -> dict[str, Any]:
        return {"now": datetime.now(UTC).isoformat(), "offset_seconds": 0}

    @rpc  # type: ignore[untyped-decorator]
    def membership(self, account_id: str) -> Any:
        with Session(_engine) as session:
            now = datetime.now(UTC)
            found = queries.membership(session, now=now, account_id=UUID(account_id))
            return _membership.dump(found)


def main() -> None:
    """Serve until SIGTERM."""
    runner = ServiceRunner({"AMQP_URI": os.environ["PEER_BROKER_URL"], "max_workers": WORKERS})
    runner.add_service(PeerService)
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main()
