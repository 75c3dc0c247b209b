"""What the gateway may load: of services their shapes only, and nothing green."""

import subprocess
import sys
from pathlib import Path

CHECK = """
import sys
from pathlib import Path
import gateway.app, gateway.api, gateway.pages
from tests.gateway.browsing import settings
from tests.gateway.recording import RecordingBus
gateway.app.create_app(settings(), RecordingBus())
forbidden = ("nameko", "eventlet", "psycopg2", "alembic")
print([name for name in sys.modules if name.split(".")[0] in forbidden])
rooms = ("service", "commands", "queries", "models", "adapters")
print([name for name in sys.modules if name.startswith("services.") and name.split(".")[2:3] != []
       and name.split(".")[2] in rooms])
"""


def test_the_whole_application_loads_no_service_and_no_green_library() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHECK],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines() == ["[]", "[]"], ran.stderr
